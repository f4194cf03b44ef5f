"""Where a project lies on the vendor's desk, and from when on it asks for something."""

from __future__ import annotations

from datetime import date

import pytest

from portal.rules import desk, search
from portal.rules.desk import AT_ONCE, Phase, Step
from portal.rules.gate import Standing as S

DUE = date(2026, 12, 10)


def steps(*standings: S) -> list[Step]:
    return [Step(standing, DUE) for standing in standings]


@pytest.mark.parametrize(
    ("standings", "started", "phase"),
    [
        ([S.DRAFT, S.DRAFT], False, Phase.DRAFT),
        ([S.WORKING, S.LOCKED], True, Phase.ACTIVE),
        ([S.SETTLED, S.TO_PAY], True, Phase.ACTIVE),
        ([S.SETTLED, S.CANCELLED], True, Phase.FINISHED),
        ([S.SETTLED, S.REVERSED], True, Phase.ACTIVE),
    ],
)
def test_a_project_lies_where_its_milestones_put_it(standings, started, phase) -> None:
    assert desk.phase(steps(*standings), started=started) is phase


@pytest.mark.parametrize(
    ("standings", "day"),
    [
        ([S.REPORTED], AT_ONCE),
        ([S.CHANGES_REQUESTED], AT_ONCE),
        ([S.REVERSED, S.WORKING], AT_ONCE),
        ([S.WORKING, S.LOCKED], date(2026, 12, 7)),
        ([S.TO_PAY], date(2026, 12, 11)),
        ([S.PARTLY_PAID], date(2026, 12, 11)),
        ([S.TO_APPROVE], None),
        ([S.SETTLED, S.CANCELLED], None),
    ],
)
def test_it_asks_at_once_or_from_a_date_on_or_never(standings, day) -> None:
    assert desk.asks_on(steps(*standings), started=True) == day


def test_a_draft_never_presses() -> None:
    assert desk.asks_on(steps(S.DRAFT), started=False) is None


def test_the_sentence_is_about_the_first_milestone_that_is_not_done() -> None:
    assert desk.current(steps(S.SETTLED, S.CANCELLED, S.WORKING, S.LOCKED)) == 2
    assert desk.current(steps(S.REVERSED, S.WORKING)) == 0
    assert desk.current(steps(S.SETTLED, S.SETTLED, S.CANCELLED)) == 1
    assert desk.current(steps(S.CANCELLED, S.CANCELLED)) == 1


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("  Straße  \t ÜBER ", "strasse über"),
        ("ＡＢＣ", "abc"),
        ("春季画册", "春季画册"),
        ("nul\x00here", "nulhere"),
        ("İ", "i̇"),
        ("", ""),
    ],
)
def test_searching_knows_no_case_and_no_width(typed, folded) -> None:
    assert search.read_query(typed) == folded


def test_a_long_query_is_cut_and_folding_twice_changes_nothing() -> None:
    assert len(search.read_query("ab " * 1000)) <= search.LONGEST_QUERY
    for text in ("ﬁn", "ΰ", "Ǆ", "ﷺ", "x" * 300):
        assert search.fold(search.fold(text)) == search.fold(text)
