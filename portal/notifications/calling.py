"""Targets outside are called: each by one thread at a time, several beside each other, never inside a transaction.

These threads are their own, apart from those of the other jobs: whatever a target does, mails and papers go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adapters import calls as line
from portal.adapters.calls import NoAnswer
from portal.adapters.failpoints import failpoint
from portal.models.vendor import Vendor
from portal.notifications import robots
from portal.rules import webhooks
from portal.rules.webhooks import Trouble
from portal.services import calls
from portal.services.calls import Call, Outcome

THREADS = 8
# After so long at one target it is somebody else's turn.
TURN_SECONDS = 15
log = structlog.get_logger()


@dataclass(slots=True)
class Switchboard:
    """The threads that call. `private`: whether addresses in private networks may be called."""

    sessions: Callable[[], Session]
    private: bool
    most: int = THREADS
    _busy: int = 0
    _again: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def wake(self) -> None:
        """Something may be due: see to it, without keeping the caller waiting."""
        with self._guard:
            if self._busy >= self.most:
                # All are at it. Whoever finds nothing more looks once again before leaving.
                self._again = True
                return
            self._busy += 1
        threading.Thread(target=self._run, name="calls", daemon=True).start()

    @property
    def idle(self) -> bool:
        """Whether nobody is calling."""
        return self._busy == 0

    def _run(self) -> None:
        looking = True
        while looking:
            try:
                call_due(self.sessions, private=self.private, taken=self.wake)
            except Exception:
                log.exception("calling_failed")
            looking = self._stays()

    def _stays(self) -> bool:
        with self._guard:
            stays, self._again = self._again, False
            self._busy -= not stays
            return stays


def call_due(sessions: Callable[[], Session], *, private: bool, taken: Callable[[], None] = lambda: None) -> int:
    """Call one target after the other until nothing is due; how many deliveries were sent.

    Several threads and processes may do this at the same time. `taken` is called whenever there was something to do,
    and so perhaps more than one can do alone.
    """
    sent = 0
    with sessions() as session:
        while (found := calls.take(session)) is not None:
            taken()
            sent += _call(session, *found, private=private)
    return sent


def _call(session: Session, webhook_id: UUID, lease: datetime, *, private: bool) -> int:
    """Tell one target what is due, for as long as its turn lasts or until it fails slowly."""
    sent, slow, end = 0, False, time.monotonic() + TURN_SECONDS
    while not slow and time.monotonic() < end:
        call = calls.next_of(session, webhook_id, lease)
        if call is None:
            break
        lease = call.lease
        outcome = deliver(session, call, private=private)
        calls.settle(session, call.delivery_id, outcome)
        sent += outcome.trouble is None
        slow = outcome.trouble is not None and outcome.took_ms >= calls.SLOW_MS
    calls.release(session, webhook_id, lease, slow=slow)
    return sent


def deliver(session: Session, call: Call, *, private: bool) -> Outcome:
    """Make one call; what came of it. No transaction is open meanwhile."""
    locale = session.scalar(select(Vendor.locale).where(Vendor.id == call.vendor_id)) or "en"
    session.rollback()
    begun = time.monotonic()
    try:
        request = robots.request(call, locale)
        if request.address.scheme == "http" and not private:
            # It was added while private networks were allowed.
            raise NoAnswer(Trouble.PRIVATE)
        failpoint("call.made")
        answer = line.post(request.address, request.body, request.headers, private=private)
        failpoint("call.answered")
    except NoAnswer as error:
        return Outcome(error.trouble, _since(begun), answer=error.detail)
    except Exception:
        log.exception("call_failed", delivery=str(call.delivery_id))
        return Outcome(Trouble.FAILED, _since(begun))
    trouble = webhooks.refusal(call.format, answer.status, answer.text)
    return Outcome(trouble, _since(begun), answer.status, answer.text)


def _since(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)
