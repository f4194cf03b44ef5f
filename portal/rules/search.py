"""Text as searching compares it."""

from __future__ import annotations

import unicodedata

LONGEST_QUERY = 100
# Folding can make a text longer; what an index can hold is enough to find it by.
LONGEST_FOLDED = 400


def fold(text: str) -> str:
    """Without case and without widths: “ＡＢＣ Straße” and “abc strasse” are the same, blanks run together."""
    # NFKC once more, because folding the case can take a character out of its normal form.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def read_query(text: str) -> str:
    """What a person typed into a search box, folded; control characters are left out, too long is cut."""
    printable = "".join(char for char in text if char.isprintable() or char.isspace())
    return fold(printable[:LONGEST_QUERY])
