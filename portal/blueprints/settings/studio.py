"""How the studio appears: on pages, mails and papers."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from portal.adapters import logos
from portal.blueprints.settings.forms import StudioForm
from portal.blueprints.settings.pages import bp, myself, show, vendor
from portal.models.vendor import Vendor
from portal.queries import members as reads
from portal.rules.errors import Invalid, InvalidForm
from portal.rules.wording import N_
from portal.services import vendors
from portal.services.vendors import Presentation
from portal.web import choices
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.htmx import redirect_to
from portal.web.installation import db

NAMES = ("name", "address", "tax_id", "email", "brand_colour", "time_zone", "locale", "currency")


@bp.get("")
@bp.get("/studio", endpoint="studio_again")
@who(Who.MEMBER)
def studio() -> Any:
    """The studio as it is; for those who may, to be changed."""
    return _show(vendor(), _form(vendor()))


@bp.post("/studio")
@who(Who.MEMBER)
def change_studio() -> Any:
    """Change how the studio appears; what is not sent stays."""
    changed = vendor()
    form = _form(changed, request.form)
    try:
        vendors.present(db(), actor=current_actor(), vendor=changed, presentation=_presentation(form))
    except InvalidForm as error:
        return _show(vendor(), form, _with_picture(error))
    flash(_("Saved."), "success")
    return redirect_to("/settings")


def _form(of: Vendor, sent: Any = None) -> StudioForm:
    form = StudioForm(sent, data={name: getattr(of, name) for name in NAMES})
    form.time_zone.choices = choices.time_zones(form.time_zone.data)
    form.currency.choices = choices.currencies(form.currency.data)
    return form


def _presentation(form: StudioForm) -> Presentation:
    said = {name: form[name].data or "" for name in NAMES}
    picture = _picture()
    return Presentation(**said, logo=b"" if picture is None and form.remove_logo.data else picture)


def _picture() -> bytes | None:
    """What was chosen as a logo, up to one byte more than is allowed."""
    sent = request.files.get("logo")
    return sent.read(logos.MAX_BYTES + 1) if sent is not None and sent.filename else None


def _with_picture(error: InvalidForm) -> InvalidForm:
    """Browsers do not keep files: one that was sent with mistakes elsewhere has to be chosen once more."""
    if request.files.get("logo") and all(finding.field != "logo" for finding in error.errors):
        error.errors.append(Invalid(N_("Choose the picture once more; browsers do not keep it."), field="logo"))
    return error


def _show(of: Vendor, form: StudioForm, error: InvalidForm | None = None) -> Any:
    return show("studio", form=form, error=error, vendor=of, steps=reads.first_steps(db(), myself()))
