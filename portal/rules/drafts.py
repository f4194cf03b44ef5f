"""A project as it is being typed, and what a person does to its rows before it is sent. Nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date

from portal.rules import schedule
from portal.rules.errors import Invalid
from portal.rules.wording import N_

TOO_MANY = N_("A project has at most %(most)s milestones. Put the rest into a follow-on project.")


@dataclass(frozen=True, slots=True)
class Row:
    """One milestone as typed."""

    title: str = ""
    description: str = ""
    criteria: str = ""
    due_on: str = ""
    share: str = ""
    amount: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into it yet."""
        return not any(text.strip() for text in astuple(self))


@dataclass(frozen=True, slots=True)
class Draft:
    """A project as typed; `zero_ok` says that milestones that come out at nothing are meant."""

    title: str = ""
    client_name: str = ""
    contact_name: str = ""
    contact_email: str = ""
    currency: str = ""
    price: str = ""
    time_zone: str = ""
    locale: str = ""
    kind: str = ""
    flow: str = ""
    zero_ok: bool = False
    rows: tuple[Row, ...] = ()


def check_count(count: int) -> None:
    """Raises Invalid beside `milestones` when a project cannot have so many."""
    if count == 0:
        raise Invalid(N_("Add at least one milestone."), field="milestones")
    if count > schedule.MAX_MILESTONES:
        raise Invalid(TOO_MANY, field="milestones", code="too_many_rows", most=schedule.MAX_MILESTONES)


def add(rows: Sequence[Row], *new: Row) -> tuple[Row, ...]:
    """The rows with further ones behind them. Raises Invalid when they would be too many."""
    check_count(len(rows) + len(new))
    return (*rows, *new)


def remove(rows: Sequence[Row], index: int) -> tuple[Row, ...]:
    """The rows without one; the last that is left is emptied, not removed. An index that is not there is left alone."""
    kept = tuple(row for at, row in enumerate(rows) if at != index)
    return kept or (Row(),)


def move(rows: Sequence[Row], index: int, by: int) -> tuple[Row, ...]:
    """The rows with one moved `by` places (negative: up), as far as that goes."""
    if not 0 <= index < len(rows):
        return tuple(rows)
    moved = list(rows)
    moved.insert(max(0, index + by), moved.pop(index))
    return tuple(moved)


def start_from(rows: Sequence[Row], starter: Sequence[Row]) -> tuple[Row, ...]:
    """A starter in place of the rows nobody typed into, behind the others. Raises Invalid when that is too many."""
    return add(tuple(row for row in rows if not row.is_blank), *starter)


def lay_dates(rows: Sequence[Row], dates: Sequence[date], titles: Sequence[str]) -> tuple[Row, ...]:
    """The rows with these due dates, in order, and new rows where there are more dates than rows.

    A title is given only where there is none. Rows beyond the dates keep theirs.
    """
    padded = [*rows, *(Row() for _ in range(len(dates) - len(rows)))]
    check_count(len(padded))
    dated = (
        replace(row, due_on=due_on.isoformat(), title=row.title if row.title.strip() else title)
        for row, due_on, title in zip(padded, dates, titles, strict=False)
    )
    return (*dated, *padded[len(dates) :])
