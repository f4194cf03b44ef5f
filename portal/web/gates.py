"""The gate at the door of every original: may these bytes leave now, to this reader, and still a moment later?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from portal.access import ledger, presence
from portal.access.actor import Actor, ContactActor, MemberActor
from portal.access.policy import Action, authorize
from portal.models.project import Project
from portal.rules import gate
from portal.rules.errors import Forbidden
from portal.rules.gate import Facts, Standing
from portal.rules.lifecycle import Flow
from portal.rules.wording import N_
from portal.web.actor import current_actor
from portal.web.installation import db, installation
from portal.web.language import show_money


def require_open(thing: Any, milestone_id: UUID) -> None:
    """Raises Forbidden (code "locked") with what is missing. The vendor's people always get their own files.

    `thing` is what is asked for: a model with vendor_id and project_id.
    """
    actor = current_actor()
    authorize(actor, Action.DOWNLOAD, thing)
    if isinstance(actor, MemberActor):
        return
    facts = ledger.facts(db(), milestone_id)
    if not gate.unlocked(facts):
        raise _locked(facts, db().get_one(Project, thing.project_id))


def guard(actor: Actor, project_id: UUID, milestone_id: UUID) -> Callable[[], bool]:
    """What a running download asks between two pieces: is the reader still here, is the gate still open?

    It outlives the request's session and so opens its own, for a moment.
    """
    sessions = installation().sessions
    held = actor.key_for(project_id) if isinstance(actor, ContactActor) else None

    def may_go_on() -> bool:
        with sessions() as session:
            here = presence.still_here(session, actor, held)
            return here and (held is None or gate.unlocked(ledger.facts(session, milestone_id)))

    return may_go_on


def reader_guard(actor: Actor, project_id: UUID) -> Callable[[], bool]:
    """The same for what is open to everybody who may read: only whether the reader is still here."""
    sessions = installation().sessions
    held = actor.key_for(project_id) if isinstance(actor, ContactActor) else None

    def may_go_on() -> bool:
        with sessions() as session:
            return presence.still_here(session, actor, held)

    return may_go_on


def _locked(facts: Facts, project: Project) -> Forbidden:
    balance = show_money(gate.balance(facts), project.currency)
    return Forbidden(_missing(facts, project.flow), code="locked", balance=balance)


def _missing(facts: Facts, flow: Flow) -> str:
    standing = gate.standing(facts, flow)
    if standing is Standing.REPORTED:
        return N_("These files open as soon as the payment you reported is confirmed. %(balance)s is still open.")
    if standing is Standing.TO_APPROVE:
        return N_("These files open when you have approved them and %(balance)s is paid.")
    if standing is Standing.CHANGES_REQUESTED:
        return N_("These files open when the new version is delivered and %(balance)s is paid.")
    if standing is Standing.REVERSED:
        return N_("A payment was reversed, so these files are locked again until %(balance)s is paid.")
    return N_("These files open when %(balance)s is paid and the payment is confirmed.")
