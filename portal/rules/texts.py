"""Words people type into forms: cleaned of what no keyboard means to send, and bounded in length."""

from __future__ import annotations

import unicodedata

from portal.rules.errors import Invalid
from portal.rules.wording import N_

LONGEST_LINE = 200
LONGEST_BLOCK = 10_000
# What stands below a name on papers, of vendors and of clients alike.
LONGEST_ADDRESS = 2000
LONGEST_TAX_ID = 60
# They turn the reading direction of what follows on the page. (Marks that only hint, U+200E and U+200F, may stay.)
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def line(text: str, most: int = LONGEST_LINE) -> str:
    """One line: runs of blanks become one. May be empty. Raises Invalid when it is longer than `most` characters."""
    return _bounded(" ".join(_clean(text).split()), most)


def needed(text: str, missing: str, most: int = LONGEST_LINE) -> str:
    """One line that must not be empty; `missing` is the sentence that asks for it. Raises Invalid."""
    read = line(text, most)
    if not read:
        raise Invalid(missing)
    return read


def block(text: str, most: int = LONGEST_BLOCK) -> str:
    """Several lines, ends trimmed. Raises Invalid when they are longer than `most` characters."""
    return _bounded("\n".join(part.rstrip() for part in _clean(text).splitlines()).strip(), most)


def lines(text: str, most: int = LONGEST_BLOCK) -> str:
    """One thing a line: blanks around them and empty lines are dropped. Raises Invalid."""
    return _bounded("\n".join(part.strip() for part in _clean(text).splitlines() if part.strip()), most)


def _clean(text: str) -> str:
    kept = (char for char in text.replace("\t", " ") if char in "\r\n" or unicodedata.category(char) != "Cc")
    return "".join(char for char in kept if char not in _TURNING)


def _bounded(text: str, most: int) -> str:
    if len(text) > most:
        raise Invalid(N_("Shorten this to at most %(most)s characters."), code="too_long", most=most)
    return text
