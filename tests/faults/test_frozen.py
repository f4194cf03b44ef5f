"""A process that freezes with work in hand: another takes over, and when it wakes nothing is done twice (I8)."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

from portal.adapters import clock
from portal.models.outbox import Notice
from portal.models.receipt import ReceiptPdf
from portal.notifications import parcels
from portal.services import papers
from tests import scale, warm
from tests.faults import invariants, sinks
from tests.faults.sinks import Sink
from tests.faults.test_failpoints import until
from tests.faults.test_mail_faults import DISPATCH, send_later, unsent
from tests.studios import Studio, opened
from tests.warm import Process, WarmServer
from tests.worlds import World

ROUNDS = scale.cases(1, full=10)
MOMENTS = ("mail.composed", "mail.accepted", "mail.marking")
DRAW = """
import sys
from portal import config, create_app
from portal.services import papers
from portal.web.installation import installation
app = create_app(config.load(instance=sys.argv[1]))
with installation(app).sessions() as session:
    papers.draw_missing(session)
"""
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with sinks.running() as running:
        yield running


def state(pid: int) -> str:
    """As the kernel calls it: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@contextmanager
def frozen(settings, log: Path, program: str, point: str, *arguments: str) -> Iterator[Process]:
    """A process that has stopped at a point of its work. Woken when the block is over, it works to its end."""
    plan = {"PORTAL_DATABASE_URL": settings.database_url, "MILEPOST_FAILPOINT": f"{point}=stop@1"}
    process = warm.stove().start(program, str(settings.instance), *arguments, log=log, environment=plan)
    try:
        until(lambda: state(process.pid) == "T")
        yield process
        os.kill(process.pid, signal.SIGCONT)
        process.wait(60)
    finally:
        process.kill()
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("moment", MOMENTS[:2])
def test_another_takes_over_the_mails_of_a_frozen_sender_when_its_lease_is_over(
    world: World, sink: Sink, settings, tmp_path: Path, moment: str
) -> None:
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Done.")
    for _ in range(ROUNDS):
        world.report(step, cleo, 1, duplicate_ok=True)
        world.session.rollback()
        with frozen(settings, tmp_path / "log", DISPATCH, moment, sink.url):
            held = {notice.id for notice in unsent(world.session)}
            with time_machine.travel(clock.now() + parcels.LEASE / 2):
                assert parcels.claim(world.session, most=99) == []
            send_later(world.session, sink)
            assert (len(held) > 0, unsent(world.session)) == (True, [])
    ids = set(world.session.scalars(select(Notice.message_id)))
    assert set(sink.accepted) == ids
    assert sum(times - 1 for times in sink.accepted.values()) <= ROUNDS
    assert max(sink.accepted.values()) <= 2
    scale.figure("I8", f"a sender frozen at {moment}", rounds=ROUNDS, mails=len(ids))


@pytest.mark.parametrize("moment", ["paper.drawn"])
def test_another_draws_the_receipt_of_a_frozen_drawer_and_its_bytes_stay(
    world: World, settings, tmp_path: Path, moment: str
) -> None:
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Done.")
    for _ in range(ROUNDS):
        world.confirm(world.report(step, cleo, 1, duplicate_ok=True))
        world.session.rollback()
        with frozen(settings, tmp_path / "log", DRAW, moment):
            assert papers.draw_missing(world.session) == 1
            before = drawn(world)
        assert drawn(world) == before
    assert len(before) == ROUNDS
    invariants.hold(world.session)
    scale.figure("I8", f"a drawer of receipts frozen at {moment}", rounds=ROUNDS)


def drawn(world: World) -> dict[object, str]:
    """The hash of each receipt's kept bytes."""
    world.session.rollback()
    return {row.receipt_id: hashlib.sha256(row.pdf).hexdigest() for row in world.session.scalars(select(ReceiptPdf))}


@pytest.mark.skipif(not scale.FULL, reason="waits a minute: only in `make faults`")
def test_a_frozen_worker_is_replaced_and_its_jobs_with_it(tmp_path: Path) -> None:
    note = tmp_path / "note"

    def furnish(world: World, milestone, entered) -> None:
        world.pay(world.deliver(milestone, note="Done."), entered, 100)
        note.write_text("paper.drawn=stop")

    plan = {"MILEPOST_FAILPOINT": f"@{note}"}
    with opened(tmp_path, furnish=furnish, environment=plan, kind=WarmServer) as studio:
        until(lambda: note.read_text() == "")
        until(lambda: is_drawn(studio), seconds=180)
        with studio.look() as session:
            invariants.hold(session)
            invariants.explained(session)
    scale.figure("I8", "a worker of the server frozen while it draws", rounds=1)


def is_drawn(studio: Studio) -> bool:
    with studio.look() as session:
        return session.scalar(select(func.count()).select_from(ReceiptPdf)) == 1
