"""Serving stored bytes: always as an attachment, never executed, any range of them, counted, asked about as they go.

Ranges are parsed and sought here; the server is handed an open file at the right place. (`send_file` would read from
byte 0 up to the range under gunicorn, whose file wrapper cannot seek.)

With `accel = nginx` the bytes are handed to nginx: `location /_f/ { internal; alias …/files/; }`, with the headers of
`SEALED` added there, since nginx keeps only some of ours. Ranges and tags are then nginx's own, a download is logged as
handed over whole, and a revoked code counts from the next request on, not from the next piece.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

import structlog
from flask import Response, make_response, request
from werkzeug.http import http_date

from portal.adapters import outside
from portal.adapters.storage import Damaged, Missing
from portal.rules import filenames, ranges
from portal.rules.errors import Conflict, DomainError, Unavailable
from portal.rules.ranges import Range
from portal.rules.wording import N_
from portal.services.downloads import Leaving
from portal.web import metering
from portal.web.actor import current_actor
from portal.web.errors import sentence
from portal.web.installation import db, installation
from portal.web.metering import Meter
from portal.web.outflow import Outflow, socket_of

SEALED = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store, no-transform",
}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Body:
    """A stored file as an answer: its id in storage, name, type, size, SHA-256 (hex) and the instant it was stored.

    `is_damaged` when reading it again showed other bytes (services.rereading).
    """

    id: UUID
    name: str
    media_type: str
    bytes: int
    sha256: str
    stored_at: datetime
    opens: Callable[[], BinaryIO]
    is_inline: bool = False
    is_damaged: bool = False

    @property
    def etag(self) -> str:
        """Strong: the same bytes and no others."""
        return f'"{self.sha256}"'


def send(body: Body, leaving: Leaving, may_go_on: Callable[[], bool]) -> Response:
    """The whole file or the range asked for; 304, 412 and 416 where the request says so. HEAD gets the headers alone.

    Raises Unavailable when the bytes in storage are not those that were stored.
    """
    if installation().config.accel == "nginx":
        return _hand_over(body, leaving, may_go_on)
    if (answer := _precondition(body)) is not None:
        return answer
    try:
        wanted = _wanted(body)
    except ranges.Unsatisfiable as error:
        return _plain(sentence(error), 416, body, {"Content-Range": error.content_range})
    require_whole(body)
    if request.method == "HEAD":
        return _head(body, None)
    return _stream(body, wanted, leaving, may_go_on)


def send_small(body: Body, leaving: Leaving) -> Response:
    """Something small, read into memory: no ranges, and nothing for nginx to do."""
    require_whole(body)
    with body.opens() as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != body.sha256:
        raise _broken(body, "Changed")
    response = make_response(content)
    response.headers.update(_headers(body) | {"Content-Type": body.media_type, "Accept-Ranges": "none"})
    if request.method == "GET":
        meter = meter_for(leaving)
        meter.add(len(content))
        meter.leave()
    return response


def require_whole(body: Body) -> None:
    """Raises Unavailable, and logs it, when storage has no such file, one of another size, or one found damaged."""
    if body.is_damaged:
        raise _broken(body, "Damaged")
    try:
        body.opens().close()
    except (Missing, Damaged) as error:
        raise _broken(body, type(error).__name__) from error


def _broken(body: Body, finding: str) -> Unavailable:
    log.error("stored_file_broken", file=str(body.id), finding=finding)
    return Unavailable(
        N_("This file is damaged on the server and is not handed out. Tell whoever runs it."), code="broken_file"
    )


def meter_for(leaving: Leaving, *, is_piece: bool = False) -> Meter:
    """The log row of bytes about to leave in this request."""
    return metering.open_meter(db(), installation().sessions, current_actor(), leaving, is_piece=is_piece)


def guarded_meter(leaving: Leaving, may_go_on: Callable[[], bool], *, is_piece: bool = False) -> Meter:
    """As `meter_for`, behind the gate. Raises Conflict when it was shut while the log waited for the database."""
    meter = meter_for(leaving, is_piece=is_piece)
    if meter.is_new and not may_go_on():
        meter.leave()
        raise Conflict(N_("Someone else was faster. Open the milestone again to see where it stands."))
    return meter


def _stream(body: Body, wanted: Range | None, leaving: Leaving, may_go_on: Callable[[], bool]) -> Response:
    response = _head(body, wanted)
    part = (wanted.first, wanted.length) if wanted else (0, body.bytes)
    meter = guarded_meter(replace(leaving, first_byte=part[0]), may_go_on, is_piece=part[1] < body.bytes)
    response.response = Outflow(body.opens, part, may_go_on=may_go_on, meter=meter, sock=socket_of(request.environ))
    response.direct_passthrough = True
    return response


def _head(body: Body, wanted: Range | None) -> Response:
    response = Response(status=206 if wanted else 200)
    response.headers.update(_headers(body))
    response.headers["Content-Type"] = body.media_type
    response.headers["Content-Length"] = str(wanted.length if wanted else body.bytes)
    if wanted:
        response.headers["Content-Range"] = wanted.content_range
    return response


def _headers(body: Body) -> dict[str, str]:
    disposition = filenames.content_disposition(body.name)
    return SEALED | {
        "Accept-Ranges": "bytes",
        "ETag": body.etag,
        "Last-Modified": http_date(body.stored_at),
        "Content-Disposition": disposition.replace("attachment", "inline", 1) if body.is_inline else disposition,
    }


def _precondition(body: Body) -> Response | None:
    if request.if_match and not request.if_match.contains(body.sha256):
        return _plain(sentence(_changed()), 412, body)
    if request.if_none_match and request.if_none_match.contains_weak(body.sha256):
        answer = Response(status=304)
        answer.headers.update(_headers(body))
        return answer
    return None


def _changed() -> DomainError:
    return DomainError(N_("The file is another one by now."))


def _wanted(body: Body) -> Range | None:
    """The range, if this is a GET for one, and the file is still the one the reader has the beginning of."""
    header = request.headers.get("Range") if request.method == "GET" else None
    if header is None or not _is_the_same(body):
        return None
    return ranges.parse(header, body.bytes)


def _is_the_same(body: Body) -> bool:
    condition = request.headers.get("If-Range", "").strip()
    return condition in ("", body.etag, http_date(body.stored_at))


def _hand_over(body: Body, leaving: Leaving, may_go_on: Callable[[], bool]) -> Response:
    require_whole(body)
    if request.method == "GET":
        guarded_meter(leaving, may_go_on, is_piece="Range" in request.headers).hand_over(body.bytes)
    response = Response(status=200)
    response.headers.update(_headers(body))
    response.headers["Content-Type"] = body.media_type
    response.headers["X-Accel-Redirect"] = outside.of(db()).storage.accel_path(body.id)
    return response


def _plain(text: str, status: int, body: Body, more: dict[str, str] | None = None) -> Response:
    response = make_response(text, status)
    response.headers.update({"Content-Type": "text/plain; charset=utf-8", "ETag": body.etag} | (more or {}))
    return response
