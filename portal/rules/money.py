"""Money as integers in minor units with an ISO 4217 code. Nothing here touches a float (domain.md §3)."""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.core import get_global
from babel.numbers import (
    format_currency,
    format_percent,
    get_currency_name,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
    is_currency,
)

from portal.rules import digits
from portal.rules.errors import Invalid
from portal.rules.wording import N_

LARGEST_MINOR = 10**15
WHOLE = 1_000_000  # parts per million
SHARE_DECIMALS = 4  # a share is typed in per cent; its fourth decimal is one part per million

_CN_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_CN_GROUPS = ((10**8, "亿"), (10**4, "万"), (10**3, "仟"), (10**2, "佰"), (10, "拾"))
_EN_GROUPS = (
    (10**12, "trillion"),
    (10**9, "billion"),
    (10**6, "million"),
    (10**3, "thousand"),
    (10**2, "hundred"),
)
_EN_SMALL = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_EN_TENS = ("_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

# Where the sign is a code, CLDR wants a space that Babel leaves out: "KWD33.334".
_LETTERS_BY_DIGITS = re.compile(r"(?<=[A-Za-z])(?=[0-9])")
_LOCAL_SIGNS = {"CNY": ("¥", "元"), "JPY": ("¥", "円")}


def exponent(currency: str) -> int:
    """Decimals of the currency by CLDR (JPY 0, EUR 2, KWD 3); `Invalid` for a code that is no currency."""
    if not is_currency(currency):
        raise Invalid(
            N_("“%(currency)s” is not a currency we know. Choose one from the list."),
            code="unknown_currency",
            field="currency",
            currency=currency,
        )
    return get_currency_precision(currency)


@cache
def currencies() -> list[str]:
    """Codes that are legal tender somewhere today, in alphabetical order."""
    territories = get_global("territory_currencies").values()
    return sorted({code for uses in territories for code, _, end, tender in uses if tender and end is None})


def parse_amount(text: str, currency: str, locale: str | Locale) -> int:
    """Minor units for what a person typed in their notation; `Invalid` (field "amount") says what to do."""
    decimals = exponent(currency)
    bare = _without_currency(digits.plain(text).strip(), currency, _locale(locale))
    minor = digits.parse(bare, decimals, locale=_locale(locale), field="amount")
    if minor > LARGEST_MINOR:
        raise Invalid(N_("This amount is too large. Enter a smaller one."), code="amount_too_large", field="amount")
    return minor


def format_amount(minor: int, currency: str, locale: str | Locale) -> str:
    """The amount as readers of `locale` write it, with its currency sign."""
    text = format_currency(_decimal(minor, exponent(currency)), currency, locale=_locale(locale))
    return _LETTERS_BY_DIGITS.sub("\u00a0", text)


def format_with_code(minor: int, currency: str, locale: str | Locale) -> str:
    """The amount behind its code, as papers write it: "CNY 2,500.00"."""
    return format_currency(_decimal(minor, exponent(currency)), currency, "¤¤\u00a0#,##0.00", locale=_locale(locale))


def amount_plain(minor: int, currency: str, locale: str | Locale | None = None) -> str:
    """The amount without sign or grouping, for a form field: "2500.00".

    With a locale the decimal sign is that locale's, so that `parse_amount` in the same locale reads it back.
    """
    decimals = exponent(currency)
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 10**decimals)
    if not decimals:
        return f"{sign}{whole}"
    point = get_decimal_symbol(_locale(locale)) if locale else "."
    return f"{sign}{whole}{point}{part:0{decimals}d}"


