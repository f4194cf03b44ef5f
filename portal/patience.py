"""A worker of threads that gives one to a request only when the request is here."""

from __future__ import annotations

import re
import socket
import threading
import time
from typing import Any

from gunicorn.workers import gthread

from portal import live

# How long a request may take to arrive, how large its head may be before gunicorn refuses it, and up to which size a
# body is waited for as well.
ARRIVAL_SECONDS = 30
HEAD_BYTES, BODY_BYTES = 1 << 20, 64 << 10
PIECE_BYTES = 64 << 10
BLINK_SECONDS = 0.01
BODY_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)


class PatientWorker(gthread.ThreadWorker):
    """Gives a thread to a request when its head is here, and with it the body of an ordinary form.

    Until then the main thread watches its connection, or as many people as there are threads, each with half a
    request, would keep everybody else out. Large bodies and slow readers do hold a thread; a proxy in front helps.
    """

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Called by gunicorn when the process is to end: open sockets would hold it up for as long as it waits."""
        super().handle_exit(sig, frame)
        threading.Thread(target=live.say_goodbye, args=(self.wsgi,), daemon=True).start()

    def handle(self, conn: Any) -> Any:
        """Called by gunicorn in one of its threads."""
        early = getattr(conn, "early", b"")
        if not early:
            conn.deadline = time.monotonic() + ARRIVAL_SECONDS
        try:
            conn.early, is_whole = _received(conn, early)
        except OSError:
            return False
        if not is_whole:
            return gthread._DEFER if time.monotonic() < conn.deadline else False
        conn.init()
        conn.parser.unreader.unread(conn.early)
        conn.early, conn.data_ready = b"", True
        return super().handle(conn)


def _received(conn: Any, early: bytes) -> tuple[bytes, bool]:
    """What came so far, and whether a thread can go on with it: it is whole, or nothing more will come."""
    if conn.initialized:
        early = conn.parser.unreader.take_buffered() + early
    if not early:
        # Mostly the first bytes follow at once.
        conn.wait_for_data(BLINK_SECONDS)
    while not _is_whole(early):
        try:
            piece = conn.sock.recv(PIECE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return early, False
        if not piece:
            return early, True
        early += piece
    return early, True


def _is_whole(early: bytes) -> bool:
    head, end, body = early.partition(b"\r\n\r\n")
    if not end:
        return len(early) > HEAD_BYTES
    found = BODY_LENGTH.search(head + b"\r\n")
    length = int(found[1]) if found and b"\r\nexpect:" not in head.lower() else 0
    return length > BODY_BYTES or len(body) >= length
