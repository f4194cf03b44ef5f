"""A disk that gets full: a clear refusal, nothing half done, and all goes on when there is room again (D4, I7)."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import requests
from sqlalchemy import func, select

from portal.models.deliverable import Deliverable
from portal.models.project import Project
from tests import scale
from tests.faults import disks, invariants, tracing
from tests.faults.disks import MIB, SmallDisk
from tests.faults.patience import workers
from tests.forms import by_amount
from tests.studios import Studio, opened
from tests.warm import WarmServer

SIZE = 64 * MIB
LENGTH = 12 * MIB
POINTS = scale.cases(3, full=20)
INJECTED = scale.cases(2, full=20)
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
Place = tuple[Studio, SmallDisk]


@pytest.fixture
def uploads_apart(tmp_path: Path) -> Iterator[Place]:
    """Files on a disk of 64 MiB of their own, the database elsewhere."""
    with disks.mounted(tmp_path / "small", SIZE) as disk:
        (tmp_path / "instance").mkdir()
        (tmp_path / "instance" / "portal.toml").write_text(f'storage_url = "file:{disk.root}/files"\n')
        with opened(tmp_path, kind=WarmServer) as studio:
            yield studio, disk


@pytest.fixture
def all_on_it(tmp_path: Path) -> Iterator[Place]:
    """Everything of an instance on a disk of 64 MiB."""
    with disks.mounted(tmp_path / "small", SIZE) as disk, opened(disk.root, kind=WarmServer) as studio:
        yield studio, disk


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with opened(tmp_path_factory.mktemp("full"), kind=WarmServer) as running:
        yield running


def send(studio: Studio, address: str, content: bytes) -> requests.Response:
    """From where it stands, in pieces of 1 MiB, until all is there or something else than 204 comes."""
    offset = studio.offset(address)
    while True:
        answer = studio.patch(address, offset, content[offset : offset + MIB])
        if answer.status_code != 204 or int(answer.headers["Upload-Offset"]) == len(content):
            return answer
        offset = int(answer.headers["Upload-Offset"])


def is_whole(studio: Studio, address: str, content: bytes) -> None:
    upload_id, digest = UUID(address.rpartition("/")[2]), hashlib.sha256(content).hexdigest()
    with studio.look() as session:
        assert session.get_one(Deliverable, upload_id).sha256 == digest
    assert hashlib.sha256(studio.get(f"/deliverables/{upload_id}/file").content).hexdigest() == digest


def create(studio: Studio, key: str) -> requests.Response:
    form = by_amount("100", contact_email="") | {"idempotency_key": key}
    return studio.tus("POST", "/projects", data=form, allow_redirects=False)


def projects(studio: Studio) -> int:
    with studio.look() as session:
        return session.scalar(select(func.count()).select_from(Project)) or 0


def everything_holds(studio: Studio) -> None:
    with studio.look() as session:
        invariants.hold(session)
        invariants.explained(session)


def test_an_upload_into_a_disk_that_gets_full_keeps_what_came_and_goes_on_later(uploads_apart: Place) -> None:
    studio, disk = uploads_apart
    chance = scale.chance("full disk")
    for _ in range(POINTS):
        content = chance.randbytes(LENGTH)
        address = studio.begin("file.bin", LENGTH)
        room = chance.randrange(LENGTH // disks.BLOCK) * disks.BLOCK
        disk.leave(room)
        refused = send(studio, address, content)
        assert (refused.status_code, refused.json()["error"]["code"]) == (507, "no_space")
        kept = studio.offset(address)
        assert room - 2 * MIB < kept <= room
        assert studio.get("/projects").status_code == 200
        assert create(studio, uuid.uuid4().hex).status_code == 303
        disk.clear()
        assert send(studio, address, content).status_code == 204
        is_whole(studio, address, content)
        # The disk is small: what was looked at makes room for the next.
        taken_back = studio.tus("DELETE", f"/deliverables/{address.rpartition('/')[2]}")
        assert taken_back.status_code == 204
    everything_holds(studio)
    scale.figure("D4", "the disk gets full at a random point of an upload", points=POINTS)


def test_a_disk_near_its_end_takes_no_uploads_but_still_keeps_acts(all_on_it: Place) -> None:
    studio, disk = all_on_it
    disk.leave(SIZE // 4 - MIB)
    headers = {"Upload-Length": "1000", "Upload-Metadata": studio.metadata("file.bin")}
    assert studio.tus("POST", "/uploads", headers=headers).status_code == 507
    assert [create(studio, uuid.uuid4().hex).status_code for _ in range(5)] == [303] * 5
    everything_holds(studio)


def test_a_database_that_cannot_grow_refuses_clearly_and_goes_on_later(all_on_it: Place) -> None:
    studio, disk = all_on_it
    chance, refusals = scale.chance("full database"), 0
    for _ in range(POINTS):
        disk.leave(chance.randrange(64) * disks.BLOCK)
        before, made = projects(studio), 0
        while (answer := create(studio, key := uuid.uuid4().hex)).status_code == 303:
            made += 1
        assert_clear(answer)
        refusals += 1
        assert studio.get("/projects").status_code == 200
        assert projects(studio) == before + made
        disk.clear()
        assert [create(studio, key).status_code for _ in range(2)] == [303, 303]
        assert projects(studio) == before + made + 1
    everything_holds(studio)
    scale.figure("I7", "the disk of the database gets full at a random point", points=refusals)


def assert_clear(answer: requests.Response) -> None:
    """“Later”, in one sentence."""
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), answer.text[:2000]
    sentences = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    assert len(sentences) == 1
    assert "Traceback" not in answer.text


def test_files_that_may_not_grow_are_a_full_disk_too(studio: Studio) -> None:
    """The same without a disk of its own, so that it is tried on every machine."""
    chance = scale.chance("file limit")
    for _ in range(POINTS):
        content = chance.randbytes(16 * MIB)
        address = studio.begin("file.bin", len(content))
        # The log of the database is a file as well; it stays below what it is moved over at.
        most = chance.randrange(8 * MIB, 16 * MIB)
        with disks.limited(workers(studio.server), most):
            assert send(studio, address, content).status_code == 507
        assert studio.offset(address) <= most
        assert send(studio, address, content).status_code == 204
        is_whole(studio, address, content)
    everything_holds(studio)
    scale.figure("D4", "files of the server may not grow any more", points=POINTS)


def test_a_write_that_finds_no_space_is_refused_and_nothing_of_it_counts(studio: Studio, tmp_path: Path) -> None:
    tracing.require()
    (worker,) = workers(studio.server)
    for nth in range(INJECTED):
        content = os.urandom(3 * MIB)
        address, before = studio.begin("file.bin", len(content)), nth % 3 * MIB
        if before:
            assert studio.patch(address, 0, content[:before]).status_code == 204
        part = studio.server.instance / "files" / "incoming" / f"{address.rpartition('/')[2]}.part"
        inject = ("-P", str(part), "-e", "inject=pwrite64:error=ENOSPC")
        with tracing.attached(worker, tmp_path / "trace", *inject, watched="pwrite64"):
            assert send(studio, address, content).status_code == 507
        assert studio.offset(address) == before
        assert send(studio, address, content).status_code == 204
        is_whole(studio, address, content)
    everything_holds(studio)
    scale.figure("D4", "write fails with ENOSPC, by strace", failures=INJECTED)
