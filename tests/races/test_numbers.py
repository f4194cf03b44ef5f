"""Receipts are numbered 1, 2, 3 … whoever confirms at the same moment, and whoever is killed meanwhile (F9)."""

from __future__ import annotations

import threading
import time
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.config import Config
from portal.models.payment import LedgerEntry, Payment
from portal.models.receipt import Counter, Receipt
from portal.rules.lifecycle import PaymentState
from portal.services import receipts, verification
from tests import scale
from tests.races import together
from tests.races.confirming import confirm, confirm_in_turn, waiting
from tests.worlds import World

PROCESSES, EACH = 8, scale.cases(6, full=250)
KILLS = scale.cases(4, full=100)
# So many confirmations fit into the longest life of a process, however fast the machine is.
LONGEST_LIFE = 4
pytestmark = [pytest.mark.faults, pytest.mark.timeout(scale.cases(300, full=1800))]


def numbers(session: Session) -> list[int]:
    """In the order in which they were written."""
    session.rollback()
    return list(session.scalars(select(Receipt.number).order_by(Receipt.number)))


def test_eight_processes_number_without_gap_or_twin(settings: Config, world: World) -> None:
    """Each has a project of its own, so that nothing but the counter stands between them."""
    batches = [waiting(world, EACH) for _ in range(PROCESSES)]
    confirmed = together.apart(settings, confirm_in_turn, [(world.owner, batch) for batch in batches])
    assert confirmed == [EACH] * PROCESSES
    assert numbers(world.session) == list(range(1, PROCESSES * EACH + 1))
    assert world.session.scalar(select(Counter.value)) == PROCESSES * EACH
    assert verification.verify(world.session).findings == []
    counted(world, f"{PROCESSES} processes take receipt numbers", numbers=PROCESSES * EACH)


def test_kills_at_random_leave_no_gap(settings: Config, world: World) -> None:
    chance, lives, confirmed = scale.chance(f"numbers {settings.database_url[:6]}"), 0, LONGEST_LIFE
    longest, left = longest_life(settings, world), waiting(world, 10)
    while lives < KILLS:
        process, answers = together.spawn(settings, confirm_in_turn, world.owner, left)
        assert answers.recv() == "ready"
        process.join(chance.uniform(0, longest))
        process.kill()
        process.join()
        answers.close()
        lives += 1
        before, confirmed = confirmed, nothing_is_half_done(world.session)
        assert confirmed >= before
        left = reported(world.session) or waiting(world, 10)
    assert verification.verify(world.session).findings == []
    counted(world, "processes that take receipt numbers are killed", kills=KILLS, numbers=confirmed)


def longest_life(settings: Config, world: World) -> float:
    """Seconds a fresh process takes for so many."""
    process, answers = together.spawn(settings, confirm_in_turn, world.owner, waiting(world, LONGEST_LIFE))
    assert answers.recv() == "ready"
    begun = time.monotonic()
    assert together.finished(process, answers) == LONGEST_LIFE
    return time.monotonic() - begun


def nothing_is_half_done(session: Session) -> int:
    """How many are confirmed: that many receipts, from 1 on, and that many entries."""
    count = len(numbers(session))
    assert numbers(session) == list(range(1, count + 1))
    assert session.scalar(select(func.count()).select_from(LedgerEntry)) == count
    assert session.scalar(select(func.count()).where(Payment.state == PaymentState.CONFIRMED)) == count
    assert session.scalar(select(Counter.value)) == (count or None)
    return count


def reported(session: Session) -> list[UUID]:
    return list(session.scalars(select(Payment.id).where(Payment.state == PaymentState.REPORTED)))


@pytest.mark.parametrize("has_key", [True, False], ids=["with the unique key", "without"])
def test_control_a_number_that_is_looked_up_first_is_taken_by_all(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, has_key: bool
) -> None:
    """Without the counter everybody sees the same last number; the unique key lets only the first have the next."""
    if not has_key:
        together.without(app, "receipts", "uq_receipts_vendor_id_series_number")
    everybody_looked = threading.Barrier(4, timeout=together.PATIENCE_SECONDS)
    looked = threading.local()

    def look_first(session: Session, payment_id: UUID) -> Any:
        looked.number = (session.scalar(select(func.max(Receipt.number))) or 0) + 1
        session.rollback()
        everybody_looked.wait()
        return confirm(session, world.owner, payment_id, f"confirm {payment_id}")

    monkeypatch.setattr(receipts, "take_number", lambda *_: looked.number)
    payment_ids = [waiting(world, 1)[0] for _ in range(4)]
    answers = together.at_once(app, [lambda session, each=each: look_first(session, each) for each in payment_ids])
    assert numbers(world.session) == ([1] if has_key else [1, 1, 1, 1])
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == (3 if has_key else 0)


def counted(world: World, what: str, **figures: int) -> None:
    scale.figure("F9", f"{what}, {world.session.get_bind().dialect.name}", **figures)
