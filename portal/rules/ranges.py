"""The Range header of a download: one range of bytes, or the whole file (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

from portal.rules.errors import DomainError
from portal.rules.wording import N_

_LONGEST_HEADER = 128
_SINGLE = re.compile(r"bytes=(?P<first>[0-9]*)-(?P<last>[0-9]*)", re.IGNORECASE)


class Unsatisfiable(DomainError):
    """The file has no such bytes (answered as 416, with `Content-Range: bytes */size`)."""

    default_code = "range_unsatisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(N_("The file has only %(size)s bytes."), size=size)
        self.size = size

    @property
    def content_range(self) -> str:
        """The Content-Range value that says how long the file is."""
        return f"bytes */{self.size}"


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes `first` to `last`, both included, of a file of `size` bytes."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes these are."""
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        """The Content-Range value of a 206 answer."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def parse(header: str | None, size: int) -> Range | None:
    """The range asked for; None means the whole file: no header, a malformed one, or several ranges.

    Several ranges are a cheap way to make a server work hard, and a server may always send the whole instead.
    Raises `Unsatisfiable` when the range starts behind the end.
    """
    match = _SINGLE.fullmatch(header.strip(" \t")) if header and len(header) <= _LONGEST_HEADER else None
    if match is None or not (match["first"] or match["last"]):
        return None
    if not match["first"]:
        return _suffix(int(match["last"]), size)
    first, last = int(match["first"]), int(match["last"] or size)
    if match["last"] and last < first:
        return None
    if first >= size:
        raise Unsatisfiable(size)
    return Range(first, min(last, size - 1), size)


def _suffix(length: int, size: int) -> Range | None:
    if length == 0:
        raise Unsatisfiable(size)
    if size == 0:
        return None
    return Range(max(size - length, 0), size - 1, size)
