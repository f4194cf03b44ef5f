"""What goes into one mail: one notice, or all that a person's morning has gathered; and what of it is still news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.adapters.failpoints import failpoint
from portal.db import command
from portal.models.outbox import Notice
from portal.notifications import digests, mails, reading, recipients
from portal.notifications.recipients import Recipient
from portal.queries import preferences
from portal.rules import telling
from portal.rules.telling import NoticeKind, Rhythm, Topic, Wishes

# Longer than any server may keep us waiting, so that nobody else takes over while the first still sends.
LEASE = timedelta(minutes=10)
MOST_IN_ONE = 50
_GATHERED = [rhythm.value for rhythm in telling.GATHERED]


@dataclass(frozen=True, slots=True)
class Parcel:
    """The notices of one mail that are still to be told, whom, and not before when.

    `lead` is what was taken; the mail has its Message-ID, even if itself needs no telling any more.
    """

    lead: Notice
    notices: tuple[Notice, ...]
    recipient: Recipient
    due_at: datetime


@command
def claim(session: Session, *, most: int) -> list[UUID]:
    """Take up to `most` due notices for this process alone, oldest first, until the lease ends.

    Of what one person's digest holds the first is taken and stands for the rest, which goes with it for good: a mail
    that is tried again is the same mail.
    """
    now = clock.now()
    due = _free(now) & (Notice.due_at <= now)
    oldest = session.scalars(select(Notice.id).where(due).order_by(Notice.due_at, Notice.id).limit(most)).all()
    taken = session.execute(
        update(Notice)
        .where(Notice.id.in_(oldest), due)
        .values(claimed_until=now + LEASE, attempts=Notice.attempts + 1)
        .returning(Notice.id, Notice.vendor_id, Notice.to_id, Notice.rhythm, Notice.attempts)
        .execution_options(synchronize_session=False)
    ).all()
    leads = _gather(session, sorted(taken, key=lambda row: row.id), due)
    failpoint("mail.claiming")
    return leads


def pack(session: Session, lead: Notice) -> Parcel | None:
    """What is still to be told of a notice and those that go with it; None when nothing is."""
    wishes = _wishes(session, lead)
    kept = [
        (notice, found)
        for notice in _with(session, lead)
        if (found := recipients.of(session, notice)) is not None
        and wishes.rhythm(topic_of(notice)) is not Rhythm.NEVER
        and not reading.is_read(session, notice)
    ]
    if not kept:
        return None
    notices, recipient = tuple(notice for notice, _ in kept), kept[0][1]
    return Parcel(lead, notices, recipient, _earliest(notices, wishes, recipient.zone))


def compose(session: Session, parcel: Parcel, *, sender: str) -> EmailMessage:
    """The mail of a parcel. Raises Unsendable."""
    if len(parcel.notices) == 1:
        return mails.compose(session, parcel.notices[0], parcel.recipient, sender=sender, lead=parcel.lead)
    return digests.compose(session, parcel.notices, parcel.recipient, sender=sender, lead=parcel.lead)


def not_in_quiet_hours(session: Session, lead: Notice, moment: datetime) -> datetime:
    """`moment`, or the end of the quiet hours of whoever the notice is for."""
    recipient = recipients.of(session, lead)
    if recipient is None:
        return moment
    return telling.not_before(topic_of(lead), _wishes(session, lead), recipient.zone, moment)


def topic_of(notice: Notice) -> Topic:
    """What a notice is about, as its reader chooses."""
    return telling.TOPICS[NoticeKind(notice.kind)]


def _free(now: datetime) -> ColumnElement[bool]:
    """Neither sent, given up nor dropped, and in nobody's hands; the lease of whoever died with it in hand runs out."""
    return and_(
        Notice.sent_at.is_(None),
        Notice.gave_up_at.is_(None),
        Notice.dropped_at.is_(None),
        Notice.mailed_with.is_(None),
        or_(Notice.claimed_until.is_(None), Notice.claimed_until <= now),
    )


def _gather(session: Session, taken: list[Any], due: ColumnElement[bool]) -> list[UUID]:
    """The notices that a mail is made for: each by itself, and of a digest the first. What was tried before stays."""
    digests_of: dict[UUID, list[Any]] = {}
    leads: list[UUID] = []
    for row in taken:
        if row.rhythm in _GATHERED and row.attempts == 1:
            digests_of.setdefault(row.to_id, []).append(row)
        else:
            leads.append(row.id)
    for first, *others in digests_of.values():
        _send_along(session, first, [row.id for row in others], due)
        leads.append(first.id)
    return leads


def _send_along(session: Session, first: Any, others: list[UUID], due: ColumnElement[bool]) -> None:
    """The rest of a digest, and what of it was not taken: from now on nothing is added to any of it."""
    same = Notice.vendor_id == first.vendor_id, Notice.to_id == first.to_id, Notice.rhythm.in_(_GATHERED)
    untried = select(Notice.id).where(*same, due, Notice.attempts == 0).order_by(Notice.due_at, Notice.id)
    ids = [*others, *session.scalars(untried.limit(max(0, MOST_IN_ONE - 1 - len(others))))]
    along = update(Notice).where(Notice.id.in_(ids), Notice.vendor_id == first.vendor_id, Notice.mailed_with.is_(None))
    values = {"mailed_with": first.id, "claimed_until": None, "attempts": 1}
    session.execute(along.values(values).execution_options(synchronize_session=False))


def _with(session: Session, lead: Notice) -> list[Notice]:
    """The lead and what goes with it, in the order of the facts."""
    others = select(Notice).where(Notice.vendor_id == lead.vendor_id, Notice.mailed_with == lead.id)
    open_ones = others.where(Notice.sent_at.is_(None), Notice.dropped_at.is_(None))
    return sorted([lead, *session.scalars(open_ones)], key=lambda notice: (notice.created_at, notice.id))


def _earliest(notices: tuple[Notice, ...], wishes: Wishes, zone: str) -> datetime:
    """When the person may be told: the quiet hours may be others by now than when the notice was written."""
    now = clock.now()
    return min(telling.not_before(topic_of(notice), wishes, zone, now) for notice in notices)


def _wishes(session: Session, notice: Notice) -> Wishes:
    person = notice.to_kind, notice.to_id
    return preferences.of_people(session, notice.vendor_id, [person])[person]
