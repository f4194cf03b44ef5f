"""The jobs: what is done after the answer was given, and what is done by the clock."""

from __future__ import annotations

import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from flask import Flask
from huey import Huey
from sqlalchemy.orm import Session

from portal.adapters import jobs, mail, write_ahead
from portal.adapters.jobs import Holder, crontab
from portal.notifications import dispatch
from portal.notifications.calling import Switchboard
from portal.services import (
    housekeeping,
    papers,
    reconciliation,
    rereading,
    status_drafts,
    status_updates,
    uploads,
)
from portal.web.installation import Installation, installation

EXTENSION = "milepost_jobs"
HALF_A_MINUTE = 30
log = structlog.get_logger()
_making = threading.Lock()


class Job(StrEnum):
    """What can be done without anybody waiting for it. Each may be done twice, or too often, without harm."""

    SEND_NOTICES = "send_notices"
    DRAW_PAPERS = "draw_papers"
    EXPIRE_UPLOADS = "expire_uploads"
    RECONCILE = "reconcile"
    TIDY_UP = "tidy_up"
    REREAD_FILES = "reread_files"
    STATUS_UPDATES = "status_updates"
    CALL_TARGETS = "call_targets"
    SHORTEN_LOG = "shorten_log"


@dataclass(frozen=True, slots=True)
class Jobs:
    """The queue of an app, how to put each job into it, and the threads that call targets outside."""

    huey: Huey
    tasks: dict[Job, Any]
    board: Switchboard


def wake(app: Flask, job: Job) -> None:
    """Have `job` done soon, by whichever process does the jobs."""
    _jobs(app).tasks[job]()


def start_embedded(app: Flask) -> Holder:
    """Do the jobs in this process, beside its requests, unless another process of the instance does."""
    holder = Holder(_jobs(app).huey, installation(app).config.instance)
    for job in (Job.RECONCILE, Job.SEND_NOTICES, Job.DRAW_PAPERS, Job.CALL_TARGETS):
        wake(app, job)
    holder.start()
    return holder


@contextmanager
def until_told(app: Flask) -> Iterator[None]:
    """Do the jobs in this process and nothing else, until SIGTERM or SIGINT; the block runs once they are begun."""
    holder = start_embedded(app)
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    yield
    told.wait()
    holder.stop()


def do(app: Flask, job: Job) -> None:
    """Do it now, with a session of its own. What goes wrong is logged: the next turn finds the same work again."""
    if job is Job.CALL_TARGETS:
        # Handed on to threads of their own: a target that hangs must not hold up those of the jobs.
        _jobs(app).board.wake()
        return
    here = installation(app)
    try:
        with here.sessions() as session:
            _DEEDS[job](session, here)
    except Exception:
        log.exception("job_failed", job=job.value)


def _send_notices(session: Session, here: Installation) -> None:
    sent = dispatch.send_due(session, post=mail.post_office(here.config), sender=here.config.mail_from)
    if sent:
        log.info("notices_sent", count=sent)


def _draw_papers(session: Session, _here: Installation) -> None:
    papers.draw_missing(session)


def _expire_uploads(session: Session, _here: Installation) -> None:
    uploads.expire(session)


def _reconcile(session: Session, _here: Installation) -> None:
    reconciliation.run(session)


def _reread_files(session: Session, _here: Installation) -> None:
    rereading.run(session)


def _status_updates(session: Session, _here: Installation) -> None:
    status_drafts.draft_due(session)
    status_updates.send_due(session)


def _tidy_up(session: Session, _here: Installation) -> None:
    housekeeping.tidy_up(session)


def _shorten_log(_session: Session, here: Installation) -> None:
    given_back = write_ahead.shorten(here.engine)
    if given_back is None:
        log.warning("log_not_shortened", reason="somebody reads for long")
    elif given_back:
        log.info("log_shortened", bytes=given_back)


_DEEDS: dict[Job, Callable[[Session, Installation], None]] = {
    Job.SEND_NOTICES: _send_notices,
    Job.DRAW_PAPERS: _draw_papers,
    Job.EXPIRE_UPLOADS: _expire_uploads,
    Job.RECONCILE: _reconcile,
    Job.TIDY_UP: _tidy_up,
    Job.REREAD_FILES: _reread_files,
    Job.STATUS_UPDATES: _status_updates,
    Job.SHORTEN_LOG: _shorten_log,
}
# By the clock, in UTC. Notices and calls go every minute and, by a second hint, half a minute later.
_TIMES = {
    Job.SEND_NOTICES: crontab(),
    Job.DRAW_PAPERS: crontab(minute="7"),
    Job.EXPIRE_UPLOADS: crontab(minute="37"),
    Job.TIDY_UP: crontab(hour="3", minute="17"),
    Job.REREAD_FILES: crontab(minute="27"),
    # Zones begin their hours at a quarter as well.
    Job.STATUS_UPDATES: crontab(minute="*/5"),
    Job.CALL_TARGETS: crontab(),
    Job.SHORTEN_LOG: crontab(),
}


def _jobs(app: Flask) -> Jobs:
    with _making:
        if EXTENSION not in app.extensions:
            app.extensions[EXTENSION] = _made(app)
        made: Jobs = app.extensions[EXTENSION]
        return made


def _made(app: Flask) -> Jobs:
    here = installation(app)
    huey = jobs.queue(here.config)
    weakref.finalize(app, huey.storage.close)
    tasks = {job: huey.task(name=job.value)(lambda job=job: do(app, job)) for job in Job}
    for job, times in _TIMES.items():
        huey.periodic_task(times, name=f"{job.value}_by_the_clock")(lambda job=job: _by_the_clock(app, job))
    return Jobs(huey, tasks, Switchboard(here.sessions, private=here.config.webhook_private))


def _by_the_clock(app: Flask, job: Job) -> None:
    if job in (Job.SEND_NOTICES, Job.CALL_TARGETS):
        _jobs(app).tasks[job].schedule(delay=HALF_A_MINUTE)
    do(app, job)
