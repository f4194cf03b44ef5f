"""How a person wants to be told, chosen by that person, and what waits for them moved accordingly."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Update, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.access.holders import Holder
from portal.adapters import clock, outside
from portal.db import command, new_id
from portal.models.outbox import Notice
from portal.models.preference import Preference
from portal.queries import preferences
from portal.rules import telling
from portal.rules.telling import NoticeKind, Topic, Wishes


@command
def choose(session: Session, *, holder: Holder, wishes: Wishes) -> None:
    """Be told like this from now on. What already waits for this person comes when the new choice says."""
    _keep(session, holder, wishes)
    _move_what_waits(session, holder, wishes)


@command
def silence(session: Session, *, holder: Holder, topics: frozenset[Topic]) -> None:
    """No more mails of these topics; what cannot be switched off still comes."""
    wishes = telling.silenced(preferences.wishes(session, holder), topics)
    _keep(session, holder, wishes)
    _move_what_waits(session, holder, wishes)


def keep_token(session: Session, *, notice: Notice) -> None:
    """Have the link in this person's mails lead somewhere. Most of the time it does already, and nothing is written."""
    vendor_id, kind, person_id = notice.vendor_id, notice.to_kind, notice.to_id
    mine = Preference.vendor_id == vendor_id, Preference.to_kind == kind, Preference.to_id == person_id
    if session.scalar(select(Preference.id).where(*mine)) is None:
        _keep_token(session, vendor_id, kind, person_id)


@command
def _keep_token(session: Session, vendor_id: UUID, kind: str, person_id: UUID) -> None:
    _insert(session, vendor_id, kind, person_id)


def _keep(session: Session, holder: Holder, wishes: Wishes) -> None:
    _insert(session, holder.vendor_id, holder.kind, holder.id)
    chosen: dict[str, object] = {
        topic.value: wishes.rhythms[topic].value if topic in wishes.rhythms else None
        for topic in Topic
        if topic is not Topic.ALARMS
    }
    quiet = (wishes.quiet.starts, wishes.quiet.ends) if wishes.quiet else (None, None)
    chosen |= {"quiet_from": quiet[0], "quiet_to": quiet[1], "browser": wishes.browser, "changed_at": clock.now()}
    mine = Preference.vendor_id == holder.vendor_id, Preference.to_kind == holder.kind, Preference.to_id == holder.id
    session.execute(update(Preference).where(*mine).values(chosen).execution_options(synchronize_session=False))


def _insert(session: Session, vendor_id: UUID, kind: str, person_id: UUID) -> None:
    """The row of a person, unless it is there. Two who do this at once do not disturb each other."""
    keys = outside.of(session).keys
    row = {
        "id": new_id(),
        "vendor_id": vendor_id,
        "to_kind": kind,
        "to_id": person_id,
        "token_digest": keys.digest_token(keys.notice_token(kind, person_id)),
        "browser": False,
    }
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(Preference).values(row).on_conflict_do_nothing())


def _move_what_waits(session: Session, holder: Holder, wishes: Wishes) -> None:
    """Only what nobody set out to send yet."""
    now = clock.now()
    untouched = Notice.attempts == 0, Notice.sent_at.is_(None), Notice.gave_up_at.is_(None), Notice.dropped_at.is_(None)
    mine = Notice.vendor_id == holder.vendor_id, Notice.to_kind == holder.kind, Notice.to_id == holder.id
    for notice in session.execute(select(Notice.id, Notice.kind, Notice.created_at).where(*mine, *untouched)).all():
        move = update(Notice).where(Notice.id == notice.id, Notice.vendor_id == holder.vendor_id, *untouched)
        session.execute(_moved(move, holder, wishes, telling.TOPICS[NoticeKind(notice.kind)], notice.created_at, now))


def _moved(move: Update, holder: Holder, wishes: Wishes, topic: Topic, happened: datetime, now: datetime) -> Update:
    move = move.execution_options(synchronize_session=False)
    due = telling.due(topic, wishes, holder.zone, happened)
    if due is None:
        return move.values(dropped_at=now)
    due = telling.not_before(topic, wishes, holder.zone, max(due, now))
    return move.values(due_at=due, patient_from=due, rhythm=wishes.rhythm(topic).value)
