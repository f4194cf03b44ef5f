"""Disks forget: a file that is not what was stored is found, named, and not handed out (D11)."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select, update
from structlog.testing import capture_logs

from portal import worker
from portal.adapters import clock, outside
from portal.models.deliverable import Deliverable
from portal.services import rereading, verification
from portal.worker import Job
from tests import scale
from tests.worlds import Browser, World

FLIPS = scale.cases(5, full=50)
WEEK = rereading.EVERY + timedelta(minutes=1)
pytestmark = [pytest.mark.scaled]


@pytest.fixture
def files(world: World) -> list[Deliverable]:
    """Some files of one delivered milestone."""
    milestone = world.milestone(world.project())
    return [world.store(milestone, f"file {n}.bin", os.urandom(2000)) for n in range(3)]


def path(world: World, file: Deliverable) -> Path:
    return outside.of(world.session).storage.path(file.id)


def flip(target: Path, chance: random.Random) -> None:
    """One bit of one byte; the size stays."""
    target.chmod(0o600)
    content = bytearray(target.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    target.write_bytes(content)


def read_all(world: World) -> list:
    """What the hourly job does when everything was read long ago."""
    world.session.rollback()
    world.session.execute(update(Deliverable).values(checked_at=None))
    world.session.commit()
    with time_machine.travel(clock.now() + WEEK):
        return rereading.run(world.session)


def download(browser: Browser, file: Deliverable) -> tuple[int, bytes]:
    answer = browser.get(f"/deliverables/{file.id}/file")
    return answer.status_code, answer.data


def test_a_flipped_bit_is_found_named_and_not_handed_out(world: World, files: list[Deliverable]) -> None:
    chance, vera = scale.chance("bit rot"), world.browser(world.owner)
    for _ in range(FLIPS):
        victim = chance.choice(files)
        good = path(world, victim).read_bytes()
        flip(path(world, victim), chance)
        with capture_logs() as said:
            assert read_all(world) == [victim.id]
        assert ("stored_file_damaged", str(victim.id)) in [(line["event"], line.get("file")) for line in said]
        status, body = download(vera, victim)
        assert (status, good[:100] in body) == (503, False)
        assert vera.get(f"/milestones/{victim.milestone_id}/archive.zip").status_code == 503
        found = [finding.reason for finding in verification.verify(world.session, files=True).findings]
        assert found == [f"File {victim.id} is not what was stored: its hash is another."]
        others = [file for file in files if file is not victim]
        assert [download(vera, file)[0] for file in others] == [200, 200]
        path(world, victim).write_bytes(good)
        assert read_all(world) == []
        assert download(vera, victim) == (200, good)
    scale.figure("D11", f"one bit of a stored file flipped, {world.session.get_bind().dialect.name}", flips=FLIPS)


def test_ranges_and_head_of_a_damaged_file_are_refused_too(world: World, files: list[Deliverable]) -> None:
    vera, address = world.browser(world.owner), f"/deliverables/{files[0].id}/file"
    flip(path(world, files[0]), scale.chance("range of a damaged file"))
    read_all(world)
    assert vera.get(address, Range="bytes=0-9").status_code == 503
    assert vera.client.head(address).status_code == 503


def test_a_missing_and_a_cut_file_are_damaged_too(world: World, files: list[Deliverable]) -> None:
    path(world, files[0]).unlink()
    path(world, files[1]).chmod(0o600)
    os.truncate(path(world, files[1]), 5)
    assert set(read_all(world)) == {files[0].id, files[1].id}


def test_each_file_is_read_once_a_week_and_a_damaged_one_every_time(world: World, files: list[Deliverable]) -> None:
    def looked_at() -> list:
        world.session.rollback()
        return [file.checked_at for file in world.session.scalars(select(Deliverable).order_by(Deliverable.id))]

    assert (rereading.run(world.session), looked_at()) == ([], [None] * 3)
    with time_machine.travel(clock.now() + WEEK, tick=False) as later:
        rereading.run(world.session)
        assert looked_at() == [clock.now()] * 3
        later.shift(timedelta(hours=1))
        flip(path(world, files[0]), scale.chance("read every time"))
        assert rereading.run(world.session) == []
        later.shift(WEEK)
        assert [rereading.run(world.session) for _ in range(2)] == [[files[0].id]] * 2
        assert world.session.get_one(Deliverable, files[0].id).damaged_at == clock.now()


def test_a_turn_ends_after_its_time_and_the_next_goes_on(world: World, files: list[Deliverable], monkeypatch) -> None:
    monkeypatch.setattr(rereading, "TURN_SECONDS", -1)
    assert (read_all(world), len(rereading._due(world.session))) == ([], 0)
    monkeypatch.setattr(rereading, "TURN_SECONDS", 600)
    flip(path(world, files[2]), scale.chance("next turn"))
    assert read_all(world) == [files[2].id]


def test_the_job_of_the_hour_reads_what_is_due(world: World, files: list[Deliverable]) -> None:
    flip(path(world, files[0]), scale.chance("job"))
    with time_machine.travel(clock.now() + WEEK):
        worker.do(world.app, Job.REREAD_FILES)
    world.session.rollback()
    assert [file.damaged_at is None for file in files] == [False, True, True]


def test_a_proof_that_changed_is_not_shown(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Done.")
    proof = world.keep_proof()
    payment = world.report(step, cleo, proof=proof)
    vera, address = world.browser(world.owner), f"/payments/{payment.id}/proof"
    assert vera.get(address).status_code == 200
    flip(outside.of(world.session).storage.proofs / str(proof.id), scale.chance("proof"))
    assert vera.get(address).status_code == 503
