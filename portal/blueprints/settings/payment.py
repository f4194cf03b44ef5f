"""How clients pay the studio: words, and an account. Only owners change it."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from portal.blueprints.settings.forms import PaymentForm
from portal.blueprints.settings.pages import bp, show, vendor
from portal.models.vendor import Vendor
from portal.rules.errors import Invalid, InvalidForm
from portal.services import vendors
from portal.services.vendors import Payee
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.htmx import redirect_to
from portal.web.installation import db

NAMES = ("pay_instructions", "bank_holder", "bank_name", "bank_account", "bank_code")


@bp.get("/payment")
@who(Who.MEMBER)
def payment() -> Any:
    """How clients pay, as they see it; for owners, to be changed."""
    mine = vendor()
    return show("payment", form=_form(mine), vendor=mine)


@bp.post("/payment")
@who(Who.MEMBER)
def change_payment() -> Any:
    """Change how clients pay; what is not sent stays."""
    changed = vendor()
    form = _form(changed, request.form)
    payee = Payee(**{name: form[name].data or "" for name in NAMES})
    try:
        vendors.change_payee(db(), actor=current_actor(), vendor=changed, payee=payee)
    except (Invalid, InvalidForm) as error:
        return show("payment", form=form, error=error, vendor=vendor())
    flash(_("Saved."), "success")
    return redirect_to("/settings/payment")


def _form(of: Vendor, sent: Any = None) -> PaymentForm:
    return PaymentForm(sent, data={name: getattr(of, name) for name in NAMES})
