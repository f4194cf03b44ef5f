"""Access codes: 75 random bits and a check symbol, in Crockford's base 32 (domain.md §9)."""

import hashlib
import hmac
import secrets
import unicodedata

from portal.rules.errors import Invalid
from portal.rules.wording import N_

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SYMBOLS = 15
LENGTH = RANDOM_SYMBOLS + 1
_GROUP = 4
_LONGEST_INPUT = 200
_SMALLEST_KEY = 16

_ALIKE = str.maketrans("OIL", "011")
# The long-vowel mark is what a Japanese or Chinese input method gives for the hyphen key.
_EXTRA_SEPARATORS = "\u2212\u30fc_"


class Mistyped(Invalid):
    """Not a code at all: a typing mistake, which never counts as a failed attempt."""

    default_code = "code_mistyped"


def generate() -> str:
    """A fresh code in canonical form: 16 symbols, no hyphens, the last one the check symbol."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SYMBOLS))
    return body + check_symbol(body)


def display(code: str) -> str:
    """The canonical code as people read it: XXXX-XXXX-XXXX-XXXX."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def normalise(text: str) -> str:
    """The canonical code for what a person typed or pasted; raises `Mistyped` when it cannot be a code."""
    if len(text) > _LONGEST_INPUT:
        raise _wrong_length()
    upper = unicodedata.normalize("NFKC", text).upper().translate(_ALIKE)
    code = "".join(char for char in upper if not _is_separator(char))
    unknown = next((char for char in code if char not in ALPHABET), None)
    if unknown:
        message = N_("“%(symbol)s” does not occur in access codes. Please check the code.")
        raise Mistyped(message, code="code_symbol", field="code", symbol=unknown)
    if len(code) != LENGTH:
        raise _wrong_length()
    if code[-1] != check_symbol(code[:-1]):
        message = N_("There is a typing mistake in this code. Please compare it with what you were sent.")
        raise Mistyped(message, code="code_check", field="code")
    return code


def digest(code: str, key: bytes) -> bytes:
    """HMAC-SHA256 of a canonical code: what the database keeps, useless without the key kept outside."""
    if len(key) < _SMALLEST_KEY:
        raise ValueError("the code key must have at least 16 bytes")
    return hmac.new(key, code.encode("ascii"), hashlib.sha256).digest()


def check_symbol(body: str) -> str:
    """Luhn's check, modulo 32: finds every wrong symbol and all neighbour swaps but that of 0 and Z."""
    size = len(ALPHABET)
    total = 0
    for distance, symbol in enumerate(reversed(body)):
        value = ALPHABET.index(symbol)
        doubled = value * 2 if distance % 2 == 0 else value
        total += doubled // size + doubled % size
    return ALPHABET[-total % size]


def _wrong_length() -> Mistyped:
    message = N_("An access code has %(length)s letters and digits. Please check that yours is complete.")
    return Mistyped(message, code="code_length", field="code", length=LENGTH)


def _is_separator(char: str) -> bool:
    category = unicodedata.category(char)
    return category in {"Pd", "Zs", "Zl", "Zp", "Cc", "Cf"} or char in _EXTRA_SEPARATORS
