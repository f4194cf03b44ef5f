"""Bytes on their way out: straight from the disk to the socket where that is possible, asked again as they go.

Between two pieces the sender asks whether the reader may still have them, so a revoked code ends a running download.
Under gunicorn the kernel moves the pieces (sendfile on the socket of the request); any other server gets them read.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, BinaryIO

from portal.web.metering import Meter

FIRST_BYTES = 64 << 10
READ_BYTES = 256 << 10
LEAST_PIECE, USUAL_PIECE, LARGEST_PIECE = 256 << 10, 1 << 20, 16 << 20
CHECK_BYTES, CHECK_SECONDS = 16 << 20, 1
SLOW_SECONDS, QUICK_SECONDS = 1, 0.25
STALLED_SECONDS = 60


class Outflow:
    """An answer's body: `length` bytes from `first` on. The file is opened when the first of them is asked for."""

    def __init__(
        self,
        opens: Callable[[], BinaryIO],
        part: tuple[int, int],
        *,
        may_go_on: Callable[[], bool],
        meter: Meter,
        sock: Any = None,
    ) -> None:
        self._opens, (self._first, self._left), self._sock = opens, part, sock
        self._may_go_on, self._meter, self._is_over = may_go_on, meter, False
        self._pieces = self._flow()

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Called by the server, however the request ended; closing twice does nothing."""
        self._pieces.close()
        self._end()

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._meter.leave()

    def _flow(self) -> Generator[bytes, None, None]:
        try:
            with self._opens() as self._file:
                self._file.seek(self._first)
                yield from self._asking()
        finally:
            self._end()

    def _asking(self) -> Iterator[bytes]:
        # The first piece goes the ordinary way and takes the headers with it.
        yield self._read(FIRST_BYTES)
        checked, since = time.monotonic(), 0
        for count in self._by_kernel() if self._sock is not None else self._by_hand():
            if isinstance(count, bytes):
                yield count
                count = len(count)
            since += count
            if since >= CHECK_BYTES or time.monotonic() - checked > CHECK_SECONDS:
                checked, since = time.monotonic(), 0
                if self._left and not self._may_go_on():
                    raise stopped()

    def _by_hand(self) -> Iterator[bytes]:
        while self._left:
            yield self._read(READ_BYTES)

    def _by_kernel(self) -> Iterator[int]:
        if not self._left:
            return
        size, before = USUAL_PIECE, self._sock.gettimeout()
        self._sock.settimeout(STALLED_SECONDS)
        try:
            while self._left:
                begun = time.monotonic()
                yield self._send(min(size, self._left))
                size = _fitting(size, time.monotonic() - begun)
        finally:
            self._sock.settimeout(before)

    def _send(self, size: int) -> int:
        begun = self._file.tell()
        try:
            self._sock.sendfile(self._file, begun, size)
        except OSError:
            # The file stands behind what did leave.
            self._meter.add(self._file.tell() - begun)
            raise stopped() from None
        return self._count(self._file.tell() - begun)

    def _read(self, size: int) -> bytes:
        piece = self._file.read(min(size, self._left))
        self._count(len(piece))
        return piece

    def _count(self, count: int) -> int:
        if count == 0 and self._left:
            # Fewer bytes than promised: the connection must not look as if all was well.
            raise stopped()
        self._left -= count
        self._meter.add(count)
        return count


def socket_of(environ: dict[str, Any]) -> socket.socket | None:
    """The socket under gunicorn's HTTP/1, or None where the body has to be handed to the server."""
    found = environ.get("gunicorn.socket")
    is_plain = environ.get("SERVER_PROTOCOL", "").startswith("HTTP/1")
    return found if is_plain and isinstance(found, socket.socket) else None


def _fitting(size: int, seconds: float) -> int:
    """Large pieces for quick readers, small ones for slow, so that nobody runs on for long unasked."""
    if seconds < QUICK_SECONDS:
        return min(size * 2, LARGEST_PIECE)
    return max(size // 2, LEAST_PIECE) if seconds > SLOW_SECONDS else size


def stopped() -> OSError:
    """What servers take for a reader that hung up: the connection is closed, and the log stays quiet."""
    return BrokenPipeError(errno.EPIPE, "the download was stopped")
