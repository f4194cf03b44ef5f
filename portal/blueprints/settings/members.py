"""The studio's people: who may log in, and as what. Only owners change it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, request
from flask_babel import gettext as _

from portal.access import doors
from portal.access.policy import Action, authorize
from portal.blueprints.settings.forms import ROLES, MemberForm
from portal.blueprints.settings.pages import bp, myself, show, vendor
from portal.queries import members as reads
from portal.rules.errors import Invalid, InvalidForm
from portal.rules.roles import Role
from portal.rules.wording import N_
from portal.services import members
from portal.services.members import Newcomer
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.htmx import redirect_to
from portal.web.installation import db, installation


@bp.get("/members", endpoint="members")
@who(Who.MEMBER)
def list_members() -> Any:
    """Everybody who may log in."""
    return _show(_form())


@bp.post("/members")
@who(Who.MEMBER)
def create_member() -> Any:
    """Let somebody in. The first password is on this page and on no other."""
    form = _form(request.form)
    try:
        newcomer = Newcomer(form.name.data or "", form.email.data or "", _role(form.role.data), vendor().locale)
        member, password = members.add(db(), actor=current_actor(), vendor=vendor(), newcomer=newcomer)
    except (Invalid, InvalidForm) as error:
        return _show(form, error)
    welcome = {"name": member.name, "email": member.email, "password": password}
    return _show(_form(), welcome=welcome)


@bp.post("/members/<uuid:id>/role")
@who(Who.MEMBER)
def change_role(id: UUID) -> Any:
    """Give a colleague another role."""
    member = doors.get_member(db(), current_actor(), id)
    authorize(current_actor(), Action.MANAGE_MEMBERS, member)
    changed = members.change_role(db(), actor=current_actor(), member=member, role=_role(request.form.get("role")))
    flash(_("%(name)s has a new role: %(role)s.", name=changed.name, role=_(changed.role.label)), "success")
    return redirect_to("/settings/members")


@bp.post("/members/<uuid:id>/removal")
@who(Who.MEMBER)
def create_removal(id: UUID) -> Any:
    """End a colleague's access."""
    member = doors.get_member(db(), current_actor(), id)
    gone = members.disable(db(), actor=current_actor(), member=member)
    flash(_("%(name)s cannot log in any more.", name=gone.name), "success")
    return redirect_to("/settings/members")


def _form(sent: Any = None) -> MemberForm:
    form = MemberForm(sent)
    form.role.choices = {role.value: str(words) for role, words in ROLES.items()}
    return form


def _role(text: str | None) -> Role:
    if text not in tuple(Role):
        raise Invalid(N_("Choose a role."), field="role")
    return Role(text)


def _show(form: MemberForm, error: Invalid | InvalidForm | None = None, welcome: dict[str, str] | None = None) -> Any:
    people = reads.colleagues(db(), myself())
    base = installation().config.base_url
    return show("members", form=form, error=error, people=people, roles=tuple(Role), welcome=welcome,
                login_url=f"{base}/login", vendor=vendor())  # fmt: skip
