"""Which dates a milestone puts into a calendar, in each state, for whom."""

from __future__ import annotations

from datetime import date

import pytest

from portal.rules.calendar_dates import DateKind, Mark, dates
from portal.rules.gate import Facts
from portal.rules.lifecycle import Flow, MilestoneState

S = MilestoneState
DAY = date(2026, 12, 1)
PAY, APPROVE = Flow.PAY_TO_UNLOCK, Flow.APPROVE_THEN_INVOICE


def facts(state: MilestoneState, net: int = 0) -> Facts:
    delivered = state in (S.SUBMITTED, S.APPROVED, S.SETTLED, S.CHANGES_REQUESTED)
    return Facts(state=state, due_minor=1000, net_minor=net, submitted=delivered, released=False)


@pytest.mark.parametrize(
    ("state", "net", "flow", "mark", "asked"),
    [
        (S.LOCKED, 0, PAY, Mark.OPEN, None),
        (S.ACTIVE, 0, PAY, Mark.OPEN, None),
        (S.SUBMITTED, 0, PAY, Mark.DELIVERED, 1000),
        (S.SUBMITTED, 400, PAY, Mark.DELIVERED, 600),
        (S.SUBMITTED, 0, APPROVE, Mark.DELIVERED, None),
        (S.APPROVED, 0, APPROVE, Mark.DELIVERED, 1000),
        (S.CHANGES_REQUESTED, 0, PAY, Mark.OPEN, None),
        (S.SETTLED, 1000, PAY, Mark.SETTLED, None),
        (S.SETTLED, 0, PAY, Mark.DELIVERED, 1000),
        (S.CANCELLED, 0, PAY, Mark.CANCELLED, None),
    ],
)
def test_a_delivery_is_marked_and_a_payment_stands_there_while_it_is_asked_for(
    state: MilestoneState, net: int, flow: Flow, mark: Mark, asked: int | None
) -> None:
    delivery, *payments = dates(facts(state, net), DAY, flow, sees_money=True)
    assert (delivery.kind, delivery.day, delivery.mark, delivery.balance_minor) == (DateKind.DELIVERY, DAY, mark, 0)
    assert [(each.kind, each.day, each.balance_minor) for each in payments] == (
        [] if asked is None else [(DateKind.PAYMENT, DAY, asked)]
    )


@pytest.mark.parametrize("state", list(MilestoneState))
def test_who_may_not_see_money_has_dates_of_delivery_only(state: MilestoneState) -> None:
    (only,) = dates(facts(state), DAY, PAY, sees_money=False)
    assert (only.kind, only.balance_minor) == (DateKind.DELIVERY, 0)
