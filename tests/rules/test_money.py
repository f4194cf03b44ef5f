import re
from pathlib import Path

import pytest

from portal.rules import digits, money
from portal.rules.errors import Invalid

FIVE = [150_000, 250_000, 300_000, 200_000, 100_000]
THIRDS = [333_400, 333_300, 333_300]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10_001, FIVE, [1500, 2500, 3001, 2000, 1000]),
        (99_999, FIVE, [15_000, 25_000, 29_999, 20_000, 10_000]),
        (547, THIRDS, [183, 182, 182]),
        (548, THIRDS, [183, 183, 182]),
        (3_000_000, [1] * 3, [1_000_000] * 3),
        (100_000, [1] * 3, [33_334, 33_333, 33_333]),
        (7, [1] * 10, [1] * 7 + [0] * 3),
        (-7, [1] * 10, [-1] * 7 + [0] * 3),
        (0, FIVE, [0] * 5),
        (10, [0, 1, 0], [0, 10, 0]),
    ],
)
def test_allocation_gives_the_parts_of_the_design(total, weights, parts):
    assert money.allocate(total, weights) == parts


@pytest.mark.parametrize("weights", [[], [0, 0], [5, -1]])
def test_allocation_refuses_weights_that_share_nothing(weights):
    with pytest.raises(Invalid):
        money.allocate(1000, weights)


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (3_000_000, [333_334, 333_333, 333_333], [1_000_000] * 3),
        (99_999, FIVE, [15_000, 25_000, 29_999, 20_000, 10_000]),
        (7, [100_000] * 10, [1] * 7 + [0] * 3),
    ],
)
def test_shares_become_amounts_and_equal_shares_become_equal_amounts(total, shares, parts):
    assert money.split(total, shares) == parts


@pytest.mark.parametrize("count", range(1, 11))
def test_equal_shares_are_the_whole(count):
    shares = money.equal_shares(count)
    money.check_shares(shares)
    assert len(shares) == count
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize(
    ("shares", "code", "sentence"),
    [
        ([500_000, 510_000], "shares_over", "The shares add up to 1 % too much. Lower one of them."),
        ([333_300] * 3, "shares_under", "The shares are 0.01 % short of the whole. Raise one of them."),
        ([999_999], "shares_under", "The shares are 0.0001 % short of the whole. Raise one of them."),
        ([1_100_000, -100_000], "share_negative", "A share cannot be below zero."),
        ([], "shares_under", f"The shares are {10 * 10} % short of the whole. Raise one of them."),
    ],
)
def test_shares_that_are_not_the_whole_are_told_how_far_off_they_are(shares, code, sentence):
    with pytest.raises(Invalid) as caught:
        money.check_shares(shares)
    assert (caught.value.code, str(caught.value)) == (code, sentence)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("EUR", 2), ("CNY", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("BHD", 3)],
)
def test_exponents_are_those_of_cldr(currency, decimals):
    assert money.exponent(currency) == decimals


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "ZZZ", "€"])
def test_an_unknown_currency_is_refused(currency):
    with pytest.raises(Invalid) as caught:
        money.exponent(currency)
    assert caught.value.field == "currency"


def test_the_list_of_currencies_holds_those_in_use_only():
    listed = money.currencies()
    assert {"EUR", "CNY", "USD", "GBP", "JPY", "KWD", "CHF"} <= set(listed)
    assert not {"DEM", "FRF", "ZZZ", "XAU"} & set(listed)
    assert listed == sorted(set(listed))


@pytest.mark.parametrize(
    ("text", "currency", "locale", "minor"),
    [
        ("2500", "EUR", "en", 250_000),
        ("2,500.00", "EUR", "en", 250_000),
        ("2500.5", "EUR", "en", 250_050),
        (".5", "EUR", "en", 50),
        ("0", "EUR", "en", 0),
        ("2.500,00", "EUR", "de", 250_000),
        ("2.500", "EUR", "de", 250_000),
        ("2 500,00 €", "EUR", "de", 250_000),
        ("2500,5", "EUR", "de", 250_050),
        ("EUR 2.500,00", "EUR", "de", 250_000),
        ("1\u202f234\u202f567,89", "EUR", "fr", 123_456_789),
        ("1\u00a0234,00", "EUR", "fr", 123_400),
        ("1’234.50", "CHF", "de_CH", 123_450),
        ("1'234.50", "CHF", "de-CH", 123_450),
        ("12,34,567.00", "INR", "en_IN", 123_456_700),
        ("¥2,500.00", "CNY", "zh_Hans_CN", 250_000),
        ("￥２，５００．００", "CNY", "zh_Hans_CN", 250_000),
        ("２５００元", "CNY", "zh_Hans", 250_000),
        ("2，500", "JPY", "zh_Hans", 2500),
        ("1.500", "KWD", "en", 1500),
        ("٢٥٠٠", "EUR", "ar", 250_000),
        ("  7  ", "JPY", "en", 7),
        ("10000000000000.00", "EUR", "en", 10**15),
    ],
)
def test_amounts_are_read_in_the_notation_of_the_reader(text, currency, locale, minor):
    assert money.parse_amount(text, currency, locale) == minor


