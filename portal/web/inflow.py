"""The body of a request as it comes in, for bodies too large to wait for: few buffers, no copies, a sign of life."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from portal.adapters.digests import AHEAD

PIECE_BYTES = 1 << 20
COPY_BYTES = 1 << 16
TICK_SECONDS = 1


def announced(environ: dict[str, Any]) -> int | None:
    """How many bytes the request says it brings; None when it does not say (chunked)."""
    text = environ.get("CONTENT_LENGTH") or ""
    if text.isascii() and text.isdigit():
        return int(text)
    return None if environ.get("wsgi.input_terminated") else 0


def pieces(environ: dict[str, Any]) -> Iterator[memoryview | None]:
    """The bytes as they arrive; None for each second without any. Ends early when the sender is gone.

    A piece stays as it is until `AHEAD` more were asked for. Under gunicorn the socket is read directly: its own body
    reader waits for whole pieces, copies them several times, and cannot be woken when the sender falls silent.
    """
    length, body = announced(environ), environ["wsgi.input"]
    if length is not None and _is_direct(body):
        return _from_socket(body, length)
    return _from_stream(environ, length)


def is_malformed(error: Exception) -> bool:
    """Whether the body is to blame: gunicorn has errors of its own for one that ends early or makes no sense."""
    return type(error).__module__.partition(".")[0] == "gunicorn"


def _is_direct(body: Any) -> bool:
    """Whether this is gunicorn's body of known length that nobody has read from yet."""
    reader = getattr(body, "reader", None)
    unreader = getattr(reader, "unreader", None)
    return (
        type(reader).__name__ == "LengthReader"
        and isinstance(getattr(unreader, "sock", None), socket.socket)
        and hasattr(unreader, "take_buffered")
        and body.buf.tell() == 0
    )


def _from_socket(body: Any, length: int) -> Iterator[memoryview | None]:
    reader = body.reader
    # What came in the same packets as the headers.
    early = reader.unreader.take_buffered()
    if len(early) > length:
        reader.unreader.unread(early[length:])
    if early and length:
        reader.length -= min(len(early), length)
        yield memoryview(early)[:length]
    sock = reader.unreader.sock
    before = sock.gettimeout()
    sock.settimeout(TICK_SECONDS)
    try:
        yield from _receive(body, sock)
    finally:
        with contextlib.suppress(OSError):
            sock.settimeout(before)


def _receive(body: Any, sock: socket.socket) -> Iterator[memoryview | None]:
    reader, buffers = body.reader, _buffers(min(body.reader.length, PIECE_BYTES))
    buffer = next(buffers)
    while reader.length > 0:
        try:
            count = sock.recv_into(buffer, min(reader.length, len(buffer)))
        except TimeoutError:
            yield None
            continue
        except OSError:
            count = 0
        if count == 0:
            # Gone. gunicorn must not look for another request on this connection.
            body.failed = True
            return
        reader.length -= count
        yield buffer[:count]
        buffer = next(buffers)


def _buffers(size: int) -> Iterator[memoryview]:
    """In turn, each made when it is first needed."""
    return cycle(memoryview(bytearray(size)) for _ in range(AHEAD + 1))


def _from_stream(environ: dict[str, Any], length: int | None) -> Iterator[memoryview | None]:
    stream = environ["wsgi.input"]
    left = COPY_BYTES if length is None else length
    while left > 0:
        try:
            piece = stream.read(min(left, COPY_BYTES))
        except OSError:
            return
        except Exception as error:
            if not is_malformed(error):
                raise
            return
        if not piece:
            return
        left -= 0 if length is None else len(piece)
        yield memoryview(piece)
