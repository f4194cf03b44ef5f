"""The forms of a milestone's page, one for each act. Their fields are named as in the contract of the portal.

They only carry what was typed: the domain checks it, and what it refuses comes back beside the field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from wtforms import BooleanField, FileField, Form, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import Field

from portal.models.payment import PaymentMethod
from portal.rules.errors import Invalid, InvalidForm
from portal.rules.wording import N_
from portal.services.answers import Ticket
from portal.web.errors import sentence
from portal.web.forms import blame, new_key
from portal.web.language import gettext
from portal.web.language import lazy_gettext as _
from portal.web.widgets import Input, Select, TextArea

T = TypeVar("T")
NOT_INPUT = ("idempotency_key", "code", "proof", "kept_proof")
TEXT, HIDDEN = Input("text"), Input("hidden")
_LINE_SIGNS = "\n\t"


def plain(text: str | None) -> str | None:
    """Typed text without the control characters that no database and no reader wants."""
    return text if text is None else "".join(char for char in text if char >= " " or char in _LINE_SIGNS)


class Act(Form):
    """A form that does one thing to a milestone or a payment."""

    def ticket(self, *about: object) -> Ticket:
        """What tells a repeat of this form from another one: its key, what it is `about`, and everything typed."""
        typed = [f"{field.name}={field.data}" for field in self if field.name not in NOT_INPUT]
        return Ticket(self["idempotency_key"].data or "", "\x1f".join([*map(str, about), *typed]))

    def tell_apart(self, suffix: object) -> Act:
        """Make the ids of the fields differ from those of the same form elsewhere on the page."""
        for field in self:
            field.id = field.label.field_id = f"{field.name}-{suffix}"
        return self

    def take(self, error: Invalid | InvalidForm) -> Act:
        """Show a refusal beside its field. A used key is exchanged, or the form could never be sent again."""
        if error.field == "idempotency_key":
            self.form_errors.append(sentence(error))
            self["idempotency_key"].data = new_key()
            return self
        blamed: Act = blame(self, error)
        return blamed


class SubmissionForm(Act):
    """The vendor presents the files, or says what was done."""

    note = TextAreaField(_("What you deliver"), filters=[plain], widget=TextArea())


class ApprovalForm(Act):
    """The client accepts exactly the files of one manifest."""

    manifest = HiddenField(widget=HIDDEN)
    typed_name = StringField(_("Your full name"), filters=[plain], widget=TEXT)
    code = StringField(_("Access code"), filters=[plain], widget=TEXT)


class ReleaseForm(Act):
    """The vendor opens the files unpaid."""

    confirm = StringField(_("Title of the milestone"), filters=[plain], widget=TEXT)


class ReportForm(Act):
    """The client says that it paid."""

    amount = StringField(_("Amount"), filters=[plain], widget=TEXT)
    paid_on = StringField(_("Paid on"), filters=[plain], widget=TEXT)
    method = SelectField(_("Paid by"), widget=Select())
    reference = StringField(_("Reference"), filters=[plain], widget=TEXT)
    proof = FileField(_("Proof of payment"), widget=Input("file"))
    kept_proof = HiddenField(widget=HIDDEN)
    duplicate_ok = BooleanField(_("This is another payment, not the same one again"))
    code = StringField(_("Access code"), filters=[plain], widget=TEXT)
    idempotency_key = HiddenField(widget=HIDDEN)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.method.choices = [SelectChoice(method.value, gettext(method.label)) for method in PaymentMethod]


class ConfirmationForm(Act):
    """The vendor found the money."""

    amount = StringField(_("Amount that arrived"), filters=[plain], widget=TEXT)
    received_on = StringField(_("Arrived on"), filters=[plain], widget=TEXT)
    idempotency_key = HiddenField(widget=HIDDEN)


class ReasonForm(Act):
    """The vendor says why a payment does not count, or not any more."""

    reason = TextAreaField(_("Reason"), filters=[plain], widget=TextArea())
    idempotency_key = HiddenField(widget=HIDDEN)


class Findings:
    """What of a form cannot be read, collected so that every mistake is told at once."""

    def __init__(self) -> None:
        self.errors: list[Invalid] = []

    def check(self, field: Field, read: Callable[[str], T]) -> T:
        """What `read` makes of the field. After a finding it is nothing to be used: `settle` raises."""
        try:
            return read(field.data or "")
        except Invalid as error:
            self.errors.append(error.at(field.name))
            return cast(T, None)

    def settle(self) -> None:
        """Raises InvalidForm when anything was found."""
        if self.errors:
            raise InvalidForm(self.errors)


def read_method(text: str) -> PaymentMethod:
    """How the money went. Raises Invalid."""
    if text not in tuple(PaymentMethod):
        raise Invalid(N_("Choose how you paid."))
    return PaymentMethod(text)