@pytest.mark.parametrize(
    ("text", "currency", "locale", "code"),
    [
        ("", "EUR", "en", "number_missing"),
        ("   ", "EUR", "en", "number_missing"),
        ("EUR", "EUR", "en", "number_missing"),
        ("1.234", "EUR", "en", "too_many_decimals"),
        ("1,000", "EUR", "fr", "too_many_decimals"),
        ("1.0", "JPY", "en", "too_many_decimals"),
        ("1.0000", "KWD", "en", "too_many_decimals"),
        ("-5", "EUR", "en", "number_negative"),
        ("−5", "EUR", "en", "number_negative"),
        ("€-5", "EUR", "en", "number_negative"),
        ("5-", "EUR", "en", "number_negative"),
        ("(5)", "EUR", "en", "number_negative"),
        ("1e3", "EUR", "en", "number_unreadable"),
        ("NaN", "EUR", "en", "number_unreadable"),
        ("Infinity", "EUR", "en", "number_unreadable"),
        ("0x10", "EUR", "en", "number_unreadable"),
        ("1_000", "EUR", "en", "number_unreadable"),
        ("10²", "EUR", "en", "number_unreadable"),
        ("½", "EUR", "en", "number_unreadable"),
        ("①", "EUR", "en", "number_unreadable"),
        ("1,5", "EUR", "en", "number_unreadable"),
        ("1.5", "EUR", "de", "number_unreadable"),
        ("1,234,5", "EUR", "en", "number_unreadable"),
        ("1,23,45", "EUR", "en", "number_unreadable"),
        ("1,000 000", "EUR", "en", "number_unreadable"),
        ("1.000.000", "EUR", "en", "number_unreadable"),
        ("5.", "EUR", "en", "number_unreadable"),
        ("$5", "EUR", "en", "number_unreadable"),
        ("5 5", "EUR", "en", "number_unreadable"),
        ("10000000000000.01", "EUR", "en", "amount_too_large"),
        ("9" * 64, "EUR", "en", "amount_too_large"),
        ("9" * 5000, "EUR", "en", "number_unreadable"),
        ("1\n2", "EUR", "en", "number_unreadable"),
        ("1;DROP TABLE", "EUR", "en", "number_unreadable"),
    ],
)
def test_anything_else_is_refused_and_says_why(text, currency, locale, code):
    with pytest.raises(Invalid) as caught:
        money.parse_amount(text, currency, locale)
    assert (caught.value.code, caught.value.field) == (code, "amount")


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (250_000, "EUR", "en", "€2,500.00"),
        (250_000, "EUR", "de", "2.500,00\u00a0€"),
        (250_000, "CNY", "zh_Hans_CN", "¥2,500.00"),
        (2500, "JPY", "en", "¥2,500"),
        (33_334, "KWD", "en", "KWD\u00a033.334"),
        (-5, "EUR", "en", "-€0.05"),
        (9_007_199_254_740_993, "EUR", "en", "€90,071,992,547,409.93"),
    ],
)
def test_amounts_are_written_in_the_notation_of_the_reader(minor, currency, locale, text):
    assert money.format_amount(minor, currency, locale) == text


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (250_000, "EUR", None, "2500.00"),
        (250_005, "EUR", "de", "2500,05"),
        (2500, "JPY", "de", "2500"),
        (1, "KWD", None, "0.001"),
        (-250, "EUR", None, "-2.50"),
    ],
)
def test_form_fields_hold_the_bare_amount(minor, currency, locale, text):
    assert money.amount_plain(minor, currency, locale) == text


@pytest.mark.parametrize(
    ("text", "locale", "ppm"),
    [("15", "en", 150_000), ("33.34 %", "en", 333_400), ("33,3333", "de", 333_333),
     ("３０％", "zh_Hans", 300_000), ("0.0001", "en", 1), (str(10 * 10), "en", 1_000_000), ("0", "en", 0)],
)  # fmt: skip
def test_shares_are_typed_in_per_cent(text, locale, ppm):
    assert money.parse_share(text, locale) == ppm


@pytest.mark.parametrize(
    ("text", "code"),
    [("33.33333", "too_many_decimals"), ("100.0001", "share_too_large"), ("-1", "number_negative"),
     ("", "number_missing"), ("%", "number_missing"), ("a third", "number_unreadable")],
)  # fmt: skip
def test_a_share_that_is_none_is_refused(text, code):
    with pytest.raises(Invalid) as caught:
        money.parse_share(text, "en")
    assert (caught.value.code, caught.value.field) == (code, "share")


def test_shares_are_written_with_the_decimals_they_need():
    assert money.format_share(150_000, "en") == "15%"
    assert money.format_share(333_333, "de") == "33,3333\u00a0%"


@pytest.mark.parametrize("module", [money, digits])
def test_no_literal_hundred_and_no_float_scale_money(module):
    source = Path(module.__file__).read_text()
    assert not re.search(r"(?<![\w.])100(?![\w.])", source)
    assert not re.search(r"\bfloat\(|\bround\(|[^/]/ 1", source)
