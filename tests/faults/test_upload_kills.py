"""kill -9 while a file arrives: nothing acknowledged is lost or repeated, at whatever moment (D2, D12)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.models.deliverable import Deliverable, Upload, UploadState
from tests import scale
from tests.faults import invariants
from tests.faults.patience import LOST, Killer, patiently
from tests.studios import Studio, opened
from tests.warm import WarmServer

MIB = 1 << 20
KILLS = scale.cases(24, full=200)
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 30 * KILLS)]


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


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path, kind=WarmServer) as running:
        yield running


def test_random_kills_lose_and_repeat_nothing(studio: Studio) -> None:
    chance = scale.chance("upload kills")
    killer, files = Killer(studio.server, chance, KILLS), 0
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
    assert (killer.kills, killer.failure) == (KILLS, None)
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
        invariants.explained(session)
        # A place may be left that was reserved when the answer with its address was lost.
        left = select(func.max(Upload.offset_bytes)).where(Upload.state == UploadState.RECEIVING)
        assert session.scalar(left) in (None, 0)


ONCE = (
    "upload.created", "upload.reserved", "upload.complete", "upload.renamed", "upload.kept", "upload.finishing",
    "upload.stored",
)  # fmt: skip
OFTEN = ("upload.written", "upload.synced", "upload.recorded")
STEPS = [(point, 1) for point in ONCE] + [(point, turn) for point in OFTEN for turn in (1, 2, 3)]
# What comes back: another worker of the same server, or all of it, which looks through storage before it serves.
REVIVALS = ("worker", "server") if scale.FULL else ("worker",)


class Stepping:
    """A running studio, and the note on which it is told where to die next."""

    def __init__(self, studio: Studio, note: Path) -> None:
        self.studio, self.note, self.acknowledged = studio, note, 0

    def send(self, content: bytes, revival: str) -> tuple[str, int]:
        """A file in pieces of 1 MiB, whatever happens. Its address, and how often the server was gone."""
        address, losses, self.acknowledged = "", 0, 0
        while True:
            try:
                address = address or self.studio.begin("file.bin", len(content))
                self._go_on(address, content)
                return address, losses
            except LOST:
                losses += 1
                if revival == "server":
                    self.studio.server.kill()
                    self.studio.server.start()

    def _go_on(self, address: str, content: bytes) -> None:
        offset = self.studio.offset(address)
        assert offset >= self.acknowledged
        while offset < len(content):
            answer = self.studio.patch(address, offset, content[offset : offset + MIB])
            assert answer.status_code == 204, answer.text
            offset = self.acknowledged = int(answer.headers["Upload-Offset"])


@pytest.fixture(scope="module")
def stepping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stepping]:
    folder = tmp_path_factory.mktemp("steps")
    note = folder / "note"
    with opened(folder, environment={"MILEPOST_FAILPOINT": f"@{note}"}, kind=WarmServer) as studio:
        yield Stepping(studio, note)


@pytest.mark.parametrize("revival", REVIVALS)
@pytest.mark.parametrize(("point", "turn"), STEPS)
def test_a_kill_at_every_step_is_repaired(stepping: Stepping, point: str, turn: int, revival: str) -> None:
    studio, content = stepping.studio, os.urandom(3 * MIB)
    stepping.note.write_text(f"{point}=kill@{turn}")
    address, losses = stepping.send(content, revival)
    assert (losses > 0, stepping.note.read_text()) == (True, ""), f"{point} was never reached"
    digest, made = hashlib.sha256(content).hexdigest(), UUID(address.rpartition("/")[2])
    assert studio.offset(address) == len(content)
    assert hashlib.sha256(studio.get(f"/deliverables/{made}/file").content).hexdigest() == digest
    give_up_orphans(studio)
    with studio.look() as session:
        invariants.explained(session)
        assert session.get_one(Deliverable, made).sha256 == digest
        live = select(func.count()).select_from(Deliverable).where(Deliverable.superseded_at.is_(None))
        assert session.scalar(live) == 1
        stored = select(func.count()).select_from(Deliverable).where(Deliverable.sha256 == digest)
        assert session.scalar(stored) == 1


def test_the_steps_are_all_there_are() -> None:
    from tests.faults.test_failpoints import points_in_the_code

    assert {*ONCE, *OFTEN} == {point for point in points_in_the_code() if point.startswith("upload.")}
