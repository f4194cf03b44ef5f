"""Several write one upload at the same moment, and some die at it: one order of bytes, and nobody waits long (D5)."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import requests

from portal.models.deliverable import Deliverable
from tests import scale
from tests.studios import Studio, opened

WRITERS, PIECES, PIECE = 8, 4, 10_000
ROUNDS = scale.cases(3, full=100)
DEATHS = scale.cases(2, full=10)
LONGEST_WAIT_SECONDS = 5
pytestmark = [pytest.mark.faults, pytest.mark.timeout(scale.cases(300, full=1800))]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with opened(tmp_path_factory.mktemp("writers")) as running:
        yield running


class Writer(threading.Thread):
    """Sends pieces that say whose they are, each at the offset it was told last; keeps what was acknowledged."""

    def __init__(self, studio: Studio, address: str, name: int, start: threading.Barrier) -> None:
        super().__init__()
        self.studio, self.address, self.start_line = studio, address, start
        self.piece = bytes([65 + name]) * PIECE
        self.acknowledged: list[int] = []
        self.odd: list[int] = []

    def run(self) -> None:
        self.start_line.wait()
        offset = 0
        while offset < WRITERS * PIECES * PIECE:
            answer = self.studio.patch(self.address, offset, self.piece)
            if answer.status_code == 204:
                self.acknowledged.append(offset)
                offset = int(answer.headers["Upload-Offset"])
            else:
                self.odd += [] if answer.status_code in (409, 423) else [answer.status_code]
                offset = self.studio.offset(self.address)


def test_eight_writers_of_one_upload_make_one_order_of_bytes(studio: Studio) -> None:
    taken = 0
    for turn in range(ROUNDS):
        length = WRITERS * PIECES * PIECE
        address, start = studio.begin(f"race {turn % 2}.bin", length), threading.Barrier(WRITERS, timeout=60)
        writers = [Writer(studio, address, name, start) for name in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert [writer.odd for writer in writers] == [[]] * WRITERS
        content = stored(studio, address)
        told = {offset: writer.piece for writer in writers for offset in writer.acknowledged}
        assert sum(len(writer.acknowledged) for writer in writers) == len(told) == length // PIECE
        assert content == b"".join(told[offset] for offset in sorted(told))
        taken += len(told)
    scale.figure("D5", f"{WRITERS} writers of one upload on a real server", rounds=ROUNDS, pieces=taken)


def stored(studio: Studio, address: str) -> bytes:
    """The file that came of it; its hash is the one that was kept."""
    upload_id = UUID(address.rpartition("/")[2])
    content: bytes = studio.get(f"/deliverables/{upload_id}/file").content
    with studio.look() as session:
        made = session.get_one(Deliverable, upload_id)
        assert (made.bytes, made.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    return content


def begin_and_fall_silent(studio: Studio, address: str, length: int) -> socket.socket:
    """A request that announces more than it sends, and stays open."""
    target = urlsplit(studio.server.url)
    connection = socket.create_connection((target.hostname or "", target.port or 0), timeout=30)
    headers = {
        "Host": target.netloc, "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Length": str(length),
        "Content-Type": "application/offset+octet-stream",
    } | studio.owner  # fmt: skip
    lines = [f"PATCH {address} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    connection.sendall("\r\n".join(lines).encode() + b"x" * PIECE)
    time.sleep(0.3)
    return connection


def goes_on(studio: Studio, address: str, length: int) -> None:
    """Somebody asks where it stands within seconds, and sends the rest."""
    begun = time.monotonic()
    offset = studio.offset(address)
    assert time.monotonic() - begun <= LONGEST_WAIT_SECONDS
    assert offset in (0, PIECE)
    answer = studio.patch(address, offset, b"x" * (length - offset))
    if answer.status_code == 409:
        # What the dead writer had sent was only taken now; whoever goes on asks once more, as every client does.
        offset = studio.offset(address)
        assert offset == PIECE
        answer = studio.patch(address, offset, b"x" * (length - offset))
    assert answer.status_code == 204
    assert stored(studio, address) == b"x" * length


@pytest.mark.parametrize("hangs_up", [False, True], ids=["falls silent", "hangs up"])
def test_asking_where_it_stands_frees_a_dead_writer(studio: Studio, hangs_up: bool) -> None:
    for turn in range(DEATHS):
        length = 3 * PIECE
        address = studio.begin(f"dead {turn % 2}.bin", length)
        connection = begin_and_fall_silent(studio, address, length)
        if hangs_up:
            connection.close()
        goes_on(studio, address, length)
        connection.close()
    how = "hangs up" if hangs_up else "falls silent"
    scale.figure("D5", f"a writer {how} and HEAD frees the upload within 5 s", cases=DEATHS)


def test_a_killed_writer_frees_its_upload(studio: Studio) -> None:
    address = studio.begin("killed.bin", 3 * PIECE)
    connection = begin_and_fall_silent(studio, address, 3 * PIECE)
    for child in Path(f"/proc/{studio.server.pid}/task/{studio.server.pid}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    connection.close()
    until_ready(studio)
    goes_on(studio, address, 3 * PIECE)


def until_ready(studio: Studio) -> None:
    """The master starts another worker."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            assert studio.get("/readyz").status_code == 200
            return
        except requests.exceptions.ConnectionError:
            time.sleep(0.05)
    raise AssertionError("no worker came back")
