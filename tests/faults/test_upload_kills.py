"""kill -9 while a file arrives: nothing acknowledged is lost or repeated, at whatever moment (D2, D12)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import requests
from sqlalchemy import func, select

from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.services import reconciliation
from tests import scale
from tests.studios import Studio, opened

MIB = 1 << 20
KILLS = scale.cases(40, full=200)
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 30 * KILLS)]
LOST = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class Killer(threading.Thread):
    """Kills the worker at random moments, and every fourth time the whole server, which is then started again."""

    def __init__(self, studio: Studio, chance: random.Random) -> None:
        super().__init__()
        self.studio, self.chance, self.kills, self.enough = studio, chance, 0, threading.Event()

    def run(self) -> None:
        while self.kills < KILLS and not self.enough.wait(self.chance.uniform(0.02, 0.8)):
            self.kills += 1
            if self.kills % 4 == 0:
                self.studio.server.kill()
                self.studio.server.start()
            else:
                for worker in workers(self.studio):
                    os.kill(worker, signal.SIGKILL)


def workers(studio: Studio) -> list[int]:
    """The processes that serve requests."""
    return [
        int(pid) for pid in Path(f"/proc/{studio.server.pid}/task/{studio.server.pid}/children").read_text().split()
    ]


class Sender:
    """Sends one file in pieces of 1 MiB and remembers what was acknowledged."""

    def __init__(self, studio: Studio, name: str, content: bytes) -> None:
        self.studio, self.content = studio, content
        patiently(lambda: give_up_orphans(studio))
        self.address = patiently(lambda: studio.begin(name, len(content)))
        self.acknowledged = 0

    def send(self) -> None:
        """All of it, whatever happens to the server."""
        while self.acknowledged < len(self.content):
            offset = patiently(lambda: self.studio.offset(self.address))
            # The promise itself.
            assert offset >= self.acknowledged, f"{self.acknowledged} bytes were acknowledged, {offset} are left"
            with contextlib.suppress(*LOST):
                self._go_on(offset)
        assert patiently(lambda: self.studio.offset(self.address)) == len(self.content)

    def _go_on(self, offset: int) -> None:
        self.acknowledged = offset
        while offset < len(self.content):
            answer = self.studio.patch(self.address, offset, self.content[offset : offset + MIB])
            if answer.status_code != 204:
                assert answer.status_code in (409, 423, 503), answer.text
                return
            offset = self.acknowledged = int(answer.headers["Upload-Offset"])


def give_up_orphans(studio: Studio) -> None:
    """A place whose address never reached us, because the answer was lost, is taken until somebody gives it up."""
    with studio.look() as session:
        orphans = list(session.scalars(select(Upload.id).where(Upload.state == UploadState.RECEIVING)))
    for upload_id in orphans:
        assert studio.tus("DELETE", f"/uploads/{upload_id}").status_code in (204, 410)


def patiently(act):
    """Try until the server is there again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return act()
        except (*LOST, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path) as running:
        yield running


def test_random_kills_lose_and_repeat_nothing(studio: Studio) -> None:
    chance = scale.chance("upload kills")
    killer, files = Killer(studio, chance), 0
    killer.start()
    try:
        while killer.is_alive():
            sender = Sender(studio, f"file {files % 4}.bin", random.Random(files).randbytes(64 * MIB))
            sender.send()
            is_stored(studio, sender)
            files += 1
    finally:
        killer.enough.set()
        killer.join()
    assert killer.kills == KILLS
    everything_is_explained(studio)
    scale.figure("D2", "kill -9 while files of 64 MiB arrive in pieces of 1 MiB", kills=KILLS, files=files)


def is_stored(studio: Studio, sender: Sender) -> None:
    digest = hashlib.sha256(sender.content).hexdigest()
    upload_id = UUID(sender.address.rpartition("/")[2])
    with studio.look() as session:
        made = session.get_one(Deliverable, upload_id)
        assert (made.sha256, made.bytes) == (digest, len(sender.content))
    got = patiently(lambda: studio.get(f"/deliverables/{upload_id}/file").content)
    assert hashlib.sha256(got).hexdigest() == digest


def everything_is_explained(studio: Studio) -> None:
    studio.server.stop()
    with studio.look() as session:
        report = reconciliation.run(session)
        assert report.unexplained == 0, report
        # A place may be left that was reserved when the answer with its address was lost.
        left = select(func.max(Upload.offset_bytes)).where(Upload.state == UploadState.RECEIVING)
        assert session.scalar(left) in (None, 0)


ONCE = (
    "upload.created", "upload.reserved", "upload.complete", "upload.renamed", "upload.kept", "upload.finishing",
    "upload.stored",
)  # fmt: skip
OFTEN = ("upload.written", "upload.synced", "upload.recorded")
STEPS = [(point, 1) for point in ONCE] + [(point, turn) for point in OFTEN for turn in (1, 2, 3)]


@pytest.mark.parametrize(("point", "turn"), STEPS)
def test_a_kill_at_every_step_is_repaired(tmp_path: Path, point: str, turn: int) -> None:
    content = os.urandom(3 * MIB)
    plan = {"MILEPOST_FAILPOINT": f"{point}=kill@{turn}"}
    with opened(tmp_path, environment=plan) as studio:
        died_at = None
        address, offset = None, 0
        for _ in range(40):
            try:
                address = address or studio.begin("file.bin", len(content))
                offset = max(offset, studio.offset(address)) if died_at else offset
                while offset < len(content):
                    answer = studio.patch(address, offset, content[offset : offset + MIB])
                    assert answer.status_code == 204, answer.text
                    offset = int(answer.headers["Upload-Offset"])
                break
            except LOST:
                died_at = point
                # The master starts a new worker, which would die at the same place: another server takes over.
                studio.server.kill()
                studio.server._environment = {}
                studio.server.start()
        assert died_at == point, "the failpoint was never reached"
        digest = hashlib.sha256(content).hexdigest()
        made = UUID(address.rpartition("/")[2])
        assert studio.offset(address) == len(content)
        assert hashlib.sha256(studio.get(f"/deliverables/{made}/file").content).hexdigest() == digest
        studio.server.stop()
        with studio.look() as session:
            assert reconciliation.run(session).unexplained == 0
            assert session.get_one(Deliverable, made).sha256 == digest
            live = select(func.count()).select_from(Deliverable).where(Deliverable.superseded_at.is_(None))
            assert session.scalar(live) == 1
