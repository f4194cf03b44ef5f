"""What is written to the browsers of one process: whole frames, in order, and at once wherever nobody has to wait.

The libraries below hand each message to a thread of each socket, which frames it anew and writes it: for a room of a
thousand that is a thousand wake-ups. A frame is the same for all of them, so it is made once, and whoever says it
writes it to every socket that takes it without waiting. Only for the others it queues (docs/decisions/0023).
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from enum import Enum
from typing import Any

from engineio import packet
from engineio.packet import Packet
from wsproto.frame_protocol import FrameProtocol

AT_ONCE = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL


class Taken(Enum):
    """How much of a frame a connection took at once."""

    WHOLLY, PARTLY, NOT = range(3)


class Line:
    """The connection under one WebSocket. It stands in for the socket itself, for the library that reads from it.

    Nothing is written at once while anything older waits: neither what is to come through the queue of the socket, nor
    the rest of a frame of which the connection took only a part.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        # With a time limit even what is not to wait would wait for room first.
        connection.settimeout(None)
        # Under gevent every method waits, but for those of what it wraps.
        self._bare = getattr(connection, "_sock", connection)
        self._turn, self._guard = threading.Lock(), threading.Lock()
        self._older, self._rest = 0, b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def fileno(self) -> int:
        """What a selector asks for."""
        number: int = self._connection.fileno()
        return number

    def shut(self) -> None:
        """End it: who reads or waits to write is told so."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def send(self, frame: bytes) -> int:
        """Write it, after what is older, waiting for as long as the other end takes. Never a part of it alone, as a
        green socket would. Raises OSError; nothing is written at once after that."""
        with self._guard:
            self._older += 1
        with self._turn:
            with self._guard:
                before, self._rest = self._rest, b""
            self._connection.sendall(before + frame)
        with self._guard:
            self._older -= 1
        return len(frame)

    def offer(self, frame: bytes) -> Taken:
        """Write it at once if that keeps nobody waiting. What has to queue instead is to come here by `send`, and
        `arrived` to be called then."""
        with self._guard:
            if not self._older and not self._rest:
                with suppress(OSError):
                    self._rest = frame[self._bare.send(frame, AT_ONCE) :]
                    return Taken.PARTLY if self._rest else Taken.WHOLLY
            self._older += 1
            return Taken.NOT

    def queue(self) -> Taken:
        """Write nothing: a frame has to queue."""
        with self._guard:
            self._older += 1
            return Taken.NOT

    def arrived(self) -> None:
        """A frame that had to queue was written."""
        with self._guard:
            self._older -= 1


class Lines:
    """The lines of one process, by the name that engineio has for each socket."""

    def __init__(self, engine: Any) -> None:
        self._engine, self._lines = engine, dict[str, Line]()
        self._ended = set[str]()
        self._wait = engine.send_packet
        engine.send_packet = self._send

    def add(self, name: str, line: Line) -> None:
        """A WebSocket was opened."""
        self._lines[name] = line

    def remove(self, name: str) -> None:
        """It is closed."""
        self._lines.pop(name, None)

    def shut(self, name: str) -> None:
        """End a connection, and with it whatever waits for its other end."""
        if line := self._lines.get(name):
            line.shut()

    def shut_left(self) -> None:
        """End the connections whose sockets ended, unless a moment ago: what was said to them may yet leave."""
        ended = {name for name in list(self._lines) if self._is_ended(name)}
        for name in ended & self._ended:
            self.shut(name)
        self._ended = ended

    def _is_ended(self, name: str) -> bool:
        found = self._engine.sockets.get(name)
        return found is None or found.closed

    def _send(self, name: str, message: Packet) -> None:
        """In place of engineio’s own `send_packet`."""
        line, found = self._lines.get(name), self._engine.sockets.get(name)
        if line is None or found is None or found.closed or message.packet_type != packet.MESSAGE:
            self._wait(name, message)
            return
        # Who owes an answer to a ping may be gone: engineio looks at that.
        taken = line.queue() if found.last_ping else line.offer(_framed(message))
        if taken is Taken.PARTLY:
            # Whatever is written next brings the rest along.
            found.queue.put(Packet(packet.NOOP))
        elif taken is Taken.NOT:
            self._wait(name, message)


def is_queued(text: str | bytes) -> bool:
    """Whether what engineio writes is a message that came through the queue of a socket."""
    return isinstance(text, bytes) or text.startswith(str(packet.MESSAGE))


def _framed(message: Packet) -> bytes:
    """A message as one frame of a server, made when the first socket is to have it."""
    frame: bytes | None = getattr(message, "frame", None)
    if frame is None:
        frame = message.frame = bytes(FrameProtocol(client=False, extensions=[]).send_data(message.encode()))
    return frame
