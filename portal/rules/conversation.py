"""What stands in a conversation: which facts are told there beside what people say, who is meant by “@Name”."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

LONGEST_MESSAGE = 10_000
MOST_FILES = 10
# What goes along with the form itself; larger files are uploaded first. A request of a form has a little more.
LARGEST_IN_FORM = 10 * 2**20
# Facts of the record that both sides should meet where they talk about it.
TOLD = frozenset(
    {
        "project.started",
        "milestone.opened",
        "milestone.submitted",
        "milestone.approved",
        "milestone.settled",
        "milestone.released",
        "payment.reported",
        "payment.confirmed",
        "payment.rejected",
        "payment.reversed",
        "status.sent",
    }
)


def thread_id(project_id: UUID, milestone_id: UUID | None) -> UUID:
    """The id of a conversation is that of what it is about."""
    return milestone_id or project_id


def mentioned(body: str, names: Iterable[str]) -> frozenset[str]:
    """Those of `names` that stand in `body` behind an @ sign, whole or by a first name that only one of them has.

    Of two that begin alike, the longer one is meant.
    """
    calls = _calls(list(names))
    found: set[str] = set()
    for start in (place for place, sign in enumerate(body) if sign == "@"):
        fitting = [call for call in calls if _stands_at(body, start + 1, call)]
        if fitting:
            found.add(calls[max(fitting, key=len)])
    return frozenset(found)


def _calls(names: list[str]) -> dict[str, str]:
    """What people are called by, and who that is: first names as far as they are clear, and whole names in any case."""
    firsts = Counter(first.casefold() for first in {name: _first(name) for name in names}.values())
    clear = {_first(name): name for name in names if firsts[_first(name).casefold()] == 1}
    return clear | {name: name for name in names}


def _first(name: str) -> str:
    return name.partition(" ")[0]


def _stands_at(body: str, start: int, name: str) -> bool:
    end = start + len(name)
    whole = not (body[end : end + 1].isalnum() and body[end : end + 1].isascii())
    return bool(name) and whole and body[start:end].casefold() == name.casefold()
