"""Many confirm one payment at the same moment, and it is confirmed once (F1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.config import Config
from portal.models.entry import Entry
from portal.models.outbox import Notice
from portal.models.payment import LedgerEntry, Payment
from portal.models.receipt import Receipt
from portal.rules.lifecycle import PaymentState
from portal.services import payments, verification
from portal.services.notices import NoticeKind
from tests import scale
from tests.races import together
from tests.races.confirming import confirm, confirm_all, waiting
from tests.worlds import World

THREADS, PROCESSES = 16, 4
ROUNDS = scale.cases(4, full=100)
# For one confirmation: the ledger, the papers, the record, and one mail for each who is told.
ONCE = {"entries": 1, "receipts": 1, "facts": 1, "mails": 2, "told": 2}
pytestmark = [pytest.mark.faults, pytest.mark.timeout(scale.cases(300, full=1800))]
Key = Callable[[int], str]
different: Key = "another key {}".format
the_same: Key = "the same key".format


def outcome(world: World, payment_id: UUID) -> dict[str, int]:
    """How often each trace of a confirmation is there."""
    session = world.session
    session.rollback()
    entries = select(func.count()).where(LedgerEntry.payment_id == payment_id)
    receipt_ids = list(session.scalars(select(Receipt.id).where(Receipt.payment_id == payment_id)))
    facts = select(func.count()).where(Entry.kind == "payment.confirmed", Entry.body.contains(str(payment_id)))
    told = Counter(
        notice.to_id
        for notice in session.scalars(select(Notice).where(Notice.kind == NoticeKind.PAYMENT_CONFIRMED))
        if any(str(receipt_id) in notice.about for receipt_id in receipt_ids)
    )
    return {
        "entries": session.scalar(entries) or 0,
        "receipts": len(receipt_ids),
        "facts": session.scalar(facts) or 0,
        "mails": told.total(),
        "told": len(told),
    }


@pytest.mark.parametrize("keys", [different, the_same], ids=["different keys", "the same key"])
def test_sixteen_threads_confirm_a_payment_once(app: Flask, world: World, keys: Key) -> None:
    for payment_id in waiting(world, ROUNDS):
        acts = [
            lambda session, n=n, payment_id=payment_id: confirm(session, world.owner, payment_id, keys(n))
            for n in range(THREADS)
        ]
        answers = together.at_once(app, acts)
        assert outcome(world, payment_id) == ONCE
        succeeded = [answer for answer in answers if isinstance(answer, UUID)]
        assert (len(succeeded), len(set(succeeded))) == ((1, 1) if keys is different else (THREADS, 1)), answers
        assert {answer for answer in answers if answer not in succeeded} <= {"AlreadyDone"}
    assert verification.verify(world.session).findings == []
    kind = "different keys" if keys is different else "one key"
    counted(world, f"{THREADS} threads confirm one payment with {kind}")


def test_four_processes_confirm_a_payment_once(settings: Config, world: World) -> None:
    payment_ids = waiting(world, 2 * ROUNDS)
    apart, alike = payment_ids[:ROUNDS], payment_ids[ROUNDS:]
    given = [(world.owner, {different(n): apart, the_same(n): alike}) for n in range(PROCESSES)]
    answers = together.apart(settings, confirm_all, given)
    for payment_id, of_one in zip(payment_ids, zip(*answers, strict=True), strict=True):
        assert outcome(world, payment_id) == ONCE
        assert sum(isinstance(answer, UUID) for answer in of_one) == (1 if payment_id in apart else PROCESSES), of_one
    assert verification.verify(world.session).findings == []
    counted(world, f"{PROCESSES} processes confirm one payment, with one key and with different ones")


def counted(world: World, what: str) -> None:
    scale.figure("F1", f"{what}, {world.session.get_bind().dialect.name}", rounds=ROUNDS)


def decide_unseen(session: Session, actor: Any, payment: Payment, act: Any, **values: object) -> None:
    """The control: what `_decide` would be without looking at the state in the same statement."""
    values |= {"state": PaymentState.CONFIRMED, "decided_by": actor.member_id, "decided_at": clock.now()}
    session.execute(update(Payment).where(Payment.id == payment.id).values(**values))
    session.refresh(payment)


def race_unguarded(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[UUID, list[Any]]:
    monkeypatch.setattr(payments, "_decide", decide_unseen)
    [payment_id] = waiting(world, 1)
    acts = [
        lambda session, n=n: confirm(session, world.owner, payment_id, different(n)) for n in range(THREADS)
    ]  # fmt: skip
    return payment_id, together.at_once(app, acts)


def test_control_without_compare_and_set_and_unique_keys_it_is_confirmed_many_times(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    together.without(app, "ledger_entries", "uq_ledger_entries_kind_reference")
    together.without(app, "receipts", "uq_receipts_payment_id")
    payment_id, _ = race_unguarded(app, world, monkeypatch)
    seen = outcome(world, payment_id)
    assert min(seen["entries"], seen["receipts"], seen["facts"]) > 1
    assert seen["mails"] > ONCE["mails"]


def test_behind_the_compare_and_set_the_unique_keys_still_let_one_through(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id, answers = race_unguarded(app, world, monkeypatch)
    assert outcome(world, payment_id) == ONCE
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == THREADS - 1
