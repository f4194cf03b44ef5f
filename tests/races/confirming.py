"""Payments that wait to be confirmed, and who confirms them: in threads and in processes of their own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.adapters import clock
from portal.models.payment import Payment
from portal.rules.errors import AlreadyDone, Conflict
from portal.services import payments
from portal.services.answers import Ticket
from tests.worlds import World

MINOR = 1_000


def waiting(world: World, count: int) -> list[UUID]:
    """Payments to confirm, of a milestone that costs as much; Cleo and a colleague will be told of each."""
    project = world.project(amounts=(str(count * MINOR // 100), "10"))
    cleo, step = world.contact(project), world.milestone(project)
    world.member()
    world.deliver(step, note="Workshop held.")
    return [world.report(step, cleo, minor=MINOR).id for _ in range(count)]


def confirm(session: Session, actor: Actor, payment_id: UUID, key: str) -> Any:
    """The receipt's id; or, when somebody was faster, that it was done."""
    payment = session.get_one(Payment, payment_id)
    today = clock.today("Europe/Berlin")
    try:
        return payments.confirm(
            session, actor=actor, payment=payment, amount_minor=MINOR, received_on=today, ticket=Ticket(key, "")
        )
    except (AlreadyDone, Conflict) as refusal:
        return type(refusal).__name__


def confirm_all(session: Session, actor: Actor, payments_by_key: dict[str, list[UUID]]) -> list[Any]:
    """In a process of its own: every payment, in order."""
    return [confirm(session, actor, each, key) for key, batch in payments_by_key.items() for each in batch]


def confirm_in_turn(session: Session, actor: Actor, payment_ids: list[UUID]) -> int:
    """In a process of its own: how many of the payments it confirmed."""
    return sum(isinstance(confirm(session, actor, each, f"confirm {each}"), UUID) for each in payment_ids)
