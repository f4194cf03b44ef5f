"""Account numbers as people copy them. What looks like an IBAN is checked by its check digits (ISO 13616)."""

from __future__ import annotations

import re

from portal.rules import digits
from portal.rules.errors import Invalid
from portal.rules.wording import N_

_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_GAPS = re.compile(r"[\s.-]+")
_GROUP = 4
_MODULUS, _REMAINDER = 97, 1


def printed(text: str) -> str:
    """The number as papers show it: an IBAN in capitals and groups of four, anything else as typed.

    Raises Invalid for an IBAN whose check digits do not fit. "IBAN" in front of it is left out.
    """
    bare = compact(text)
    if not _SHAPE.fullmatch(bare):
        return " ".join(text.split())
    if not _fits(bare):
        raise Invalid(
            N_("The check digits of this IBAN do not fit. Compare it with what your bank says."), code="iban_wrong"
        )
    return " ".join(bare[at : at + _GROUP] for at in range(0, len(bare), _GROUP))


def compact(text: str) -> str:
    """The number as programs take it: capitals and digits, no gaps."""
    return _GAPS.sub("", digits.plain(text)).upper().removeprefix("IBAN").lstrip(":")


def _fits(bare: str) -> bool:
    # Letters count as 10 to 35; the country and the check digits go behind the rest.
    number = "".join(str(int(char, 36)) for char in bare[4:] + bare[:4])
    return int(number) % _MODULUS == _REMAINDER
