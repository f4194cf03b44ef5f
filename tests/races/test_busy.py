"""Sixteen write and sixteen read at the same time in one SQLite file, and nobody is told that it is busy (I4)."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from portal.access.actor import ContactActor
from portal.config import Config
from portal.services import verification
from tests import scale
from tests.races import together
from tests.races.busy import work
from tests.worlds import World

PROCESSES, EACH = 4, 4
SECONDS = scale.cases(2, full=120)
LEAST = scale.cases(0, full=10_000)
pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(scale.cases(300, full=1800)),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def places(world: World, count: int) -> list[tuple[UUID, ContactActor]]:
    """Delivered milestones of projects of their own, that take many payments, and who pays."""
    made = []
    for _ in range(count):
        project = world.project(amounts=("900000", "10"))
        payer = world.contact(project)
        made.append((world.deliver(world.milestone(project), note="Workshop held.").id, payer.actor))
    return made


def worked(settings: Config, world: World, seconds: float, *, guarded: bool) -> Counter[str]:
    given = [(seconds, world.owner, places(world, EACH), guarded) for _ in range(PROCESSES)]
    return sum(together.apart(settings, work, given), Counter())


def test_nobody_is_told_that_the_database_is_busy(settings: Config, world: World) -> None:
    counted = worked(settings, world, SECONDS, guarded=True)
    assert {what for what in counted if what.startswith("error")} == set()
    assert counted["written"] > 0
    assert counted["read"] > 0
    assert counted.total() >= LEAST
    world.session.rollback()
    assert verification.verify(world.session).findings == []
    number = PROCESSES * EACH
    scale.figure("I4", f"{number} writers and {number} readers, SQLite", seconds=SECONDS, **counted)


def test_control_without_begin_immediate_writers_are_told_that_it_is_locked(settings: Config, world: World) -> None:
    counted = worked(settings, world, 1, guarded=False)
    assert any("database is locked" in what for what in counted)
