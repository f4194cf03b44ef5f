"""Writers and readers of one SQLite file, some in each of several processes."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from portal import db
from portal.access import ledger
from portal.access.actor import ContactActor, MemberActor
from portal.adapters import clock
from portal.models.milestone import Milestone
from portal.models.payment import PaymentMethod
from portal.queries import payments as reads
from portal.queries import projects
from portal.services import payments
from portal.services.answers import Ticket
from tests.races.confirming import MINOR, confirm

Turn = Callable[[Session], None]
CONFIRMED_EVERY = 5


def work(
    session: Session, seconds: float, actor: MemberActor, places: list[tuple[UUID, ContactActor]], guarded: bool
) -> Counter[str]:
    """In a process of its own: a writer and a reader for each milestone, for so long; what was done and raised."""
    sessions = sessionmaker(session.get_bind(), info=dict(session.info))
    if not guarded:
        _begin_deferred(session)
    session.close()
    counted: Counter[str] = Counter()
    until = time.monotonic() + seconds
    turns = [turn for place in places for turn in (_writer(actor, *place), _reader(actor, place[0]))]
    threads = [threading.Thread(target=_keep_on, args=(sessions, turn, until, counted)) for turn in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counted


def _begin_deferred(session: Session) -> None:
    """The control: transactions that begin as reading ones and are not tried again."""
    db.BUSY_TRIES = 1
    engine: Any = session.get_bind()
    event.remove(engine, "begin", db._begin_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))


def _keep_on(sessions: sessionmaker[Session], turn: Turn, until: float, counted: Counter[str]) -> None:
    while time.monotonic() < until:
        with sessions() as session:
            try:
                turn(session)
                counted[turn.__name__] += 1
            except Exception as error:
                counted[f"error: {error}"[:80]] += 1


def _writer(actor: MemberActor, milestone_id: UUID, payer: ContactActor) -> Turn:
    turns = 0

    def written(session: Session) -> None:
        nonlocal turns
        turns += 1
        said = payments.Report(MINOR, clock.today("Europe/Berlin"), PaymentMethod.CASH, uuid.uuid4().hex[:10])
        milestone = session.get_one(Milestone, milestone_id)
        ticket = Ticket(uuid.uuid4().hex, "")
        payment_id = payments.report(session, actor=payer, milestone=milestone, said=said, ticket=ticket)
        if turns % CONFIRMED_EVERY == 0:
            assert isinstance(confirm(session, actor, payment_id, f"confirm {payment_id}"), UUID)

    return written


def _reader(actor: MemberActor, milestone_id: UUID) -> Turn:
    def read(session: Session) -> None:
        overview = projects.overview_around(session, actor, milestone_id)
        reads.of_project(session, overview.head)
        ledger.facts(session, milestone_id)

    return read
