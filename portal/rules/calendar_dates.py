"""Which dates a milestone puts into a calendar: that of its delivery, and that of a payment which is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.rules import gate
from portal.rules.gate import Standing
from portal.rules.lifecycle import Flow, MilestoneState


class DateKind(StrEnum):
    """What a date is for. The word is part of the identifier that calendars know the date by: it never changes."""

    DELIVERY = "delivery"
    PAYMENT = "payment"


class Mark(StrEnum):
    """How far it is."""

    OPEN = "open"
    DELIVERED = "delivered"
    SETTLED = "settled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """One whole day in the project's own calendar. `balance_minor` is what is still to be paid, for a payment."""

    kind: DateKind
    day: date
    mark: Mark
    balance_minor: int = 0


def dates(facts: gate.Facts, due_on: date, flow: Flow, *, sees_money: bool) -> Iterator[CalendarDate]:
    """The dates of one milestone of a started project. Payments are for those who may see money."""
    yield CalendarDate(DateKind.DELIVERY, due_on, _mark(facts, flow))
    if sees_money and gate.payable(facts, flow):
        yield CalendarDate(DateKind.PAYMENT, due_on, Mark.OPEN, gate.balance(facts))


def _mark(facts: gate.Facts, flow: Flow) -> Mark:
    if facts.state is MilestoneState.CANCELLED:
        return Mark.CANCELLED
    if gate.standing(facts, flow) is Standing.SETTLED:
        return Mark.SETTLED
    waits_for_work = (MilestoneState.DRAFT, MilestoneState.LOCKED, MilestoneState.ACTIVE)
    if facts.state in (*waits_for_work, MilestoneState.CHANGES_REQUESTED):
        return Mark.OPEN
    return Mark.DELIVERED
