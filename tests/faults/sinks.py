"""Mail servers that behave badly, at the level of the socket."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
RECIPIENT = re.compile(rb"<([^>]+)>")


class Mood(StrEnum):
    """How the server behaves."""

    GOOD = "good"
    HANGS = "hangs"
    HANGS_AT_THE_END = "hangs at the end"
    LATER = "later"
    NEVER = "never"
    RESETS = "resets"
    RESETS_IN_THE_MIDDLE = "resets in the middle"


class Sink:
    """A mail server. `mood` may be changed while it runs; `accepted` counts Message-IDs it said 250 to.

    `moment` is called with "begun" when a mail is about to come, and with "before" and "after" around each such 250.
    """

    def __init__(self) -> None:
        self.mood, self.accepted = Mood.GOOD, Counter[str]()
        self.moment: Callable[[str], object] = lambda _when: None
        self.unwanted: tuple[str, ...] = ()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self._socket.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._awake = threading.Event()

    def serve(self) -> None:
        """Until it is closed; a thread for each connection."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self._open.append(connection)
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def wake(self) -> None:
        """Hang up on everybody who waits."""
        self._awake.set()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()
        self._awake = threading.Event()

    def close(self) -> None:
        """No more. Closing twice does nothing."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.wake()

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as lines:
            if self._is_over(connection, Mood.HANGS, Mood.RESETS):
                return
            _say(connection, b"220 sink")
            for line in lines:
                verb = line[:4].upper()
                if verb == b"DATA":
                    self._take(connection, lines)
                elif verb == b"QUIT":
                    return _say(connection, b"221 bye")
                else:
                    _say(connection, self._answer(verb, line))

    def _answer(self, verb: bytes, line: bytes) -> bytes:
        if verb != b"RCPT":
            return b"250 sink" if verb in (b"EHLO", b"HELO") else b"250 ok"
        found = RECIPIENT.search(line)
        if self.mood is Mood.LATER or (found and found[1].decode() in self.unwanted):
            return b"450 not now"
        return b"550 no such person" if self.mood is Mood.NEVER else b"250 ok"

    def _take(self, connection: socket.socket, lines: Iterator[bytes]) -> None:
        self.moment("begun")
        _say(connection, b"354 go on")
        if self._is_over(connection, Mood.RESETS_IN_THE_MIDDLE):
            raise OSError
        letter = b""
        for line in lines:
            if line == b".\r\n":
                break
            letter += line
        else:
            # Whoever hangs up before the end has sent nothing.
            raise OSError
        if self._is_over(connection, Mood.HANGS_AT_THE_END):
            raise OSError
        found = MESSAGE_ID.search(letter)
        self.moment("before")
        self.accepted[found[1].decode() if found else ""] += 1
        _say(connection, b"250 taken")
        self.moment("after")

    def _is_over(self, connection: socket.socket, *moods: Mood) -> bool:
        """Whether the conversation ends here, after a while or at once."""
        mood = self.mood
        if mood not in moods:
            return False
        if mood in (Mood.HANGS, Mood.HANGS_AT_THE_END):
            self._awake.wait(60)
        else:
            # Closing with a lingering time of zero sends RST instead of FIN.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return True


@contextmanager
def running() -> Iterator[Sink]:
    """A server for the length of a with statement."""
    sink = Sink()
    thread = threading.Thread(target=sink.serve, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.close()
        thread.join()


def _say(connection: socket.socket, words: bytes) -> None:
    connection.sendall(words + b"\r\n")
