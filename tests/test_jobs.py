"""What happens after commit and by the clock, in a real consumer on both queues."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from huey import PostgresHuey, SqliteHuey
from sqlalchemy import func, select
from structlog.testing import capture_logs

from portal import listeners, worker
from portal.adapters import clock, jobs
from portal.models.outbox import Answer, Notice
from portal.models.receipt import ReceiptPdf
from portal.models.sitting import Bucket, Key, Sitting
from portal.rules import events
from portal.services import housekeeping, sittings, throttle
from portal.web.installation import installation
from portal.worker import Job
from tests.worlds import VISITOR, World, fresh_session

ROOT = Path(__file__).resolve().parents[1]


def until(what: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether it became true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def count(world: World, statement) -> int:
    with fresh_session(world.app) as session:
        return session.scalar(statement)


@pytest.fixture
def holder(app):
    """The consumer as a server's process has it."""
    held = worker.start_embedded(app)
    yield held
    held.stop()


def waiting(world: World) -> list[str]:
    """The jobs in the queue, by name."""
    return [task.name for task in worker._jobs(world.app).huey.pending()]


def paid(world: World):
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Done.")
    world.pay(step, cleo)


def test_the_queue_is_where_the_database_is(settings):
    kind = PostgresHuey if settings.database_url.startswith("postgresql") else SqliteHuey
    made = jobs.queue(settings)
    made.storage.close()
    assert isinstance(made, kind)
    assert (settings.instance / "jobs.db").exists() is (kind is SqliteHuey)


def test_facts_put_jobs_into_the_queue_once_they_are_kept(world: World):
    paid(world)
    assert {Job.SEND_NOTICES.value, Job.DRAW_PAPERS.value} == set(waiting(world))


def test_every_fact_somebody_is_told_of_wakes_the_outbox():
    silent = {events.ProjectCreated, events.ProjectChanged, events.MilestoneSettled, events.UploadStored,
              events.DeliverableRemoved, events.GrantIssued, events.GrantRevoked, events.GrantRotated,
              events.MessageChanged, events.FactTold, events.ThreadRead}  # fmt: skip
    facts = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, events.Event)}
    facts = {kind for kind in facts if not kind.__subclasses__()}
    waking = {kind for kind, listening in listeners.LISTENERS.items() if listeners.send_notices in listening}
    assert facts - silent == waking
    # What nobody gets a mail about still changes pages that are open, and what is queued for outside is called.
    assert facts | {events.CallsQueued} == set(listeners.LISTENERS) | {events.MailSentAgain}


def test_a_listener_that_fails_is_logged_and_fails_nobody(world: World, monkeypatch):
    monkeypatch.setattr(worker, "wake", lambda *_: 1 / 0)
    with capture_logs() as said:
        paid(world)
    assert {line["event"] for line in said} == {"listener_failed"}


def test_mails_and_papers_are_made_after_the_answer_was_given(world: World, holder):
    paid(world)
    # The rest waits for the morning.
    at_once = Notice.rhythm == "at_once"
    unsent = select(func.count()).select_from(Notice).where(at_once, Notice.sent_at.is_(None))
    assert until(lambda: count(world, unsent) == 0)
    assert until(lambda: count(world, select(func.count()).select_from(ReceiptPdf)) == 1)
    assert len(list(installation(world.app).config.outbox_folder.glob("*.eml"))) == count(
        world, select(func.count()).select_from(Notice).where(at_once)
    )


def test_what_was_queued_before_the_start_is_done_at_the_start(world: World, app):
    paid(world)
    worker._jobs(app).huey.flush()
    held = worker.start_embedded(app)
    try:
        assert until(lambda: count(world, select(func.count()).select_from(ReceiptPdf)) == 1)
    finally:
        held.stop()


def test_one_process_of_an_instance_does_the_jobs_and_another_takes_over(app, holder, monkeypatch):
    monkeypatch.setattr(jobs, "STANDBY_SECONDS", 0.1)
    assert until(lambda: holder.working)
    second = jobs.Holder(worker._jobs(app).huey, installation(app).config.instance)
    second.start()
    time.sleep(0.5)
    assert not second.working
    holder.stop()
    assert until(lambda: second.working)
    second.stop()


def test_a_job_that_fails_is_logged_and_done_at_its_next_turn(world: World, monkeypatch):
    paid(world)
    with monkeypatch.context() as patch, capture_logs() as said:
        patch.setattr("portal.services.papers.draw_missing", lambda _session: 1 / 0)
        worker.do(world.app, Job.DRAW_PAPERS)
    assert [line["event"] for line in said] == ["job_failed"]
    worker.do(world.app, Job.DRAW_PAPERS)
    assert count(world, select(func.count()).select_from(ReceiptPdf)) == 1


@pytest.mark.parametrize("job", list(Job))
def test_every_job_can_be_done_with_nothing_to_do(world: World, job):
    with capture_logs() as said:
        worker.do(world.app, job)
    assert "job_failed" not in [line["event"] for line in said]


def test_the_clock_hints_at_notices_twice_a_minute(world: World):
    worker._by_the_clock(world.app, Job.SEND_NOTICES)
    (planned,) = worker._jobs(world.app).huey.pending()
    assert planned.name == Job.SEND_NOTICES.value
    assert planned.eta is not None


def test_bytes_of_somebody_else_in_the_queue_are_not_unpickled(world: World):
    huey = worker._jobs(world.app).huey
    huey.storage.enqueue(b"cos\nsystem\n(S'touch /tmp/owned'\ntR.")
    with pytest.raises(ValueError, match="Separator"):
        huey.dequeue()


def test_what_nobody_needs_any_more_is_deleted_and_nothing_else(world: World):
    entered = world.contact(world.project())
    world.entered(entered.code)
    with time_machine.travel(clock.now() - timedelta(days=100)):
        old_token, _ = sittings.enter(world.session, typed=entered.code, visitor=VISITOR, sitting_id=None)
        throttle.take(world.session, name="old", limit=throttle.CODE_PER_ADDRESS)
        paid(world)
    paid(world)
    before = count(world, select(func.count()).select_from(Answer))
    assert old_token
    assert housekeeping.tidy_up(world.session) >= 4
    assert count(world, select(func.count()).select_from(Sitting)) == 1
    assert count(world, select(func.count()).select_from(Key)) == 1
    assert count(world, select(func.count()).select_from(Bucket).where(Bucket.name == "old")) == 0
    assert 0 < count(world, select(func.count()).select_from(Answer)) < before
    assert housekeeping.tidy_up(world.session) == 0


SEPARATE = """
import sys, threading
from portal import config, create_app, worker
app = create_app(config.load(instance=sys.argv[1]))
holder = worker.start_embedded(app)
print("begun", flush=True)
sys.stdin.readline()
holder.stop()
"""


def test_a_process_of_its_own_does_what_another_queued(world: World, settings):
    paid(world)
    environment = {"PORTAL_DATABASE_URL": settings.database_url, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", SEPARATE, str(settings.instance)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, cwd=ROOT, text=True, **pipes) as process:
        assert process.stdout.readline() == "begun\n"
        done = until(lambda: count(world, select(func.count()).select_from(ReceiptPdf)) == 1)
        _, said = process.communicate("\n", timeout=60)
    assert done, said
    assert (process.returncode, "Traceback" in said) == (0, False), said
