"""ONE table: event → what happens after commit. Read this to learn every side effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask

from portal import worker
from portal.adapters.failpoints import failpoint
from portal.live import push
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


LISTENERS: dict[type, tuple[Callable[[Flask, Any], None], ...]] = {
    events.ProjectCreated: (push.vendor_changed,),
    events.ProjectChanged: (push.changed,),
    events.ProjectStarted: (send_notices, push.changed),
    events.MilestoneOpened: (send_notices, push.changed),
    events.MilestoneSubmitted: (send_notices, push.changed),
    events.MilestoneApproved: (send_notices, push.changed),
    events.MilestoneSettled: (push.changed,),
    events.MilestoneReleased: (send_notices, push.changed),
    events.PaymentReported: (send_notices, push.changed),
    events.PaymentConfirmed: (send_notices, draw_papers, push.changed),
    events.PaymentRejected: (send_notices, push.changed),
    events.PaymentReversed: (send_notices, push.changed),
    events.GrantIssued: (push.vendor_changed,),
    events.GrantRotated: (push.vendor_changed,),
    events.GrantRevoked: (push.vendor_changed,),
    events.UploadStored: (push.vendor_changed,),
    events.DeliverableRemoved: (push.vendor_changed,),
    events.MessagePosted: (push.line, send_notices),
    events.MessageChanged: (push.line_again,),
    events.FactTold: (push.line,),
    events.ThreadRead: (push.reading,),
    events.StatusSent: (send_notices, push.changed),
    events.CallsQueued: (call_targets,),
    events.MailSentAgain: (send_notices,),
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
