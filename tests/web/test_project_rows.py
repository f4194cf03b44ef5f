"""The row editor of the project form: the same acts with and without JavaScript, and not a word is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.forms import HEAD, HTMX, beside, by_amount, by_share, made, sums, typed
from tests.worlds import Browser, World


@pytest.fixture
def vera(world: World) -> Browser:
    return world.browser(world.owner)


def act(browser: Browser, action: str, form: dict[str, str], **headers: str) -> Any:
    return browser.post("/projects/rows", form | {"row_action": action}, **headers)


def test_rows_are_added_removed_and_moved_and_nothing_is_written(world: World, vera: Browser) -> None:
    form = by_share("40", "60", title="Kept <b>")
    added = typed(act(vera, "add", form).text)
    assert (added["title"], added["milestones-2-title"], added["milestones-1-share"]) == ("Kept &lt;b&gt;", "", "60")
    assert typed(act(vera, "up:1", form).text)["milestones-0-title"] == "Step 2"
    assert typed(act(vera, "down:0", form).text)["milestones-1-title"] == "Step 1"
    removed = typed(act(vera, "remove:0", form).text)
    assert removed["milestones-0-title"] == "Step 2"
    assert "milestones-1-title" not in removed
    assert made(world) == []


def test_acts_name_rows_by_the_numbers_the_browser_sent(vera: Browser) -> None:
    form = {"milestones-7-title": "First", "milestones-2-title": "Second", "milestones-5-title": "Third"}
    kept = typed(act(vera, "remove:2", form).text)
    assert (kept["milestones-0-title"], kept["milestones-1-title"]) == ("First", "Third")


@pytest.mark.parametrize(
    ("action", "focus"),
    [
        ("add", 'name="milestones-3-title"'), ("remove:2", 'name="milestones-1-title"'),
        ("remove:0", 'name="milestones-0-title"'), ("up:2", 'value="up:1"'), ("up:1", 'value="down:0"'),
        ("down:0", 'value="down:1"'), ("down:1", 'value="up:2"'), ("equal", 'value="equal"'),
    ],
)  # fmt: skip
def test_the_focus_stays_with_what_was_moved(vera: Browser, action, focus) -> None:
    page = act(vera, action, by_share("20", "30", "50"), **HTMX).text
    focused = re.findall(r"<(?:input|button)[^>]*autofocus[^>]*>", page)
    assert len(focused) == 1
    assert focus in focused[0]


def test_the_eleventh_row_is_refused_and_ten_stay(vera: Browser) -> None:
    form = by_amount(*["5"] * 10)
    answer = act(vera, "add", form)
    assert answer.status_code == 422
    assert beside(answer.text, "milestones").startswith("A project has at most 10 milestones.")
    assert typed(answer.text)["milestones-9-amount"] == "5"
    assert "Ten milestones are the most" in act(vera, "recompute", form).text


def test_a_plain_browser_gets_the_page_and_htmx_the_part_it_asked_for(vera: Browser) -> None:
    form = by_share("40", "60")
    assert "<!doctype html>" in act(vera, "add", form).text
    assert act(vera, "add", form, **HTMX).text.lstrip().startswith('<div id="milestones"')
    assert act(vera, "recompute", form, **HTMX).text.lstrip().startswith('<div id="parts"')


def test_the_parts_are_computed_while_typing_and_no_box_is_touched(vera: Browser) -> None:
    fragment = act(vera, "recompute", by_share("15", "25", "", price="999.99"), **HTMX).text
    assert sums(fragment) == ["= €150.00", "= €250.00", ""]
    assert "60 % of the price, €599.99, is not given to a milestone yet." in fragment
    assert "<input" not in fragment
    assert fragment.count('hx-swap-oob="true"') == 3


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (by_share("50", "60"), "The shares add up to 10 % too much."),
        (by_share("50", "50"), "Together €10,000.00, the whole price."),
        (by_share("50", price=""), "Enter the price to see what each share comes to."),
        (by_amount("5", "7.50"), "Together €12.50. That becomes the price."),
        (by_amount("5", price="7"), "€2.00 of the price is not given to a milestone yet."),
        (by_amount("9", price="7"), "€2.00 more than the price."),
        (by_amount("9", price="9"), "Together €9.00, the whole price."),
        (
            by_share("100", price="9.50", currency="JPY"),
            "The price cannot be read yet. Enter a whole number, without decimals.",
        ),
        (by_amount("9", currency="ZZZ"), "Choose a currency to see what the milestones come to."),
    ],
)
def test_one_sentence_says_how_far_the_parts_are(vera: Browser, form, sentence) -> None:
    assert sentence in act(vera, "recompute", form, **HTMX).text
    assert sentence in act(vera, "recompute", form).text


def test_what_cannot_be_read_is_said_beside_its_row_while_typing(vera: Browser) -> None:
    fragment = act(vera, "recompute", by_amount("1.234", "5"), **HTMX).text
    assert sums(fragment) == ["Use at most 2 decimals.", "= €5.00"]


def test_a_zero_milestone_brings_its_question_while_typing(vera: Browser) -> None:
    assert 'name="zero_ok"' in act(vera, "recompute", by_share(*["10"] * 10, price="0.07"), **HTMX).text
    assert 'name="zero_ok"' not in act(vera, "recompute", by_share(*["10"] * 10, price="0.70"), **HTMX).text


def test_a_starter_takes_blank_rows_and_stands_behind_written_ones(vera: Browser) -> None:
    blank = typed(act(vera, "starter:concept", HEAD | {"milestones-0-title": ""}).text)
    assert [blank[f"milestones-{n}-title"] for n in range(3)] == ["Concept", "Revisions", "Final"]
    written = typed(act(vera, "starter:concept", HEAD | {"milestones-0-title": "Mine"}).text)
    assert [written[f"milestones-{n}-title"] for n in range(4)] == ["Mine", "Concept", "Revisions", "Final"]


def test_a_monthly_series_counts_from_its_first_date_and_shares_equally(vera: Browser) -> None:
    form = HEAD | {"series_first": "2027-01-31", "series_count": "3", "milestones-0-title": ""}
    made_rows = typed(act(vera, "series:monthly", form).text)
    assert [made_rows[f"milestones-{n}-due_on"] for n in range(3)] == ["2027-01-31", "2027-02-28", "2027-03-31"]
    assert [made_rows[f"milestones-{n}-title"] for n in range(3)] == ["January 2027", "February 2027", "March 2027"]
    assert made_rows["milestones-0-share"] == "33.3334"


def test_a_biweekly_series_dates_the_rows_there_are(vera: Browser) -> None:
    form = by_share("40", "60") | {"series_first": "2027-01-04"}
    dated = typed(act(vera, "series:biweekly", form).text)
    assert [dated[f"milestones-{n}-due_on"] for n in range(2)] == ["2027-01-04", "2027-01-18"]
    assert (dated["milestones-1-title"], dated["milestones-1-share"]) == ("Step 2", "60")


@pytest.mark.parametrize(
    ("first", "count", "field"),
    [("", "3", "series_first"), ("2027-02-30", "3", "series_first"), ("2027-01-01", "11", "series_count"),
     ("2027-01-01", "many", "series_count")],
)  # fmt: skip
def test_a_series_that_cannot_be_is_refused_beside_its_box(vera: Browser, first, count, field) -> None:
    answer = act(vera, "series:monthly", by_share("100") | {"series_first": first, "series_count": count})
    assert answer.status_code == 422
    assert beside(answer.text, field)
    assert typed(answer.text)["series_count"] == count


def test_equal_amounts_need_a_price(vera: Browser) -> None:
    answer = act(vera, "equal", by_amount("", "") | {"pricing": "amount"})
    assert answer.status_code == 422
    assert beside(answer.text, "milestones") == "Enter the price first: it is what gets divided."
    split = typed(act(vera, "equal", by_amount("", "", price="0.07") | {"pricing": "amount"}).text)
    assert [split[f"milestones-{n}-amount"] for n in range(2)] == ["0.04", "0.03"]


def test_shares_turn_into_amounts_and_unfinished_ones_are_carried_along(vera: Browser) -> None:
    turned = typed(act(vera, "pricing:amount", by_share("40", "60") | {"pricing": "share"}).text)
    assert (turned["milestones-0-amount"], turned["pricing"]) == ("4000.00", "amount")
    assert "milestones-0-share" not in turned
    carried = typed(act(vera, "pricing:amount", by_share("40", "") | {"pricing": "share"}).text)
    assert (carried["milestones-0-share"], carried["milestones-0-amount"]) == ("40", "")


def test_amounts_turned_into_shares_bring_the_price_along(vera: Browser) -> None:
    fragment = act(vera, "pricing:share", by_amount("25", "75") | {"pricing": "amount"}, **HTMX).text
    assert (typed(fragment)["price"], typed(fragment)["milestones-1-share"]) == ("100.00", "75")


def test_another_currency_draws_the_rows_anew_and_keeps_the_focus(vera: Browser) -> None:
    fragment = act(vera, "redraw", by_amount("25", "75", currency="JPY"), **HTMX).text
    assert '<span class="box-edge">JPY</span>' in fragment
    assert re.findall(r"<select[^>]*autofocus[^>]*>", fragment)


def test_an_act_nobody_knows_changes_nothing(vera: Browser) -> None:
    for action in ("", "dance", "up:x", "remove:99", "starter:palace", "series:daily", "pricing:barter"):
        answer = act(vera, action, by_share("40", "60"))
        assert answer.status_code == 200
        assert typed(answer.text)["milestones-1-share"] == "60"
