"""IBANs by their check digits; every other account number as it was typed."""

from __future__ import annotations

import pytest

from portal.rules import iban
from portal.rules.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("DE02120300000000202051", "DE02 1203 0000 0000 2020 51"),
        (" de02 1203 0000 0000 2020 51 ", "DE02 1203 0000 0000 2020 51"),
        ("IBAN: DE02-1203-0000-0000-2020-51", "DE02 1203 0000 0000 2020 51"),
        ("NO9386011117947", "NO93 8601 1117 947"),
        ("MT84MALT011000012345MTLCAST001S", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
        ("ＤＥ０２１２０３００００００００２０２０５１", "DE02 1203 0000 0000 2020 51"),
    ],
)
def test_an_iban_is_grouped_by_four(typed, shown):
    assert iban.printed(typed) == shown


@pytest.mark.parametrize("wrong", ["DE03120300000000202051", "DE02120300000000202015", "DE0212030000000020205"])
def test_an_iban_with_a_slip_is_refused(wrong):
    with pytest.raises(Invalid, match="check digits"):
        iban.printed(wrong)


@pytest.mark.parametrize("number", ["6222 0212 3456 7890", "12-34567-8", "", "Account 7", "支付宝 a@b.cn"])
def test_other_numbers_stay_as_typed(number):
    assert iban.printed(number) == number


def test_programs_get_it_without_gaps():
    assert iban.compact("DE02 1203 0000 0000 2020 51") == "DE02120300000000202051"
