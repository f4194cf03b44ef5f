"""The invariants of reliability.md §1 that can be read off the tables, looked at from outside after something broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import time_machine
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.access import ledger
from portal.adapters import clock
from portal.models.entry import Entry
from portal.models.milestone import Milestone
from portal.models.outbox import Answer, Notice
from portal.models.payment import CreditEntry, LedgerEntry, Payment
from portal.models.project import Project
from portal.models.receipt import Counter as Series
from portal.models.receipt import Receipt, ReceiptPdf
from portal.rules import gate
from portal.rules.gate import EntryKind
from portal.rules.lifecycle import MilestoneState, PaymentState
from portal.services import reconciliation, verification

EVER_CONFIRMED = (PaymentState.CONFIRMED, PaymentState.REVERSED)
# Who is told of what, when one member works alone and one contact of each project has an address.
TOLD = {
    ("work_delivered", "contact"): "milestone.submitted",
    ("work_approved", "member"): "milestone.approved by a person",
    ("payment_reported", "member"): "payment.reported",
    ("payment_confirmed", "contact"): "payment.confirmed",
    ("payment_rejected", "contact"): "payment.rejected",
    ("payment_reversed", "contact"): "payment.reversed",
}


def hold(session: Session) -> None:
    """Raises with everything that does not hold, in one snapshot of the database."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    broken = [finding for check in CHECKS for finding in check(session)]
    session.rollback()
    broken += [finding.reason for finding in verification.verify(session, files=True).findings]
    assert broken == [], broken


def explained(session: Session) -> None:
    """The reconciler, an hour later, when nothing is young any more, finds nothing that it cannot explain (D12)."""
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        report = reconciliation.run(session)
    assert report.unexplained == 0, report


def sound_file(session: Session) -> Iterator[str]:
    """SQLite's own opinion of its file."""
    if session.get_bind().dialect.name != "sqlite":
        return
    yield from (line for line in session.scalars(text("PRAGMA integrity_check")) if line != "ok")
    yield from (f"foreign key: {row}" for row in session.execute(text("PRAGMA foreign_key_check")))


def ledger_entries(session: Session) -> Iterator[str]:
    """L1, L3, L6: whole amounts of the milestone's currency, one entry for each decision about a payment."""
    payments = {payment.id: payment for payment in session.scalars(select(Payment))}
    currencies = dict(session.execute(select(Milestone.id, Milestone.currency)).all())
    seen: Counter[tuple[EntryKind, object]] = Counter()
    for entry in session.scalars(select(LedgerEntry)):
        seen[entry.kind, entry.payment_id] += 1
        if entry.amount_minor <= 0 or entry.currency != currencies[entry.milestone_id]:
            yield f"ledger entry {entry.id}: {entry.amount_minor} {entry.currency}"
        if entry.payment_id and payments[entry.payment_id].confirmed_minor != entry.amount_minor:
            yield f"ledger entry {entry.id} is not what was confirmed"
    for payment in payments.values():
        wanted = (int(payment.state in EVER_CONFIRMED), int(payment.state is PaymentState.REVERSED))
        if (seen[EntryKind.PAYMENT, payment.id], seen[EntryKind.CHARGEBACK, payment.id]) != wanted:
            yield f"payment {payment.id} is {payment.state} and has other ledger entries"


def balances(session: Session) -> Iterator[str]:
    """L4, L5, S4: nothing below zero, surplus named as credit, settled only where the ledger says so."""
    signed = select(CreditEntry.milestone_id, CreditEntry.kind, CreditEntry.amount_minor)
    credits: Counter[object] = Counter()
    for row in session.execute(signed):
        credits[row.milestone_id] += row.amount_minor if row.kind == "granted" else -row.amount_minor
    reversed_ones = set(session.scalars(select(Payment.milestone_id).where(Payment.state == PaymentState.REVERSED)))
    for milestone in session.scalars(select(Milestone)):
        facts = ledger.facts(session, milestone.id)
        if facts.net_minor < 0 or gate.surplus(facts) != credits[milestone.id]:
            yield f"milestone {milestone.id}: net {facts.net_minor}, credit {credits[milestone.id]}"
        settled = milestone.state is MilestoneState.SETTLED
        if settled and gate.balance(facts) > 0 and milestone.id not in reversed_ones:
            yield f"milestone {milestone.id} is settled, but not paid"


