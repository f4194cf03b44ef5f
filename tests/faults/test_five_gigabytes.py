"""One large file there and back again: uploaded through kills, downloaded through kills; and the memory it took."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from benchmarks.harness import memory, sizes
from portal.models.deliverable import Deliverable
from portal.services import reconciliation
from tests import scale
from tests.faults.patience import LOST, patiently, workers
from tests.studios import Studio, opened

MIB = 1 << 20
SIZE = scale.cases(64 * MIB, full=5_000_000_000)
CHUNK = scale.cases(8 * MIB, full=64 * MIB)
KILLS, LATER_KILLS = scale.cases(2, full=5), scale.cases(1, full=2)
MOST_MEMORY_MB = 64
pytestmark = [pytest.mark.faults, pytest.mark.timeout(scale.cases(300, full=1800))]


class Ambush:
    """Kills when so many bytes have passed: the worker and the whole server by turns."""

    def __init__(self, studio: Studio, places: list[int]) -> None:
        self.studio, self.places, self.kills = studio, sorted(places), 0

    def pass_by(self, position: int) -> None:
        """Called with where the transfer is."""
        if not self.places or position < self.places[0]:
            return
        self.places.pop(0)
        self.kills += 1
        if self.kills % 2:
            self.studio.server.kill()
            self.studio.server.start()
        else:
            for worker in workers(self.studio.server):
                os.kill(worker, signal.SIGKILL)


class Piece:
    """A part of a file as the body of a request, read as it leaves."""

    def __init__(self, path: Path, first: int, passing: Callable[[int], None]) -> None:
        self.file, self.left, self.passing = path.open("rb"), min(CHUNK, SIZE - first), passing
        self.file.seek(first)

    def __len__(self) -> int:
        return self.left

    def read(self, count: int = -1) -> bytes:
        self.passing(self.file.tell())
        content = self.file.read(self.left if count < 0 else min(count, self.left))
        self.left -= len(content)
        return content


def upload(studio: Studio, path: Path, ambush: Ambush) -> UUID:
    """All of it, resumed after each kill from where the server says."""
    address, acknowledged = studio.begin(path.name, SIZE), 0
    while acknowledged < SIZE:
        offset = patiently(lambda: studio.offset(address))
        assert offset >= acknowledged, f"{acknowledged} bytes were acknowledged, {offset} are left"
        acknowledged = offset
        with contextlib.suppress(*LOST):
            while acknowledged < SIZE:
                piece = Piece(path, acknowledged, ambush.pass_by)
                with piece.file:
                    answer = studio.patch(address, acknowledged, piece)
                assert answer.status_code == 204, answer.text
                acknowledged = int(answer.headers["Upload-Offset"])
    return UUID(address.rpartition("/")[2])


def download(studio: Studio, file: UUID, ambush: Ambush) -> str:
    """The hash of what came, each time from where it broke off."""
    digest, got, tag = hashlib.sha256(), 0, ""
    while got < SIZE:
        wanted = {"Range": f"bytes={got}-", "If_Range": tag} if got else {}
        with contextlib.suppress(*LOST), studio.get(f"/deliverables/{file}/file", **wanted) as answer:
            assert answer.status_code == (206 if got else 200)
            tag = answer.headers["ETag"]
            for content in answer.iter_content(MIB):
                digest.update(content)
                got += len(content)
                ambush.pass_by(got)
    return digest.hexdigest()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path) as running:
        yield running


def test_a_large_file_comes_and_goes_through_kills_unchanged(studio: Studio, tmp_path: Path) -> None:
    path, chance = sizes.noise(tmp_path / "large.bin", SIZE), scale.chance("five gigabytes")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    coming = Ambush(studio, [chance.randrange(MIB, SIZE - MIB) for _ in range(KILLS)])
    going = Ambush(studio, [chance.randrange(MIB, SIZE - 16 * MIB) for _ in range(LATER_KILLS)])
    began = time.monotonic()
    with memory.Curve(lambda: process(studio)) as curve:
        made = upload(studio, path, coming)
        uploaded = time.monotonic()
        got = download(studio, made, going)
    assert (coming.kills, going.kills) == (KILLS, LATER_KILLS)
    with studio.look() as session:
        kept = session.get_one(Deliverable, made)
        assert (kept.bytes, kept.sha256, got) == (SIZE, digest, digest)
    assert curve.growth < MOST_MEMORY_MB
    studio.server.stop()
    with studio.look() as session:
        assert reconciliation.run(session).unexplained == 0
    scale.figure(
        "D2", "one large file up and down again through kills, hash equal", bytes=SIZE, kills=KILLS + LATER_KILLS,
        upload_seconds=round(uploaded - began), download_seconds=round(time.monotonic() - uploaded),
        memory_growth_MB=round(curve.growth), memory_MB_at_each_tenth=curve.at_tenths(),
    )  # fmt: skip


def process(studio: Studio) -> int:
    """The server's, or none while it is down."""
    running = studio.server._process
    return running.pid if running else 0
