"""The gate as a table of facts: each of its conditions alone decides."""

from dataclasses import replace

import pytest

from portal.rules import gate
from portal.rules.gate import Facts
from portal.rules.lifecycle import Flow, MilestoneState

PAID = Facts(MilestoneState.SETTLED, due_minor=150_000, net_minor=150_000, submitted=True, released=False)
LATER = Flow.APPROVE_THEN_INVOICE


def test_what_is_submitted_and_paid_for_is_unlocked():
    assert gate.unlocked(PAID)
    assert gate.unlocked(replace(PAID, net_minor=PAID.due_minor + 1))


@pytest.mark.parametrize(
    "missing",
    [
        {"net_minor": 149_999, "reported_minor": 1},
        {"net_minor": 0, "reported_minor": 150_000},
        {"net_minor": -150_000},
        {"submitted": False},
        {"submitted": False, "due_minor": 0, "net_minor": 0},
        {"state": MilestoneState.CANCELLED},
    ],
)
def test_each_missing_part_closes_the_gate(missing):
    assert not gate.unlocked(replace(PAID, **missing))
    assert gate.unlocked(replace(PAID, **missing, released=True))


@pytest.mark.parametrize(
    ("state", "flow", "due", "net", "settles"),
    [
        (MilestoneState.SUBMITTED, Flow.PAY_TO_UNLOCK, 100, 100, True),
        (MilestoneState.SUBMITTED, Flow.PAY_TO_UNLOCK, 100, 99, False),
        (MilestoneState.SUBMITTED, Flow.PAY_TO_UNLOCK, 0, 0, False),
        (MilestoneState.SUBMITTED, LATER, 100, 100, False),
        (MilestoneState.APPROVED, Flow.PAY_TO_UNLOCK, 0, 0, True),
        (MilestoneState.APPROVED, LATER, 100, 100, True),
        (MilestoneState.APPROVED, LATER, 100, 99, False),
        (MilestoneState.ACTIVE, Flow.PAY_TO_UNLOCK, 100, 100, False),
    ],
)
def test_what_settles_follows_the_flow(state, flow, due, net, settles):
    facts = Facts(state, due_minor=due, net_minor=net, submitted=True, released=False)
    assert gate.may_settle(facts, flow) is settles


def test_balance_and_surplus_are_never_both():
    assert [
        (gate.balance(f), gate.surplus(f)) for f in (replace(PAID, net_minor=n) for n in (0, 150_000, 150_040))
    ] == [
        (150_000, 0),
        (0, 0),
        (0, 40),
    ]