def allocate(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split the total by weight: floor each share, left-over units by largest fraction, ties to the earlier.

    The parts sum to the total. A negative total (a deduction) is split like the positive one, sign turned.
    """
    base = sum(weights)
    if base <= 0 or min(weights) < 0:
        raise Invalid(
            N_("At least one share must be above zero, and none below it."), code="no_weights", field="shares"
        )
    if total_minor < 0:
        return [-part for part in allocate(-total_minor, weights)]
    parts = [total_minor * weight // base for weight in weights]
    remainders = [total_minor * weight % base for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in by_remainder[: total_minor - sum(parts)]:
        parts[index] += 1
    return parts


def split(total_minor: int, shares: Sequence[int]) -> list[int]:
    """Amounts for shares in parts per million that must sum to the whole.

    Shares that are `equal_shares` are split by equal weights: a third of 30 000.00 is 10 000.00.
    """
    check_shares(shares)
    equal = list(shares) == equal_shares(len(shares))
    return allocate(total_minor, [1] * len(shares) if equal else shares)


def equal_shares(count: int) -> list[int]:
    """Parts per million for `count` equal parts, summing to the whole. Get amounts through `split`."""
    return allocate(WHOLE, [1] * count)


def parse_share(text: str, locale: str | Locale) -> int:
    """Parts per million for a typed percentage of at most four decimals, 0 to the whole."""
    bare = digits.plain(text).strip().removesuffix("%")
    share = digits.parse(bare, SHARE_DECIMALS, locale=_locale(locale), field="share")
    if share > WHOLE:
        raise Invalid(N_("A share cannot be more than the whole."), code="share_too_large", field="share")
    return share


def format_share(ppm: int, locale: str | Locale) -> str:
    """A share as a percentage, with only the decimals it needs."""
    return format_percent(Decimal(ppm) / WHOLE, locale=_locale(locale), decimal_quantization=False)


def check_shares(shares: Sequence[int]) -> None:
    """Refuse shares (parts per million) that do not sum to the whole, saying by how much they are off."""
    if any(share < 0 for share in shares):
        raise Invalid(N_("A share cannot be below zero."), code="share_negative", field="shares")
    off = sum(shares) - WHOLE
    if off > 0:
        message = N_("The shares add up to %(off)s %% too much. Lower one of them.")
        raise Invalid(message, code="shares_over", field="shares", off=_percent(off))
    if off < 0:
        message = N_("The shares are %(off)s %% short of the whole. Raise one of them.")
        raise Invalid(message, code="shares_under", field="shares", off=_percent(-off))


def in_words_cny(minor: int) -> str:
    """The amount in Chinese financial numerals (大写), as papers in CNY show it: 人民币壹元零伍分.

    Zeros follow the People's Bank rules: one 零 for a run of zeros inside the number, also after 元 when the
    digit before it is zero; 整 closes every amount that does not end in 分.
    """
    yuan, cents = divmod(abs(minor), 10 ** exponent("CNY"))
    jiao, fen = divmod(cents, 10)
    whole = f"{_financial(yuan)}元" if yuan or not cents else ""
    gap = "零" if yuan and cents and (not jiao or not yuan % 10) else ""
    tenths = f"{_CN_DIGITS[jiao]}角" if jiao else ""
    end = f"{_CN_DIGITS[fen]}分" if fen else "整"
    return f"人民币{'负' if minor < 0 else ''}{whole}{gap}{tenths}{end}"


def in_words_en(minor: int, currency: str) -> str:
    """The amount as on an English cheque, its minor units as a fraction: "Ten dinars and 005/1000"."""
    decimals = exponent(currency)
    whole, part = divmod(abs(minor), 10**decimals)
    name = get_currency_name(currency, count=whole, locale="en")
    words = f"{'minus ' if minor < 0 else ''}{_english(whole)} {name}"
    fraction = f" and {part:0{decimals}d}/{10**decimals}" if decimals else ""
    return words[0].upper() + words[1:] + fraction


def _financial(number: int) -> str:
    for size, unit in _CN_GROUPS:
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return _financial(high) + unit + gap + (_financial(low) if low else "")
    return _CN_DIGITS[number]


def _english(number: int) -> str:
    for size, unit in _EN_GROUPS:
        if number >= size:
            high, low = divmod(number, size)
            return f"{_english(high)} {unit}" + (f" {_english(low)}" if low else "")
    if number < len(_EN_SMALL):
        return _EN_SMALL[number]
    ten, one = divmod(number, 10)
    return _EN_TENS[ten] + (f"-{_EN_SMALL[one]}" if one else "")


def _percent(ppm: int) -> str:
    return f"{_decimal(ppm, SHARE_DECIMALS).normalize():f}"


def _decimal(units: int, decimals: int) -> Decimal:
    # Built from digits: arithmetic on Decimals would round to the context's precision.
    sign = 1 if units < 0 else 0
    return Decimal((sign, tuple(int(digit) for digit in str(abs(units))), -decimals))


def _locale(locale: str | Locale) -> Locale:
    return locale if isinstance(locale, Locale) else Locale.parse(locale.replace("-", "_"))


def _without_currency(text: str, currency: str, locale: Locale) -> str:
    local = digits.plain(get_currency_symbol(currency, locale=locale))
    for sign in sorted({currency, local, *_LOCAL_SIGNS.get(currency, ())}, key=len, reverse=True):
        if text.upper().startswith(sign.upper()):
            return text[len(sign) :]
        if text.upper().endswith(sign.upper()):
            return text[: -len(sign)]
    return text
