"""Editing the rows of a project that is not sent yet: nothing typed is ever lost."""

from __future__ import annotations

from datetime import date

import pytest

from portal.rules import drafts
from portal.rules.drafts import Row
from portal.rules.errors import Invalid

A, B, C = Row(title="A"), Row(title="B"), Row(title="C")


def test_rows_are_added_up_to_ten():
    assert drafts.add((A,), B) == (A, B)
    with pytest.raises(Invalid, match="at most 10") as caught:
        drafts.add((A,) * 10, B)
    assert caught.value.field == "milestones"


def test_the_last_row_is_emptied_and_not_removed():
    assert drafts.remove((A, B, C), 1) == (A, C)
    assert drafts.remove((A,), 0) == (Row(),)
    assert drafts.remove((A, B), 7) == (A, B)


@pytest.mark.parametrize(
    ("index", "by", "order"),
    [(1, -1, (B, A, C)), (1, 1, (A, C, B)), (0, -1, (A, B, C)), (2, 1, (A, B, C)), (9, -1, (A, B, C))],
)
def test_a_row_moves_by_one_place_and_stays_inside(index, by, order):
    assert drafts.move((A, B, C), index, by) == order


def test_a_starter_takes_the_place_of_blank_rows_only():
    assert drafts.start_from((Row(), Row(title=" ")), (A, B)) == (A, B)
    assert drafts.start_from((C, Row()), (A, B)) == (C, A, B)
    with pytest.raises(Invalid):
        drafts.start_from((C,) * 9, (A, B))


def test_dates_go_to_the_rows_in_order_and_further_rows_are_made():
    dates = [date(2027, 1, 31), date(2027, 2, 28)]
    made = drafts.lay_dates((Row(title="Kept", share="40"),), dates, ["January", "February"])
    assert made == (
        Row(title="Kept", share="40", due_on="2027-01-31"),
        Row(title="February", due_on="2027-02-28"),
    )


def test_rows_beyond_the_dates_keep_theirs():
    late = Row(title="C", due_on="2028-01-01")
    assert drafts.lay_dates((A, late), [date(2027, 1, 1)], ["x"])[1] == late


def test_a_project_has_between_one_and_ten_rows():
    drafts.check_count(1)
    drafts.check_count(10)
    for count in (0, 11):
        with pytest.raises(Invalid):
            drafts.check_count(count)