def papers(session: Session) -> Iterator[str]:
    """R1, R2, R3: numbers without gaps in the order of their making, one receipt for each confirmed payment."""
    confirmed = set(session.scalars(select(Payment.id).where(Payment.state.in_(EVER_CONFIRMED))))
    receipts = list(session.scalars(select(Receipt).order_by(Receipt.vendor_id, Receipt.series, Receipt.number)))
    if Counter(receipt.payment_id for receipt in receipts) != Counter(confirmed):
        yield "receipts and confirmed payments do not belong together one by one"
    for series in session.scalars(select(Series)):
        mine = [each for each in receipts if (each.vendor_id, each.series) == (series.vendor_id, series.series)]
        if [each.number for each in mine] != list(range(1, series.value + 1)):
            yield f"numbers of {series.series}: {[each.number for each in mine]}, the counter says {series.value}"
        if [each.created_at for each in mine] != sorted(each.created_at for each in mine):
            yield f"numbers of {series.series} are not in the order of their making"
    drawn = Counter(session.scalars(select(ReceiptPdf.receipt_id)))
    yield from (f"receipt {receipt} was drawn {times} times" for receipt, times in drawn.items() if times > 1)


def notices(session: Session) -> Iterator[str]:
    """O1: exactly one notice for each fact and person."""
    rows = list(session.scalars(select(Notice)))
    once = Counter((row.project_id, row.kind, row.about, row.to_kind, row.to_id) for row in rows)
    again = {key for key, times in once.items() if times > 1 and key[1] != "milestone_opened"}
    yield from (f"told twice: {key}" for key in again)
    told = Counter((row.project_id, row.kind, row.to_kind) for row in rows)
    facts = _facts(session)
    for project_id in session.scalars(select(Project.id).where(Project.started_at.is_not(None))):
        for (kind, to_kind), fact in TOLD.items():
            if told[project_id, kind, to_kind] != facts[project_id, fact]:
                yield f"{kind}: {told[project_id, kind, to_kind]} notices of {facts[project_id, fact]} facts"


def answers(session: Session) -> Iterator[str]:
    """I4: each key stands for something that is there, and everything made with a key has exactly one."""
    made = Counter(session.scalars(select(Answer.result_id).where(Answer.act == "payments.report")))
    if made != Counter(session.scalars(select(Payment.id))):
        yield "reports and their keys do not belong together"
    made = Counter(session.scalars(select(Answer.result_id).where(Answer.act.like("payments.confirm:%"))))
    if made != Counter(session.scalars(select(Receipt.id))):
        yield "confirmations and their keys do not belong together"
    projects = set(session.scalars(select(Project.id)))
    created = list(session.scalars(select(Answer.result_id).where(Answer.act == "project.create")))
    if not projects.issuperset(created) or len(created) != len(set(created)):
        yield "a key of a project that is not there"


def _facts(session: Session) -> Counter[tuple[object, str]]:
    counted: Counter[tuple[object, str]] = Counter()
    kinds = select(Entry.project_id, Entry.kind, func.count()).group_by(Entry.project_id, Entry.kind)
    for project_id, kind, count in session.execute(kinds):
        counted[project_id, kind] = count
    by_button = select(Entry.project_id, func.count()).where(
        Entry.kind == "milestone.approved", Entry.body.like('%"means":"button"%')
    )
    for project_id, count in session.execute(by_button.group_by(Entry.project_id)):
        counted[project_id, "milestone.approved by a person"] = count
    return counted


CHECKS: tuple[Callable[[Session], Iterator[str]], ...] = (
    sound_file, ledger_entries, balances, papers, notices, answers,
)  # fmt: skip
