"""Counting bytes on their way out without slowing them: the row is written before the first, counts follow each second.

A resumed or piecewise download is one row: later ranges of the same file by the same person, within minutes, are added
to it, so that a player or a download manager does not write a row for each of its thousands of pieces.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from portal.access.actor import Actor
from portal.services import downloads
from portal.services.downloads import Leaving

FLUSH_SECONDS = 1
TOGETHER_SECONDS = 600
MOST = 2000
log = structlog.get_logger()


class Meter:
    """One row of the log, shared by every request that is part of the same download."""

    def __init__(self, sessions: sessionmaker[Session], download_id: UUID) -> None:
        self._sessions, self._download_id = sessions, download_id
        self._guard, self._writing = threading.Lock(), threading.Lock()
        self._sent = self._open = 0
        self._due: threading.Timer | None = None
        self.used = self._written = time.monotonic() - FLUSH_SECONDS

    def enter(self) -> None:
        """One more request counts here."""
        with self._guard:
            self._open += 1

    def add(self, count: int) -> None:
        """So many more bytes left. Written down within a second."""
        with self._guard:
            self._sent += count
            self.used = time.monotonic()
            if self._due is None:
                self._due = threading.Timer(FLUSH_SECONDS, self.flush)
                self._due.start()

    def hand_over(self, size: int) -> None:
        """All of it leaves by another way that is not seen here; the pieces asked for later say nothing new."""
        with self._guard:
            self._open -= 1
            self.used = time.monotonic()
            known, self._sent = self._sent, self._sent or size
        if not known:
            self.flush()

    @property
    def is_new(self) -> bool:
        """Whether nothing has left yet, and the row was written a moment ago."""
        return self._sent == 0

    def leave(self) -> None:
        """A request is over; with the last of them the download is, until another range is asked for."""
        with self._guard:
            self._open -= 1
            hasty = time.monotonic() - self._written < FLUSH_SECONDS and self._due is not None
        if not hasty:
            self.flush()

    def flush(self) -> None:
        """Write the counts down now. One at a time, so that none is overwritten by an older one."""
        with self._writing:
            self._write(*self._counts())

    def _counts(self) -> tuple[int, bool]:
        with self._guard:
            if self._due is not None:
                self._due.cancel()
            self._due, self._written = None, time.monotonic()
            return self._sent, self._open == 0

    def _write(self, sent: int, is_over: bool) -> None:
        try:
            with self._sessions() as session:
                downloads.note(session, download_id=self._download_id, sent_bytes=sent, is_over=is_over)
        except SQLAlchemyError as error:
            log.error("download_not_counted", download=str(self._download_id), sent=sent, error=str(error))


_RECENT: OrderedDict[tuple[int, str, UUID], Meter] = OrderedDict()
_RECENT_GUARD = threading.Lock()


def open_meter(
    session: Session, sessions: sessionmaker[Session], actor: Actor, leaving: Leaving, *, is_piece: bool = False
) -> Meter:
    """The meter for bytes about to leave; their row exists when this returns. The caller calls `leave` at the end.

    A piece of a file counts to the download that is going on, the whole of it is always a new one.
    """
    key = _key(sessions, actor, leaving)
    meter = _recent(key) if key and is_piece else None
    if meter is None:
        meter = Meter(sessions, downloads.begin(session, actor=actor, leaving=leaving))
        if key:
            _remember(key, meter)
    meter.enter()
    return meter


def _key(sessions: sessionmaker[Session], actor: Actor, leaving: Leaving) -> tuple[int, str, UUID] | None:
    file_id = leaving.deliverable_id or leaving.attachment_id
    return (id(sessions), actor.ref, file_id) if file_id else None


def _recent(key: tuple[int, str, UUID]) -> Meter | None:
    with _RECENT_GUARD:
        meter = _RECENT.get(key)
    return meter if meter is not None and time.monotonic() - meter.used < TOGETHER_SECONDS else None


def _remember(key: tuple[int, str, UUID], meter: Meter) -> None:
    with _RECENT_GUARD:
        _RECENT[key] = meter
        _RECENT.move_to_end(key)
        while len(_RECENT) > MOST:
            _RECENT.popitem(last=False)
