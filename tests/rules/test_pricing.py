"""What the rows come to while they are typed, and the two ways of pricing turned into each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.rules import pricing
from portal.rules.drafts import Draft, Row
from portal.rules.errors import Invalid
from portal.rules.pricing import Pricing


def by_share(price: str, *shares: str, currency: str = "EUR") -> Draft:
    return Draft(currency=currency, price=price, rows=tuple(Row(share=share) for share in shares))


def by_amount(price: str, *amounts: str, currency: str = "EUR") -> Draft:
    return Draft(currency=currency, price=price, rows=tuple(Row(amount=amount) for amount in amounts))


def so_far(draft: Draft, way: Pricing = Pricing.SHARE) -> pricing.SoFar:
    return pricing.so_far(draft, pricing=way, reader_locale="en")


def shares(draft: Draft) -> list[str]:
    return [row.share for row in draft.rows]


def amounts(draft: Draft) -> list[str]:
    return [row.amount for row in draft.rows]


def test_half_filled_shares_show_what_they_come_to_and_what_is_left():
    shown = so_far(by_share("10000", "15", "25", ""))
    assert (shown.amounts, shown.total_minor, shown.off_ppm) == ((150_000, 250_000, None), 400_000, -600_000)
    assert shown.errors == ()


def test_the_last_share_moves_no_amount_shown_before():
    before = so_far(by_share("999.99", "15", "25", "30", "20", ""))
    after = so_far(by_share("999.99", "15", "25", "30", "20", "10"))
    assert before.amounts[:4] == after.amounts[:4] == (15_000, 25_000, 29_999, 20_000)


def test_shares_above_the_whole_still_show_what_each_comes_to():
    shown = so_far(by_share("100", "60", "60"))
    assert (shown.amounts, shown.off_ppm) == ((6000, 6000), 200_000)


def test_without_a_price_the_shares_are_summed_and_nothing_is_said_to_be_wrong():
    shown = so_far(by_share("", "50", "50"))
    assert (shown.amounts, shown.off_ppm, shown.errors) == ((None, None), 0, ())


def test_amounts_are_summed_as_far_as_they_can_be_read():
    shown = so_far(by_amount("", "1500", "12.345", ""), Pricing.AMOUNT)
    assert (shown.amounts, shown.total_minor, shown.off_ppm) == ((150_000, None, None), 150_000, None)
    assert [(error.field, str(error)) for error in shown.errors] == [("milestones-1-amount", "Use at most 2 decimals.")]


def test_an_unknown_currency_shows_nothing_but_that():
    shown = so_far(by_share("10", "100", currency="XXA"))
    assert (shown.currency, shown.amounts) == (None, (None,))
    assert [error.field for error in shown.errors] == ["currency"]


@pytest.mark.parametrize(
    ("draft", "way"),
    [
        (by_share("", "", ""), Pricing.SHARE),
        (by_share("", "50", ""), Pricing.SHARE),
        (by_amount("", "5", ""), Pricing.AMOUNT),
        (replace(Draft(), rows=(Row(share="5", amount="5"),)), Pricing.SHARE),
    ],
)
def test_the_way_of_pricing_is_told_by_what_was_typed(draft, way):
    assert pricing.chosen(draft) is way


def test_shares_turn_into_the_amounts_they_come_to_and_back():
    turned = pricing.turn(by_share("10000", "15", "25", "60"), Pricing.AMOUNT, reader_locale="en")
    assert (amounts(turned), shares(turned)) == (["1500.00", "2500.00", "6000.00"], ["", "", ""])
    back = pricing.turn(turned, Pricing.SHARE, reader_locale="en")
    assert (shares(back), amounts(back), back.price) == (["15", "25", "60"], ["", "", ""], "10000")


def test_amounts_turned_into_shares_bring_their_sum_as_the_price():
    turned = pricing.turn(by_amount("", "1", "2"), Pricing.SHARE, reader_locale="en")
    assert (shares(turned), turned.price) == (["33.3333", "66.6667"], "3.00")


@pytest.mark.parametrize(
    ("draft", "to"),
    [
        (by_share("10000", "15", "25"), Pricing.AMOUNT),
        (by_share("", "50", "50"), Pricing.AMOUNT),
        (by_amount("", "5", ""), Pricing.SHARE),
        (by_amount("7", "5", "5"), Pricing.SHARE),
        (by_amount("", "5", currency="?"), Pricing.SHARE),
    ],
)
def test_what_cannot_be_computed_is_kept_as_typed(draft, to):
    assert pricing.turn(draft, to, reader_locale="en") == draft


def test_equal_shares_are_the_whole_and_equal_amounts_the_price():
    three = by_share("30000", "1", "", "")
    assert shares(pricing.equal(three, Pricing.SHARE, reader_locale="en")) == ["33.3334", "33.3333", "33.3333"]
    yen = by_amount("100", "", "", "", currency="JPY")
    assert amounts(pricing.equal(yen, Pricing.AMOUNT, reader_locale="en")) == ["34", "33", "33"]
    with pytest.raises(Invalid, match="Enter the price first"):
        pricing.equal(by_amount("", "", ""), Pricing.AMOUNT, reader_locale="en")


@pytest.mark.parametrize(
    ("ppm", "text"), [(1_000_000, "100"), (125_000, "12.5"), (333_334, "33.3334"), (1, "0.0001"), (0, "0")]
)
def test_a_share_fills_its_field_with_only_the_decimals_it_needs(ppm, text):
    assert pricing.share_plain(ppm, "en") == text
