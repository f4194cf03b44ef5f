"""Payment references people can copy: the RF creditor reference of ISO 11649, and accounts in groups of four."""

from __future__ import annotations

import re
from uuid import UUID

_LONGEST = 21
_PLAIN = re.compile(r"[0-9A-Z]{1,21}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}")
_IN_GROUPS = re.compile(r"[0-9]+|[A-Z]{2}[0-9]{2}[0-9A-Z]*", re.ASCII)


def of_milestone(project_id: UUID, position: int) -> str:
    """The reference of one milestone's payments, ungrouped: the same every time, different for each milestone.

    The last digits of a UUIDv7 are random; the first ones are a clock and would read alike.
    """
    return creditor_reference(f"{project_id.hex[-8:].upper()}{position:02d}")


def creditor_reference(body: str) -> str:
    """`RF`, two check digits (ISO 7064 mod 97-10) and `body`: 1 to 21 of 0-9 and A-Z. Raises ValueError."""
    if not _PLAIN.fullmatch(body):
        raise ValueError(f"a creditor reference has 1 to {_LONGEST} letters and digits")
    return f"RF{98 - _number(f'{body}RF00') % 97:02d}{body}"


def is_creditor_reference(text: str) -> bool:
    """Whether `text`, grouped or not, is an RF reference whose check digits are right."""
    bare = compact(text)
    return re.fullmatch(r"RF[0-9]{2}[0-9A-Z]{1,21}", bare) is not None and _number(bare[4:] + bare[:4]) % 97 == 1


def is_iban(text: str) -> bool:
    """Whether `text`, grouped or not, is an IBAN whose check digits are right."""
    bare = compact(text)
    return _IBAN.fullmatch(bare) is not None and _number(bare[4:] + bare[:4]) % 97 == 1


def compact(text: str) -> str:
    """Without blanks, in capitals: how banks take it."""
    return "".join(text.split()).upper()


def grouped(text: str) -> str:
    """In groups of four, as people read and compare it. What is no plain account or reference stays as it is."""
    bare = compact(text)
    if not _IN_GROUPS.fullmatch(bare):
        return text.strip()
    return " ".join(bare[start : start + 4] for start in range(0, len(bare), 4))


def _number(text: str) -> int:
    return int("".join(str(int(char, 36)) for char in text))
