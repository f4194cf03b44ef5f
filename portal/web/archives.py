"""All files of a milestone in one ZIP, made while it leaves: stored, not packed, so that its length is known before."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Generator, Iterator, Sequence

from flask import Response, request
from zipstream import ZIP_STORED, ZipStream

from portal.rules import filenames
from portal.services.downloads import Leaving
from portal.web import files
from portal.web.files import SEALED, Body
from portal.web.metering import Meter
from portal.web.outflow import CHECK_BYTES, CHECK_SECONDS, stopped

# Small enough to be still in the processor’s cache when its checksum is taken and when it is sent.
READ_BYTES = 256 << 10


def send(name: str, content: Sequence[Body], leaving: Leaving, may_go_on: Callable[[], bool]) -> Response:
    """The archive as an attachment called `name`. No ranges: it is made anew each time."""
    archive = ZipStream(compress_type=ZIP_STORED, sized=True)
    for body, entry in zip(content, distinct([body.name for body in content]), strict=True):
        files.require_whole(body)
        archive.add(_read(body), entry, size=body.bytes)
    response = Response(status=200, direct_passthrough=True)
    response.headers.update(SEALED)
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Length"] = str(len(archive))
    response.headers["Content-Disposition"] = filenames.content_disposition(name)
    response.headers["Accept-Ranges"] = "none"
    if request.method != "HEAD":
        response.response = _Body(archive, files.guarded_meter(leaving, may_go_on), may_go_on)
    return response


def distinct(names: Sequence[str]) -> list[str]:
    """The names with a number where two would be one file on a disk that ignores case and composition."""
    taken: set[str] = set()
    return [_free(name, taken) for name in names]


class _Body:
    """The archive's bytes, counted, and asked about as they go."""

    def __init__(self, archive: ZipStream, meter: Meter, may_go_on: Callable[[], bool]) -> None:
        self._archive, self._may_go_on = archive, may_go_on
        self._meter: Meter | None = meter
        self._pieces = self._flow(meter)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Called by the server, however the request ended; closing twice does nothing."""
        self._pieces.close()
        self._end()

    def _end(self) -> None:
        meter, self._meter = self._meter, None
        if meter is not None:
            meter.leave()

    def _flow(self, meter: Meter) -> Generator[bytes, None, None]:
        try:
            yield from self._asking(meter)
        finally:
            self._end()

    def _asking(self, meter: Meter) -> Iterator[bytes]:
        checked, since = time.monotonic(), 0
        for piece in self._archive:
            yield piece
            meter.add(len(piece))
            since += len(piece)
            # By the clock as well: at a slow line's pace those bytes take minutes.
            if since >= CHECK_BYTES or time.monotonic() - checked > CHECK_SECONDS:
                checked, since = time.monotonic(), 0
                if not self._may_go_on():
                    raise stopped()


def _read(body: Body) -> Iterator[bytes]:
    with body.opens() as file:
        while piece := file.read(READ_BYTES):
            yield piece


def _free(name: str, taken: set[str]) -> str:
    stem, dot, extension = name.rpartition(".") if "." in name else (name, "", "")
    number, candidate = 1, name
    while (folded := unicodedata.normalize("NFC", candidate).casefold()) in taken:
        number += 1
        candidate = f"{stem} ({number}){dot}{extension}"
    taken.add(folded)
    return candidate
