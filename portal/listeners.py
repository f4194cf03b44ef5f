"""ONE table: event → what happens after commit. Read this to learn every side effect."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Flask

from portal import worker
from portal.adapters.failpoints import failpoint
from portal.rules import events
from portal.worker import Job

log = structlog.get_logger()


def send_notices(app: Flask, _fact: object) -> None:
    """The outbox has something new."""
    worker.wake(app, Job.SEND_NOTICES)


def draw_papers(app: Flask, _fact: object) -> None:
    """A receipt waits for its PDF."""
    worker.wake(app, Job.DRAW_PAPERS)


def call_targets(app: Flask, _fact: object) -> None:
    """Something is queued for a target outside."""
    worker.wake(app, Job.CALL_TARGETS)


LISTENERS: dict[type, tuple[Callable[[Flask, object], None], ...]] = {
    events.ProjectStarted: (send_notices,),
    events.MilestoneOpened: (send_notices,),
    events.MilestoneSubmitted: (send_notices,),
    events.MilestoneApproved: (send_notices,),
    events.MilestoneReleased: (send_notices,),
    events.PaymentReported: (send_notices,),
    events.PaymentConfirmed: (send_notices, draw_papers),
    events.PaymentRejected: (send_notices,),
    events.PaymentReversed: (send_notices,),
    events.CallsQueued: (call_targets,),
}


def teller(app: Flask) -> Callable[[object], None]:
    """What a session calls for each fact it announced, once the facts are kept."""

    def tell(fact: object) -> None:
        failpoint("fact.kept")
        for listener in LISTENERS.get(type(fact), ()):
            try:
                listener(app, fact)
            except Exception:
                log.exception("listener_failed", fact=type(fact).__name__)

    return tell
