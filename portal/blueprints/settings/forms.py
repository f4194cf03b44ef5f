"""The forms of the settings. What they say is checked by the services, not here."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    FileField,
    Form,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from portal.rules.roles import Role
from portal.web import choices
from portal.web.language import lazy_gettext as _

ROLES = {
    Role.OWNER: _("Owner: everything, also payment details and people."),
    Role.MANAGER: _("Manager: projects, access codes and payments."),
    Role.MEMBER: _("Member: uploads and delivers work."),
}


class StudioForm(Form):
    """Name, papers, looks and habits."""

    name = StringField(_("Name"), [InputRequired()])
    email = StringField(_("E-mail address for clients"))
    address = TextAreaField(_("Address"))
    tax_id = StringField(_("Tax ID"))
    logo = FileField(_("Logo"))
    remove_logo = BooleanField(_("Take the logo away"))
    brand_colour = StringField(_("Colour"), [InputRequired()])
    time_zone = SelectField(_("Time zone"), [InputRequired()])
    locale = SelectField(_("Language for new clients"), [InputRequired()], choices=choices.LANGUAGES)
    currency = SelectField(_("Usual currency"), [InputRequired()])


class PaymentForm(Form):
    """An account, and what else there is to know."""

    bank_holder = StringField(_("Account holder"))
    bank_name = StringField(_("Bank"))
    bank_account = StringField(_("IBAN or account number"))
    bank_code = StringField(_("BIC or bank code"))
    pay_instructions = TextAreaField(_("In your own words"))


class MemberForm(Form):
    """A new colleague."""

    name = StringField(_("Full name"), [InputRequired()])
    email = StringField(_("E-mail address"), [InputRequired()])
    role = RadioField(_("Role"), [InputRequired()], default=Role.MEMBER.value)


class WebhookForm(Form):
    """A target outside, and what it is told of."""

    name = StringField(_("Name"), [InputRequired()])
    format = SelectField(_("How it wants to be told"), [InputRequired()])
    address = StringField(_("Address"), [InputRequired()])
    robot_key = StringField(_("Key the robot signs with"))
    events = SelectMultipleField(_("Tell it when"))
    idempotency_key = HiddenField()


class AccountForm(Form):
    """One's own clock and password. Two forms of the page, shown together."""

    time_zone = SelectField(_("Your time zone"), [InputRequired()])
    current = PasswordField(_("Current password"), [InputRequired()])
    new = PasswordField(_("New password"), [InputRequired()])
