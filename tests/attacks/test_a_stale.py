"""What binds is done with a code entered a moment ago: whose, and how long ago (A16)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from portal.adapters import clock
from portal.models.entry import Entry
from portal.models.milestone import Milestone
from portal.rules import codes
from portal.rules.lifecycle import Flow
from tests import scale
from tests.attacks.a_instances import kind_of
from tests.worlds import Browser, Entered, World

# As long as an entered code is good for what binds (domain.md §9).
FRESH, SECOND = timedelta(minutes=15), timedelta(seconds=1)


@dataclass
class Case:
    """Somebody in front of a delivered milestone, whose other project has a code too."""

    world: World
    browser: Browser
    step: Milestone
    own: Entered
    other: Entered

    def entries(self) -> int:
        """How long the record is: every act makes it longer."""
        self.world.session.rollback()
        return self.world.session.scalar(select(func.count()).select_from(Entry)) or 0


def approval(case: Case, code: str) -> Any:
    form = {"manifest": case.step.manifest_sha256, "typed_name": "Cleo Chen", "code": code}
    return case.browser.post(f"/milestones/{case.step.id}/approval", form)


def report(case: Case, code: str) -> Any:
    form = {"amount": "1500", "paid_on": str(clock.today("Europe/Berlin")), "method": "bank_transfer",
            "idempotency_key": uuid.uuid4().hex, "code": code}  # fmt: skip
    return case.browser.post(f"/milestones/{case.step.id}/payments", form)


# What binds the client today. Change requests and disputes will come with their issues.
ACTS: dict[str, tuple[Flow, Callable[[Case, str], Any]]] = {
    "approving": (Flow.APPROVE_THEN_INVOICE, approval),
    "reporting a payment": (Flow.PAY_TO_UNLOCK, report),
}
# How long ago the code was entered, what is typed, and whether the act is done.
SITUATIONS = {
    "fresh": (FRESH - SECOND, "nothing", True),
    "fresh to the second": (FRESH, "nothing", True),
    "fresh, with a code of nobody": (FRESH, "nobody's", True),
    "stale": (FRESH + SECOND, "nothing", False),
    "stale, with the code": (FRESH + SECOND, "own", True),
    "stale, with that of the other project": (FRESH + SECOND, "other", False),
}


@pytest.mark.scaled
@pytest.mark.parametrize("act", ACTS)
def test_an_act_that_binds_needs_the_code_of_its_own_project_from_a_moment_ago(world: World, act: str) -> None:
    flow, do = ACTS[act]
    done = {}
    for name, (ago, typed, _) in SITUATIONS.items():
        with time_machine.travel(clock.now(), tick=False) as travel:
            case = facing(world, flow)
            code = {"nothing": "", "own": case.own.code, "other": case.other.code,
                    "nobody's": codes.generate()}[typed]  # fmt: skip
            travel.shift(ago)
            before, answer = case.entries(), do(case, code)
            done[name] = case.entries() > before
            assert answer.status_code == (303 if done[name] else 422), name
            assert done[name] or 'name="code"' in answer.text, name
    scale.figure("A16", f"{act}, by how fresh the code is", cases=len(SITUATIONS), database=kind_of(world.session))
    assert done == {name: want for name, (_, _, want) in SITUATIONS.items()}


@pytest.mark.parametrize("act", ACTS)
def test_entering_another_project_makes_this_one_no_fresher(world: World, act: str) -> None:
    flow, do = ACTS[act]
    with time_machine.travel(clock.now(), tick=False) as travel:
        case = facing(world, flow)
        travel.shift(FRESH + SECOND)
        assert case.browser.post("/enter", {"code": case.other.code}).status_code == 303
        before = case.entries()
        assert (do(case, "").status_code, case.entries()) == (422, before)


def facing(world: World, flow: Flow) -> Case:
    project = world.project(flow=flow.value)
    own, other = world.contact(project), world.contact(world.project())
    step = world.deliver(world.milestone(project), note="Done.")
    return Case(world, world.entered(own.code, other.code), step, own, other)
