"""F14: whatever is typed, in any notation and currency, the parts are the whole to the last unit. F15: and in time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.db import new_id
from portal.queries.shelf import Line
from portal.rules import money, pricing, terms
from portal.rules.desk import Phase
from portal.rules.gate import Standing
from tests import scale
from tests.rules.test_schedule import cases

# None, two and three decimals; cash of Switzerland is rounded to 5, prices are not.
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "CNY", "JPY", "KRW", "KWD", "BHD", "INR")
READERS = ("en", "zh_Hans")
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=10).filter(any)


def draft(currency: str, price: str, rows: list[terms.Row]) -> terms.Draft:
    return terms.Draft(
        title="Cherry", client_name="Cherry", contact_name="Cleo", contact_email="", currency=currency, price=price,
        time_zone="Europe/Berlin", locale="en", kind="", flow="pay_to_unlock", zero_ok=True, rows=tuple(rows),
    )  # fmt: skip


def agreed(currency: str, price: str, field: str, texts: list[str], reader: str) -> terms.Terms:
    rows = [terms.Row(**{"title": "Step", "due_on": "2031-01-01", field: text}) for text in texts]
    return terms.read(draft(currency, price, rows), reader_locale=reader, today=None)


def whole(read: terms.Terms, total: int, reader: str) -> list[int]:
    """The amounts, after it is sure that they and what is shown of them come to the total."""
    parts = [part.amount_minor for part in read.parts]
    assert sum(parts) == read.price_minor == total
    shown = [money.format_amount(part, read.currency, reader) for part in parts]
    assert sum(money.parse_amount(text, read.currency, reader) for text in shown) == total
    return parts


@pytest.mark.scaled
@pytest.mark.parametrize("currency", CURRENCIES)
def test_the_parts_are_the_whole_by_share_and_by_amount(currency: str) -> None:
    count = scale.cases(30, 500)

    @settings(max_examples=count, deadline=None, database=None)
    @given(st.integers(1, money.LARGEST_MINOR), WEIGHTS, st.sampled_from(READERS))
    def typed(total: int, weights: list[int], reader: str) -> None:
        shares = money.allocate(money.WHOLE, weights)
        price = money.format_amount(total, currency, reader)
        by_share = agreed(currency, price, "share", [pricing.share_plain(ppm, reader) for ppm in shares], reader)
        parts = whole(by_share, total, reader)
        amounts = [money.amount_plain(part, currency, reader) for part in parts]
        assert whole(agreed(currency, price, "amount", amounts, reader), total, reader) == parts
        # Equal parts are weights: a third is no 33.3334 per cent (domain.md §3).
        exact = [1] * len(shares) if shares == money.equal_shares(len(shares)) else shares
        for part, weight in zip(parts, exact, strict=True):
            assert abs(part * sum(exact) - total * weight) < sum(exact), "each within one unit of exact"

    typed()
    scale.figure("F14", f"prices in {currency} divided and added up", prices=count)


def line(due_on: date, zone: str, standing: Standing) -> Line:
    """A project of the vendor's list."""
    return Line(
        new_id(), "Cherry", "Cherry", Phase.ACTIVE, "EUR", 100, 0, zone, 0, 1, standing, "Step", due_on
    )  # fmt: skip


@pytest.mark.scaled
def test_work_is_late_and_money_overdue_from_local_midnight_on_and_not_a_second_before() -> None:
    counted = 0
    for zone, due_on, over in (case.values for case in cases()):
        assert isinstance(over, datetime)
        for seconds in (-1, 1):
            now, is_over = over + timedelta(seconds=seconds), seconds > 0
            for standing in (Standing.WORKING, Standing.CHANGES_REQUESTED):
                assert line(due_on, zone, standing).is_late(now) is is_over, (zone, due_on, seconds)
            for standing in (Standing.TO_PAY, Standing.PARTLY_PAID):
                assert line(due_on, zone, standing).is_overdue(now) is is_over, (zone, due_on, seconds)
            assert not line(due_on, zone, Standing.SETTLED).is_overdue(now)
            counted += 1
    assert counted == 192
    scale.figure("F15", "a second before and after local midnight", cases=counted)
