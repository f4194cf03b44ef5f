"""Numbers of papers: one gapless series per vendor, kind and (where wanted) year (domain.md §5)."""

import re

_KIND = re.compile(r"[a-z]+(?:_[a-z]+)*")
_DIGITS = 4


def series(kind: str, year: int | None = None) -> str:
    """The key of a series, "receipt/2026" or "receipt". The caller takes the year in the vendor's zone."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"not a kind of paper: {kind!r}")
    if year is None:
        return kind
    if not 1 <= year <= 9999:
        raise ValueError(f"not a year: {year}")
    return f"{kind}/{year:04d}"


def label(key: str, number: int) -> str:
    """What is printed on the paper: "2026-0041", or "0041" in a series without years. Never wraps or cuts."""
    if number < 1:
        raise ValueError("numbers of papers start at 1")
    _, _, year = key.partition("/")
    return f"{year}-{number:0{_DIGITS}d}" if year else f"{number:0{_DIGITS}d}"
