"""What targets outside are to be told: queued with the fact, claimed by whoever calls, and marked with what came of it.

Every fact is announced (db.announce), those that stand in no project's record too, and as ids: just what may leave the
house. So that is the one place where all of them pass inside the transaction. `note` gets them as its very last
step, after everything else is written, because amounts are final by then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Update, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from portal.adapters import clock, outside
from portal.adapters.failpoints import failpoint
from portal.db import announce, command, new_id
from portal.models.message import Message
from portal.models.milestone import Milestone
from portal.models.payment import Payment
from portal.models.webhook import Delivery, Webhook
from portal.rules import events, webhooks
from portal.rules.events import Event, MessagePosted, MilestoneEvent, PaymentEvent
from portal.rules.webhooks import TOLD, Format, Happening, Trouble

# Longer than one call may take (adapters.calls), so that nobody else takes a target over while it is called.
LEASE = timedelta(minutes=1)
# A target that fails slowly is left alone for a while, so that those who call are there for others.
SLOW_MS, REST = 1000, timedelta(minutes=1)
# By whom a message is, in the words of the outside.
SIDES = {"member": "vendor", "contact": "client"}


@dataclass(frozen=True, slots=True)
class Call:
    """One delivery in somebody's hands. `lease` is until when the target is theirs."""

    delivery_id: UUID
    event: Happening
    body: str
    format: Format
    address: str
    secret: str
    vendor_id: UUID
    lease: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call: the trouble there was, if any; the status, and the beginning of what was answered."""

    trouble: Trouble | None
    took_ms: int
    status: int | None = None
    answer: str = ""


def note(session: Session, facts: Sequence[object]) -> None:
    """Queue one delivery for each fact that matters outside and each target of its vendor that wants to know."""
    outward = [fact for fact in facts if isinstance(fact, Event) and type(fact) in TOLD]
    if not outward:
        return
    mine = select(Webhook).where(Webhook.vendor_id == outward[0].vendor_id, Webhook.off_at.is_(None))
    # Nobody deletes a target while something is queued for it: a fact never fails because of a target.
    targets = session.scalars(mine.order_by(Webhook.id).with_for_update(read=True, key_share=True)).all()
    wanted = [(fact, target) for fact in outward for target in targets if TOLD[type(fact)] in target.events]
    for fact, target in wanted:
        add(session, target, event=TOLD[type(fact)], project_id=fact.project_id, about=_about(session, fact))
    if wanted:
        announce(session, events.CallsQueued(vendor_id=outward[0].vendor_id))


def add(
    session: Session, target: Webhook, *, event: Happening, project_id: UUID | None, about: dict[str, Any]
) -> Delivery:
    """One delivery, to be sent when the transaction is kept. `about`: ids and numbers, never what people wrote."""
    delivery_id, now = new_id(), clock.now()
    body = {
        "id": str(delivery_id),
        "event": event.value,
        "at": now.isoformat(),
        "vendor": str(target.vendor_id),
        "link": outside.of(session).base_url,
    }
    delivery = Delivery(
        id=delivery_id,
        vendor_id=target.vendor_id,
        webhook_id=target.id,
        project_id=project_id,
        event=event.value,
        body=json.dumps(body | about, separators=(",", ":")),
        due_at=now,
        queued_at=now,
    )
    session.add(delivery)
    return delivery


@command
def take(session: Session) -> tuple[UUID, datetime] | None:
    """A target with something due, for this thread alone until the lease ends; who waited longest goes first."""
    now = clock.now()
    waiting = exists().where(Delivery.webhook_id == Webhook.id, _is_due(now))
    longest = select(Webhook.id).where(_is_free(now), waiting).order_by(Webhook.free_at.asc().nulls_first(), Webhook.id)
    found = session.scalar(longest.limit(1).with_for_update(skip_locked=True, key_share=True))
    if found is None:
        return None
    session.execute(_one(found).values(free_at=now + LEASE))
    return found, now + LEASE


@command
def next_of(session: Session, webhook_id: UUID, lease: datetime) -> Call | None:
    """The target's next delivery, counted as tried, and the new lease; None when there is none, or it is not ours.

    It is taken in the order in which it is due: what failed before lets what came later pass.
    """
    now = clock.now()
    mine = select(Delivery.id).where(Delivery.webhook_id == webhook_id, _is_due(now))
    found = session.scalar(mine.order_by(Delivery.due_at, Delivery.id).limit(1))
    held = _one(webhook_id).where(Webhook.free_at == lease, Webhook.free_at > now, _is_on())
    if found is None or session.execute(held.values(free_at=now + LEASE).returning(Webhook.id)).first() is None:
        return None
    session.execute(_delivery(found).values(attempts=Delivery.attempts + 1, tried_at=now))
    session.expire_all()
    delivery, webhook = session.get_one(Delivery, found), session.get_one(Webhook, webhook_id)
    address, secret = unsealed(session, webhook)
    event = Happening(delivery.event)
    return Call(found, event, delivery.body, webhook.format, address, secret, webhook.vendor_id, now + LEASE)


@command
def settle(session: Session, delivery_id: UUID, outcome: Outcome) -> None:
    """Keep what came of a call: sent; or to be tried later, a minute first and then twice as long; or given up."""
    now = clock.now()
    delivery = session.get(Delivery, delivery_id, populate_existing=True)
    if delivery is None:
        return
    kept: dict[str, Any] = {"status": outcome.status, "took_ms": outcome.took_ms, "answer": outcome.answer}
    if outcome.trouble is None:
        kept |= {"sent_at": now}
        session.execute(_one(delivery.webhook_id).values(misses=0))
    elif delivery.event == Happening.TEST:
        # Somebody looks at it right now and can ask for another.
        kept |= {"gave_up_at": now}
    elif now - delivery.queued_at >= webhooks.PATIENCE:
        kept |= {"gave_up_at": now}
        _miss(session, delivery.webhook_id, now)
    else:
        kept |= {"due_at": now + webhooks.wait(delivery.attempts)}
    # It may be deleted with its target meanwhile.
    session.execute(_delivery(delivery_id).values(trouble=outcome.trouble or "", **kept))
    failpoint("call.settling")


@command
def release(session: Session, webhook_id: UUID, lease: datetime, *, slow: bool) -> None:
    """Give the target back, to be taken when its turn comes; after it failed slowly, not before a while."""
    until = clock.now() + REST if slow else clock.now()
    session.execute(_one(webhook_id).where(Webhook.free_at == lease).values(free_at=until))


def unsealed(session: Session, webhook: Webhook) -> tuple[str, str]:
    """The target's address and secret."""
    address, secret = json.loads(outside.of(session).keys.unseal(webhook.sealed))
    return address, secret


