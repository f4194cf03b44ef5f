"""What a status update says: from facts to sections of sentences, before anyone has edited them.

Everything about payments is in the section MONEY, because not every contact may read it. The sentences are msgids with
plain values, so that the same facts become the same update in every language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from portal.rules import desk
from portal.rules.gate import Standing
from portal.rules.wording import N_

LONG = timedelta(days=7)
LOOKING_AHEAD = 2


class Section(StrEnum):
    """The parts of an update, in their order."""

    DONE = "done"
    NEXT = "next"
    WAITING = "waiting"
    RISKS = "risks"
    MONEY = "money"

    @property
    def label(self) -> str:
        """Its heading, to be translated."""
        return _LABELS[self]


OPEN_SECTIONS = tuple(section for section in Section if section is not Section.MONEY)
"""What everyone with access may read."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in minor units."""

    minor: int
    currency: str


Word = str | int | date | Amount


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence: an English msgid, and the values of its placeholders."""

    message: str
    words: Mapping[str, Word] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happened:
    """An entry of the record since the last update: its kind, its day in the project's zone, what it was about."""

    kind: str
    day: date
    milestone: str = ""
    minor: int | None = None
    by_payment: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone: where it stands, since when, and whether its due date is over. Amounts in minor units."""

    position: int
    title: str
    due_on: date
    standing: Standing
    since: date | None = None
    is_over: bool = False
    balance_minor: int = 0
    reported_minor: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything an update is drafted from, as of `today` in the project's zone."""

    vendor: str
    client: str
    currency: str
    price_minor: int
    paid_minor: int
    today: date
    steps: tuple[Step, ...]
    happened: tuple[Happened, ...] = ()


Draft = dict[Section, tuple[Line, ...]]


def draft(facts: Facts) -> Draft:
    """The sections of the update. Only RISKS and MONEY say nothing when there is nothing to say."""
    return {
        Section.DONE: _done(facts) or (Line(N_("No milestone was opened, delivered or accepted in this time.")),),
        Section.NEXT: _next(facts),
        Section.WAITING: _each(facts, _waiting) or (Line(N_("No work is waiting for anybody.")),),
        Section.RISKS: _each(facts, _risks),
        Section.MONEY: _money(facts),
    }


def _done(facts: Facts) -> tuple[Line, ...]:
    told = (each for each in facts.happened if each.kind in _DONE and not each.by_payment)
    return tuple(Line(_DONE[each.kind], {"milestone": each.milestone, "day": each.day}) for each in told)


def _next(facts: Facts) -> tuple[Line, ...]:
    if all(step.standing in desk.DONE for step in facts.steps):
        return (Line(N_("All milestones are complete.")),)
    ahead = [step for step in facts.steps if step.standing in _TO_DELIVER][:LOOKING_AHEAD]
    if not ahead:
        return (Line(N_("Everything is delivered; no further milestone follows.")),)
    return tuple(Line(_AHEAD, {**_named(step, facts), "count": len(facts.steps)}) for step in ahead)


def _waiting(step: Step, facts: Facts) -> Sequence[Line]:
    message = _WAITING.get(step.standing)
    return [Line(message, _named(step, facts))] if message and step.since else []


def _risks(step: Step, facts: Facts) -> Sequence[Line]:
    lines = []
    if step.standing in _IN_WORK and step.is_over:
        lines.append(Line(N_("“%(milestone)s” was due on %(due)s and is late."), _named(step, facts)))
    if step.standing is Standing.TO_APPROVE and _is_long(step, facts):
        message = N_("“%(milestone)s” has been waiting for an answer for more than a week, since %(since)s.")
        lines.append(Line(message, _named(step, facts)))
    return lines


