"""What a project asks of the vendor, and from when: derived from its milestones, kept only to sort lists by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from portal.rules import gate
from portal.rules.gate import Standing
from portal.rules.lifecycle import Flow
from portal.rules.wording import N_

# Earlier than any date of a project, so that what cannot wait comes before what has a date.
AT_ONCE = date(1970, 1, 1)
SOON = timedelta(days=3)

_AT_ONCE = (Standing.REPORTED, Standing.CHANGES_REQUESTED, Standing.REVERSED)
_OWED = (Standing.TO_PAY, Standing.PARTLY_PAID)
# Where a milestone stands when nobody has anything left to do for it.
DONE = (Standing.SETTLED, Standing.CANCELLED)


class Phase(StrEnum):
    """In which drawer of the vendor's desk a project lies."""

    DRAFT = "draft"
    ACTIVE = "active"
    FINISHED = "finished"

    @property
    def label(self) -> str:
        """The word people read, to be translated."""
        return _LABELS[self]


class Drawer(StrEnum):
    """What the vendor's list of projects can be narrowed to."""

    ALL = "all"
    ACTIVE = "active"
    LATE = "late"
    DRAFT = "draft"
    FINISHED = "finished"

    @property
    def label(self) -> str:
        """The word people read, to be translated."""
        return _DRAWERS[self]


class Stands(Protocol):
    """Anything that knows where a milestone stands."""

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """What the desk needs to know of one milestone: where it stands, and its date in the project's zone."""

    standing: Standing
    due_on: date


def step(facts: gate.Facts, due_on: date, flow: Flow) -> Step:
    """The milestone behind one snapshot of facts."""
    return Step(gate.standing(facts, flow), due_on)


def phase(steps: Sequence[Step], *, started: bool) -> Phase:
    """Draft until it starts, finished while every milestone is settled or cancelled and no money went back."""
    if not started:
        return Phase.DRAFT
    return Phase.FINISHED if all(each.standing in DONE for each in steps) else Phase.ACTIVE


def asks_on(steps: Sequence[Step], *, started: bool) -> date | None:
    """From which date on the vendor has something to do: `AT_ONCE`, a date in the project's zone, or None for never.

    A draft waits for nobody but the vendor, so it never presses.
    """
    if not started:
        return None
    return min((day for each in steps if (day := _asks(each)) is not None), default=None)


def current(steps: Sequence[Stands]) -> int:
    """The index of the milestone the whole project's sentence is about: the first that is not done, else the last."""
    undone = (number for number, each in enumerate(steps) if each.standing not in DONE)
    kept = [number for number, each in enumerate(steps) if each.standing is not Standing.CANCELLED]
    return next(undone, kept[-1] if kept else len(steps) - 1)


def _asks(each: Step) -> date | None:
    if each.standing in _AT_ONCE:
        return AT_ONCE
    if each.standing is Standing.WORKING:
        return each.due_on - SOON
    # What the client owes is the vendor's business from the day after it was due.
    return each.due_on + timedelta(days=1) if each.standing in _OWED else None


_LABELS = {Phase.DRAFT: N_("Drafts"), Phase.ACTIVE: N_("Active"), Phase.FINISHED: N_("Finished")}
_DRAWERS = {
    Drawer.ALL: N_("All"),
    Drawer.ACTIVE: N_("Active"),
    Drawer.LATE: N_("Late"),
    Drawer.DRAFT: N_("Drafts"),
    Drawer.FINISHED: N_("Finished"),
}
