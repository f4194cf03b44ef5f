"""What is stored leaves as an attachment, whatever it is, is called, or is asked for with."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest

from portal.models.deliverable import Deliverable
from portal.rules import filenames
from tests import scale
from tests.fuzz import asking
from tests.fuzz.asking import Asked
from tests.fuzz.contents import CONTENTS, ENDS
from tests.worlds import World

pytestmark = [pytest.mark.parametrize("database_url", ["sqlite"], indirect=True), pytest.mark.scaled]
ROOM = 5  # files of a milestone
TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*(; charset=utf-8)?")
SIZE = 1000
WHOLE = bytes(at % 251 for at in range(SIZE))
RANGES = (
    *(f"bytes={first}-{last}" for first, last in ((0, 0), (0, 999), (999, 999), (5, 5000), (999, 1000), (500, 499),
    (1000, 1001))),
    *(f"bytes={first}-" for first in (0, 1, 999, 1000, 10**30)),
    *(f"bytes=-{last}" for last in (0, 1, 999, 1000, 1001, 10**30)),
    "bytes=0-1,2-3", "bytes=0-,0-", "bytes=" + ",".join(["0-0"] * 1000), "bytes=0-500,400-900", "bytes=-1,-2",
    "bytes=-",
    "bytes=", "bytes", "=0-1", "items=0-1", "bytes=a-b", "bytes=0x0-0x1", "bytes=1.5-2", "bytes=+1-2", "bytes=--1",
    "bytes=1--1", "bytes= 1-2", "bytes=1 -2", "bytes=1-2;x", "bytes=\xb2-3", "BYTES=1-2", "bytes=0001-0002",
    "bytes=1-2\t", "bytes=" + "0" * 100 + "1-2", "bytes=0-" + "9" * 500,
)  # fmt: skip


def stored(world: World, files: Iterator[tuple[str, bytes]]) -> Iterator[tuple[bytes, Deliverable]]:
    """Each file kept, in as many projects as there must be for them."""
    while chunk := list(itertools.islice(files, ROOM)):
        milestone = world.milestone(world.project())
        for name, content in chunk:
            yield content, world.store(milestone, name, content)


def test_no_stored_type_is_ever_shown_or_run(world: World) -> None:
    known, types = asking.credentials(world.browser(world.owner)), set()
    files = ((f"a{ENDS[at % len(ENDS)]}", content) for at, content in enumerate(CONTENTS.values()))
    for content, file in stored(world, files):
        answer = asking.send(world.app, Asked("GET", f"/deliverables/{file.id}/file", headers=known))
        assert (answer.status_code, answer.data) == (200, content), file.media_type
        types.add(answer.headers["Content-Type"])
        sealed(answer, file)
    assert len(CONTENTS) >= 40
    scale.figure("E4", "stored files asked for", files=len(CONTENTS), types=len(types))


def sealed(answer, file: Deliverable) -> None:
    told = answer.headers
    assert told["Content-Disposition"] == filenames.content_disposition(file.name)
    assert told["Content-Disposition"].startswith("attachment;")
    assert told["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (told["X-Content-Type-Options"], told["Cross-Origin-Resource-Policy"]) == ("nosniff", "same-origin")
    assert TYPE.fullmatch(told["Content-Type"]), told["Content-Type"]
    assert "Set-Cookie" not in told


def test_the_type_of_a_file_is_told_by_its_bytes_and_never_by_its_name(world: World) -> None:
    chosen = list(CONTENTS.values())[:: scale.cases(14, 5)]
    kinds: dict[bytes, set[str]] = {}
    for content, file in stored(world, ((f"x{end}", content) for content in chosen for end in ENDS)):
        kinds.setdefault(content, set()).add(file.media_type)
    assert {content: kind for content, kind in kinds.items() if len(kind) > 1} == {}
    scale.figure("D7", "contents under every ending", files=len(chosen) * len(ENDS))


def expected(header: str) -> tuple[int, bytes]:
    """Worked out from the words of the standard, by other means than the portal's."""
    unit, _, asked = header.strip(" \t").partition("=")
    first, dash, last = asked.partition("-")
    numbers = [part for part in (first, last) if part]
    is_plain = len(header) <= 128 and unit.lower() == "bytes" and dash and numbers
    if not is_plain or not all(part.isascii() and part.isdigit() for part in numbers):
        return 200, WHOLE
    if not first:
        return (206, WHOLE[-int(last) :]) if int(last) else (416, b"")
    if last and int(last) < int(first):
        return 200, WHOLE
    return (206, WHOLE[int(first) : int(last) + 1 if last else None]) if int(first) < SIZE else (416, b"")


def test_any_range_gets_its_bytes_or_the_whole_or_a_416(world: World) -> None:
    file = world.store(world.milestone(world.project()), "a.bin", WHOLE)
    known = asking.credentials(world.browser(world.owner))
    for header in RANGES:
        asked = Asked("GET", f"/deliverables/{file.id}/file", headers=known | {"Range": header})
        answer = asking.send(world.app, asked)
        status, content = expected(header)
        assert (answer.status_code, answer.data if status != 416 else b"") == (status, content), header[:60]
        assert asking.broken(asked, answer) == []
    assert len(RANGES) >= 40
    scale.figure("E6", "Range headers", headers=len(RANGES))
