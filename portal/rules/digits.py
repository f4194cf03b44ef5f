"""Typed numbers in one plain notation: what keyboards and input methods produce, brought to ASCII."""

import re
import unicodedata
from functools import cache

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol

from portal.rules.errors import Invalid
from portal.rules.wording import N_

MINUS = "-\u2212\u2010\u2013\ufe63"
LONGEST = 64  # characters of a number worth reading

_DROPPED = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u2066\u2067\u2068\u2069\ufeff"))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SAME = str.maketrans("\uffe5\u066b\u066c\u2019\u00a0\u202f\u2009\u3000\t", "\u00a5.,'     ")


def plain(text: str) -> str:
    """`text` with ASCII digits, half-width signs, plain spaces and no direction marks.

    Not NFKC: that would read 10² as 102 and ½ as 1⁄2.
    """
    text = text.translate(_DROPPED).translate(_FULL_WIDTH).translate(_SAME)
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


def parse(text: str, decimals: int, *, locale: Locale, field: str) -> int:
    """The number in units of its last allowed decimal: "12.5" with two decimals is 1250.

    `text` comes from `plain`; separators are those of `locale`. Anything else is refused.
    """
    point, group = plain(get_decimal_symbol(locale)), plain(get_group_symbol(locale))
    text = text.strip()
    if not text:
        raise Invalid(N_("Enter a number."), code="number_missing", field=field)
    if text[0] in MINUS or text[-1] in MINUS or text[0] == "(":
        raise Invalid(N_("Enter a number without a minus sign."), code="number_negative", field=field)
    match = _pattern(point, group).fullmatch(text) if len(text) <= LONGEST else None
    if not match:
        example = f"2500{point}50" if decimals else "2500"
        message = N_("We cannot read this number. Write it like %(example)s.")
        raise Invalid(message, code="number_unreadable", field=field, example=example)
    whole, part = re.sub(r"[^0-9]", "", match["whole"] or "0"), match["part"] or ""
    if len(part) > decimals:
        raise _too_many_decimals(decimals, field)
    return int(whole + part.ljust(decimals, "0"))


def _too_many_decimals(decimals: int, field: str) -> Invalid:
    if not decimals:
        return Invalid(N_("Enter a whole number, without decimals."), code="too_many_decimals", field=field)
    message = N_("Use at most %(decimals)s decimals.")
    return Invalid(message, code="too_many_decimals", field=field, decimals=decimals)


@cache
def _pattern(point: str, group: str) -> re.Pattern[str]:
    # Groups are checked, not just dropped: "1,5" typed by a German on an English page must not become 15.
    mark = f"[{re.escape(group)} ]"
    western = rf"[0-9]{{1,3}}(?P<mark>{mark})[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*"
    indian = rf"[0-9]{{1,2}}(?P<comma>{mark})(?:[0-9]{{2}}(?P=comma))*[0-9]{{3}}"
    return re.compile(rf"(?P<whole>[0-9]+|{western}|{indian})?(?:{re.escape(point)}(?P<part>[0-9]+))?")