def is_waiting() -> ColumnElement[bool]:
    """Neither sent nor given up."""
    return and_(Delivery.sent_at.is_(None), Delivery.gave_up_at.is_(None))


def _miss(session: Session, webhook_id: UUID, now: datetime) -> None:
    counted = _one(webhook_id).values(misses=Webhook.misses + 1).returning(Webhook.misses)
    if (session.scalar(counted) or 0) >= webhooks.MOST_MISSES:
        session.execute(_one(webhook_id).values(off_at=now))


def _about(session: Session, fact: Event) -> dict[str, Any]:
    base = outside.of(session).base_url
    about: dict[str, Any] = {"project": str(fact.project_id), "link": f"{base}/projects/{fact.project_id}"}
    if isinstance(fact, MilestoneEvent):
        about |= _about_milestone(session, fact, base)
    if isinstance(fact, PaymentEvent):
        payment = session.get_one(Payment, fact.payment_id)
        amount = payment.amount_minor if payment.confirmed_minor is None else payment.confirmed_minor
        about |= {"payment": str(payment.id), "amount_minor": amount}
    if isinstance(fact, MessagePosted):
        about |= _about_message(session, fact, base)
    return about


def _about_milestone(session: Session, fact: MilestoneEvent, base: str) -> dict[str, Any]:
    milestone = session.get_one(Milestone, fact.milestone_id)
    money = {"amount_minor": milestone.amount_minor, "currency": milestone.currency}
    return _step(session, milestone) | money | {"link": f"{base}/milestones/{milestone.id}"}


def _about_message(session: Session, fact: MessagePosted, base: str) -> dict[str, Any]:
    """Whose it is, by side and id, and where it stands: not what it says, and no name."""
    message = session.get_one(Message, fact.message_id)
    about = {"message": str(message.id), "seq": fact.seq, "side": SIDES[message.author_kind]}
    about |= {"author": str(message.author_id), "link": f"{base}/projects/{fact.project_id}#message-{message.id}"}
    # A conversation has the id of its milestone, or of its project.
    if fact.thread_id == fact.project_id:
        return about
    step = _step(session, session.get_one(Milestone, fact.thread_id))
    return about | step | {"link": f"{base}/milestones/{fact.thread_id}#message-{message.id}"}


def _step(session: Session, milestone: Milestone) -> dict[str, Any]:
    """Which milestone, and which of how many it is."""
    mine = Milestone.vendor_id == milestone.vendor_id, Milestone.project_id == milestone.project_id
    count = session.scalar(select(func.count()).select_from(Milestone).where(*mine))
    return {"milestone": str(milestone.id), "position": milestone.position, "count": count}


def _is_on() -> ColumnElement[bool]:
    return and_(Webhook.paused_at.is_(None), Webhook.off_at.is_(None))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return and_(_is_on(), or_(Webhook.free_at.is_(None), Webhook.free_at <= now))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(is_waiting(), Delivery.due_at <= now)


def _one(webhook_id: UUID) -> Update:
    return update(Webhook).where(Webhook.id == webhook_id).execution_options(synchronize_session=False)


def _delivery(delivery_id: UUID) -> Update:
    return update(Delivery).where(Delivery.id == delivery_id).execution_options(synchronize_session=False)
