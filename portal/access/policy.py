"""The table of permissions: action → predicate(actor, object). Doors decide about seeing, this about doing."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.access.actor import Actor, ContactActor, MemberActor, SystemActor
from portal.rules.errors import Forbidden
from portal.rules.roles import Role, Scope
from portal.rules.wording import N_


class Action(StrEnum):
    """What a person can set out to do."""

    CHANGE_VENDOR = "change_vendor"
    CHANGE_PAYEE = "change_payee"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_WEBHOOKS = "manage_webhooks"
    CREATE_PROJECT = "create_project"
    EDIT_PROJECT = "edit_project"
    START_PROJECT = "start_project"
    MANAGE_GRANTS = "manage_grants"
    UPLOAD = "upload"
    SUBMIT = "submit"
    RELEASE = "release"
    CONFIRM_PAYMENT = "confirm_payment"
    APPROVE = "approve"
    REPORT_PAYMENT = "report_payment"
    DOWNLOAD = "download"
    SEE_MONEY = "see_money"
    TALK = "talk"
    SEND_UPDATES = "send_updates"
    MANAGE_MAIL = "manage_mail"


Predicate = Callable[[Actor, Any], bool]


def can(actor: Actor, action: Action, thing: Any) -> bool:
    """Whether `actor` may do `action` to `thing` (a model or row with vendor_id, and project_id or id)."""
    return POLICY[action](actor, thing)


def authorize(actor: Actor, action: Action, thing: Any) -> None:
    """Raises Forbidden when `actor` may see `thing` but not do this to it."""
    if not can(actor, action, thing):
        raise Forbidden(N_("You can see this, but doing it is not part of your access."))


def _member(*roles: Role) -> Predicate:
    def holds(actor: Actor, thing: Any) -> bool:
        return isinstance(actor, MemberActor) and actor.vendor_id == _vendor_of(thing) and actor.role in roles

    return holds


def _contact(scope: Scope) -> Predicate:
    def holds(actor: Actor, thing: Any) -> bool:
        if not isinstance(actor, ContactActor):
            return False
        key = actor.key_for(_project_of(thing))
        return key is not None and scope in key.scopes

    return holds


def _either(*predicates: Predicate) -> Predicate:
    return lambda actor, thing: any(predicate(actor, thing) for predicate in predicates)


def _system(actor: Actor, _thing: Any) -> bool:
    return isinstance(actor, SystemActor)


def _vendor_of(thing: Any) -> UUID:
    vendor_id: UUID = thing.vendor_id if hasattr(thing, "vendor_id") else thing.id
    return vendor_id


def _project_of(thing: Any) -> UUID:
    project_id: UUID = thing.project_id if hasattr(thing, "project_id") else thing.id
    return project_id


anyone_inside = _member(Role.OWNER, Role.MANAGER, Role.MEMBER)
lead = _member(Role.OWNER, Role.MANAGER)
owner = _member(Role.OWNER)

POLICY: dict[Action, Predicate] = {
    Action.CHANGE_VENDOR: lead,
    Action.CHANGE_PAYEE: owner,
    Action.MANAGE_MEMBERS: owner,
    Action.MANAGE_WEBHOOKS: lead,
    Action.CREATE_PROJECT: lead,
    Action.EDIT_PROJECT: lead,
    Action.START_PROJECT: lead,
    Action.MANAGE_GRANTS: _either(lead, _system),
    Action.UPLOAD: anyone_inside,
    Action.SUBMIT: anyone_inside,
    Action.RELEASE: lead,
    Action.CONFIRM_PAYMENT: lead,
    Action.APPROVE: _contact(Scope.REVIEW),
    Action.REPORT_PAYMENT: _contact(Scope.PAY),
    Action.DOWNLOAD: _either(anyone_inside, _contact(Scope.VIEW)),
    Action.MANAGE_MAIL: lead,
    Action.SEE_MONEY: _either(anyone_inside, _contact(Scope.PAY), _contact(Scope.SIGN), _contact(Scope.REVIEW)),
    # Whoever only pays is there for the papers, and reads nothing of the work.
    Action.TALK: _either(anyone_inside, _contact(Scope.VIEW), _contact(Scope.REVIEW), _contact(Scope.SIGN)),
    Action.SEND_UPDATES: _either(lead, _system),
}
