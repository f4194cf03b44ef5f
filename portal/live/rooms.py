"""Rooms are made by the server from what a browser's sitting may see. No event of a browser ever names one."""

from __future__ import annotations

from uuid import UUID

from portal.access.actor import Actor, ContactActor, MemberActor
from portal.access.policy import Action, can
from portal.rules.terms import LOCALES
from portal.web.talk import Audience


def of_sitting(sitting_id: UUID) -> str:
    """One browser, however many pages it has open."""
    return f"sitting:{sitting_id}"


def of_vendor(vendor_id: UUID) -> str:
    """Everybody at a vendor."""
    return f"vendor:{vendor_id}"


def of_project(project_id: UUID) -> str:
    """The client's side of a project."""
    return f"project:{project_id}"


def of_talk(vendor_id: UUID, project_id: UUID, audience: Audience, locale: str) -> str:
    """Those who are shown the same lines in the same language. A vendor's people are told of all their projects."""
    if audience.side == "member":
        return f"talk:{vendor_id}:member:{locale}"
    return f"talk:{project_id}:contact:{'money' if audience.sees_money else 'work'}:{locale}"


def of_onlookers(project_id: UUID, side: str) -> str:
    """Those of one side who have a page of a project open right now."""
    return f"onlookers:{project_id}:{side}"


def audiences() -> list[tuple[Audience, str]]:
    """Everybody who can be told something, by what they see and in which language."""
    kinds = (Audience("member", True), Audience("contact", True), Audience("contact", False))
    return [(audience, locale) for audience in kinds for locale in LOCALES]


def entered_by(actor: Actor, locale: str) -> list[str]:
    """The rooms of somebody who just came, reading in `locale`."""
    match actor:
        case MemberActor(sitting_id=sitting_id) if sitting_id is not None:
            talk = of_talk(actor.vendor_id, actor.vendor_id, Audience("member", True), locale)
            return [of_sitting(sitting_id), of_vendor(actor.vendor_id), talk]
        case ContactActor():
            return [of_sitting(actor.sitting_id), *_of_keys(actor, locale)]
        case _:
            return []


def _of_keys(actor: ContactActor, locale: str) -> list[str]:
    found = []
    for key in {key.project_id: actor.key_for(key.project_id) for key in actor.keys}.values():
        if key is None:
            continue
        found.append(of_project(key.project_id))
        if can(actor, Action.TALK, key):
            audience = Audience("contact", can(actor, Action.SEE_MONEY, key))
            found.append(of_talk(key.vendor_id, key.project_id, audience, locale))
    return found
