"""The targets of a vendor, and what each was told lately. For its leads; a constant number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from portal.access.actor import MemberActor
from portal.models.webhook import Delivery, Webhook
from portal.rules.webhooks import MOST_MISSES, Format, Happening, Trouble

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Target:
    """One target as a page shows it; its whole address is shown nowhere. Of what waits, `failing` was tried in vain.

    `vendor_id` is for the policy.
    """

    id: UUID
    vendor_id: UUID
    name: str
    format: Format
    host: str
    events: tuple[Happening, ...]
    paused_at: datetime | None
    off_at: datetime | None
    made_at: datetime
    misses: int
    waiting: int
    failing: int
    sent_at: datetime | None
    most_misses: int = MOST_MISSES

    @property
    def is_on(self) -> bool:
        """Whether it is told anything at the moment."""
        return self.paused_at is None and self.off_at is None


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the log. `due_at` is when it is tried next; None when it will not be."""

    id: UUID
    event: Happening
    queued_at: datetime
    tried_at: datetime | None
    due_at: datetime | None
    sent_at: datetime | None
    gave_up_at: datetime | None
    attempts: int
    status: int | None
    took_ms: int | None
    answer: str
    trouble: Trouble | None


def targets(session: Session, actor: MemberActor) -> Sequence[Target]:
    """All targets of the actor's vendor, by name; one statement."""
    return [_target(row) for row in session.execute(_targets(), {"vendor": actor.vendor_id})]


def target(session: Session, actor: MemberActor, webhook_id: UUID) -> Target:
    """One target, which is there."""
    mine = _targets().where(Webhook.id == webhook_id)
    return _target(session.execute(mine, {"vendor": actor.vendor_id}).one())


def told(session: Session, actor: MemberActor, webhook_id: UUID) -> Sequence[Told]:
    """The last 50 deliveries of a target, the latest first; one statement."""
    mine = Delivery.vendor_id == actor.vendor_id, Delivery.webhook_id == webhook_id
    latest = select(Delivery).where(*mine).order_by(Delivery.queued_at.desc(), Delivery.id.desc()).limit(SHOWN)
    return [_told(delivery) for delivery in session.scalars(latest)]


@cache
def _targets() -> Select[Any]:
    """Built once: putting the statement together costs more than running it."""
    open_ones = Delivery.sent_at.is_(None), Delivery.gave_up_at.is_(None)
    waiting = _of_target(func.count(), *open_ones)
    failing = _of_target(func.count(), *open_ones, Delivery.attempts > 0)
    sent = _of_target(func.max(Delivery.sent_at))
    return (
        select(Webhook, waiting.label("waiting"), failing.label("failing"), sent.label("sent_at"))
        .where(Webhook.vendor_id == bindparam("vendor"))
        .order_by(Webhook.name, Webhook.id)
    )


def _of_target(figure: ColumnElement[Any], *which: ColumnElement[bool]) -> Any:
    mine = Delivery.vendor_id == Webhook.vendor_id, Delivery.webhook_id == Webhook.id
    return select(figure).select_from(Delivery).where(*mine, *which).correlate(Webhook).scalar_subquery()


def _target(row: Row[Any]) -> Target:
    kept: Webhook = row.Webhook
    return Target(
        id=kept.id,
        vendor_id=kept.vendor_id,
        name=kept.name,
        format=kept.format,
        host=kept.host,
        events=tuple(happening for happening in Happening if happening in kept.events),
        paused_at=kept.paused_at,
        off_at=kept.off_at,
        made_at=kept.made_at,
        misses=kept.misses,
        waiting=row.waiting,
        failing=row.failing,
        sent_at=row.sent_at,
    )


def _told(delivery: Delivery) -> Told:
    over = delivery.sent_at is not None or delivery.gave_up_at is not None
    return Told(
        id=delivery.id,
        event=Happening(delivery.event),
        queued_at=delivery.queued_at,
        tried_at=delivery.tried_at,
        due_at=None if over else delivery.due_at,
        sent_at=delivery.sent_at,
        gave_up_at=delivery.gave_up_at,
        attempts=delivery.attempts,
        status=delivery.status,
        took_ms=delivery.took_ms,
        answer=delivery.answer,
        trouble=Trouble(delivery.trouble) if delivery.trouble else None,
    )