def _money(facts: Facts) -> tuple[Line, ...]:
    if facts.price_minor == 0:
        return ()
    paid, price = Amount(facts.paid_minor, facts.currency), Amount(facts.price_minor, facts.currency)
    moved = (_moved(each, facts.currency) for each in facts.happened if each.kind in _MOVED)
    rest = max(0, facts.price_minor - facts.paid_minor)
    left = [Line(N_("Still to come in all: %(amount)s."), {"amount": Amount(rest, facts.currency)})] if rest else []
    standing = Line(N_("Paid so far: %(paid)s of %(price)s."), {"paid": paid, "price": price})
    return (*moved, standing, *_each(facts, _owing), *left)


def _moved(each: Happened, currency: str) -> Line:
    words: dict[str, Word] = {"amount": Amount(each.minor or 0, currency), "milestone": each.milestone}
    return Line(_MOVED[each.kind], words | {"day": each.day})


def _owing(step: Step, facts: Facts) -> Sequence[Line]:
    if step.standing is Standing.REPORTED:
        message = N_("%(amount)s for “%(milestone)s” is reported as paid; %(vendor)s looks for it in its account.")
        return [Line(message, {**_named(step, facts), "amount": Amount(step.reported_minor, facts.currency)})]
    if step.standing not in _ASKED:
        return []
    words = {**_named(step, facts), "amount": Amount(step.balance_minor, facts.currency)}
    asked = N_("“%(milestone)s” waits for %(amount)s from %(client)s, since %(since)s.")
    lines = [Line(asked if step.since else N_("“%(milestone)s” waits for %(amount)s from %(client)s."), words)]
    if step.is_over:
        lines.append(Line(N_("%(amount)s for “%(milestone)s” was due on %(due)s and is overdue."), words))
    return lines


def _each(facts: Facts, tell: Callable[[Step, Facts], Sequence[Line]]) -> tuple[Line, ...]:
    return tuple(line for step in facts.steps for line in tell(step, facts))


def _named(step: Step, facts: Facts) -> dict[str, Word]:
    words: dict[str, Word] = {
        "milestone": step.title, "position": step.position, "due": step.due_on, "vendor": facts.vendor,
        "client": facts.client,
    }  # fmt: skip
    return words | ({"since": step.since} if step.since else {})


def _is_long(step: Step, facts: Facts) -> bool:
    return step.since is not None and facts.today - step.since > LONG


_IN_WORK = (Standing.WORKING, Standing.CHANGES_REQUESTED)
_TO_DELIVER = (*_IN_WORK, Standing.DRAFT, Standing.LOCKED)
_ASKED = (Standing.TO_PAY, Standing.PARTLY_PAID, Standing.REVERSED)
_AHEAD = N_("Milestone %(position)s of %(count)s, “%(milestone)s”, is due on %(due)s.")
_DONE = {
    "project.started": N_("The project started on %(day)s."),
    "milestone.opened": N_("“%(milestone)s” was opened on %(day)s."),
    "milestone.submitted": N_("“%(milestone)s” was delivered on %(day)s."),
    "milestone.approved": N_("“%(milestone)s” was approved on %(day)s."),
    "milestone.released": N_("The files of “%(milestone)s” were opened early on %(day)s."),
    "milestone.settled": N_("“%(milestone)s” is complete since %(day)s."),
}
_MOVED = {
    "payment.confirmed": N_("%(amount)s for “%(milestone)s” was confirmed on %(day)s."),
    "payment.reversed": N_("%(amount)s for “%(milestone)s” went back on %(day)s."),
}
_WAITING = {
    Standing.WORKING: N_("%(vendor)s has been working on “%(milestone)s” since %(since)s."),
    Standing.CHANGES_REQUESTED: N_("%(vendor)s has been working on changes to “%(milestone)s” since %(since)s."),
    Standing.TO_APPROVE: N_("%(client)s has been asked since %(since)s to look at “%(milestone)s” and approve it."),
}
_LABELS = {
    Section.DONE: N_("What is done"),
    Section.NEXT: N_("What comes next"),
    Section.WAITING: N_("Who is waited for"),
    Section.RISKS: N_("Risks"),
    Section.MONEY: N_("Money"),
}
KINDS = (*_DONE, *_MOVED)
"""The kinds of entries an update can tell of."""
