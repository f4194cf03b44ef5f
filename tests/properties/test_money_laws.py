"""The laws of domain.md §3, for any total, any shares and any reader."""

import contextlib
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.rules import money
from portal.rules.errors import Invalid

many = settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
totals = st.integers(0, money.LARGEST_MINOR)
weights = st.lists(st.integers(0, money.WHOLE), min_size=1, max_size=10).filter(any)
readers = st.sampled_from(["en", "de", "zh_Hans_CN"])
currencies = st.sampled_from(["EUR", "JPY", "KWD", "CNY"])


@many
@given(totals, weights)
def test_parts_sum_to_the_total(total, weights):
    assert sum(money.allocate(total, weights)) == total


@many
@given(totals, weights)
def test_each_part_is_within_one_unit_of_exact(total, weights):
    for part, weight in zip(money.allocate(total, weights), weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@many
@given(totals, weights, st.data())
def test_order_is_kept_so_the_earlier_of_equals_never_gets_less(total, weights, data):
    first = data.draw(st.integers(0, len(weights) - 1))
    second = data.draw(st.integers(first, len(weights) - 1))
    weights[second] = weights[first]
    if any(weights):
        parts = money.allocate(total, weights)
        assert 0 <= parts[first] - parts[second] <= 1


@many
@given(st.integers(1, money.LARGEST_MINOR), weights)
def test_allocating_by_the_parts_gives_the_parts_again(total, weights):
    parts = money.allocate(total, weights)
    assert money.allocate(total, parts) == parts


@many
@given(totals, weights)
def test_a_deduction_is_split_like_the_charge_it_takes_back(total, weights):
    assert money.allocate(-total, weights) == [-part for part in money.allocate(total, weights)]


@many
@given(totals, st.integers(1, 10))
def test_equal_shares_give_amounts_at_most_one_unit_apart(total, count):
    parts = money.split(total, money.equal_shares(count))
    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1


@many
@given(totals, currencies, readers)
def test_a_formatted_amount_is_read_back_exactly(minor, currency, locale):
    assert money.parse_amount(money.format_amount(minor, currency, locale), currency, locale) == minor


@many
@given(totals, currencies, readers)
def test_a_form_field_is_read_back_exactly(minor, currency, locale):
    assert money.parse_amount(money.amount_plain(minor, currency, locale), currency, locale) == minor


@many
@given(st.integers(0, money.WHOLE), readers)
def test_a_formatted_share_is_read_back_exactly(ppm, locale):
    assert money.parse_share(money.format_share(ppm, locale), locale) == ppm


@many
@given(st.text(max_size=40), currencies, readers)
def test_any_text_is_either_an_amount_or_refused_politely(text, currency, locale):
    with contextlib.suppress(Invalid):
        assert 0 <= money.parse_amount(text, currency, locale) <= money.LARGEST_MINOR
