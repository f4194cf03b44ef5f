"""Nothing is acknowledged that is not on the disk: the order of system calls, and disks that fail to sync (D3, I6)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.models.deliverable import Deliverable, Upload
from portal.models.project import Project
from tests import scale
from tests.faults import invariants, tracing
from tests.faults.patience import workers
from tests.faults.tracing import Call, in_order
from tests.forms import by_amount
from tests.studios import Studio, opened
from tests.warm import WarmServer

PIECE = 100_000
TRACES = scale.cases(3, full=20)
FAILURES = scale.cases(2, full=10)
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    tracing.require()
    with opened(tmp_path_factory.mktemp("traced"), kind=WarmServer) as running:
        # Whatever happens only the first time has happened before anybody looks.
        upload(running, os.urandom(10))
        create(running)
        yield running


def upload(studio: Studio, content: bytes) -> UUID:
    """A file in two pieces."""
    address = studio.begin("file.bin", len(content))
    half = len(content) // 2
    for offset, piece in ((0, content[:half]), (half, content[half:])):
        answer = studio.patch(address, offset, piece)
        assert answer.status_code == 204, answer.text
    return UUID(address.rpartition("/")[2])


def create(studio: Studio, key: str = "") -> int:
    """A project, by its form; the status."""
    form = by_amount("100", contact_email="") | {"idempotency_key": key or uuid.uuid4().hex}
    return studio.tus("POST", "/projects", data=form, allow_redirects=False).status_code


def count(studio: Studio, chosen) -> int:
    with studio.look() as session:
        return session.scalar(select(func.count()).select_from(chosen)) or 0


def seen(studio: Studio, tmp_path: Path, act) -> list[Call]:
    (worker,) = workers(studio.server)
    with tracing.attached(worker, tmp_path / "trace"):
        act()
    return tracing.calls(tmp_path / "trace")


def test_bytes_are_on_the_disk_and_written_down_before_they_are_acknowledged(studio: Studio, tmp_path: Path) -> None:
    made: list[UUID] = []
    found = seen(studio, tmp_path, lambda: made.extend(upload(studio, os.urandom(2 * PIECE)) for _ in range(TRACES)))
    for upload_id in made:
        part, folder = f"incoming/{upload_id}.part", f"files/{str(upload_id)[-2:]}"
        written = ("pwrite64", (part,)), ("fsync", (part,)), ("fdatasync", ("portal.db-wal",))
        in_order(
            found,
            *written, ("sendto", ("HTTP/1.1 204",)),
            *written, ("fsync", (part,)), ("rename", (part, f"{folder}/{upload_id}")), ("fsync", (f"{folder}>",)),
            ("fsync", ("files/incoming>",)), ("fdatasync", ("portal.db-wal",)), ("sendto", ("HTTP/1.1 204",)),
        )  # fmt: skip
        nothing_early(found, upload_id)
    scale.figure("D3", "order of syncs of an upload by strace", traces=len(made))


def nothing_early(found: list[Call], upload_id: UUID) -> None:
    """No answer leaves between a write and its sync, nor between the rename and the row that tells of it."""
    acts = [call for call in found if call.is_about(str(upload_id)) and call.name in ("pwrite64", "fsync", "rename")]
    for before, after in pairwise(acts):
        if before.name in ("pwrite64", "rename"):
            early = [c for c in found if before.begun < c.begun < after.ended and c.is_about("HTTP/1.1 204")]
            assert early == [], f"an answer before {after.name}"


def test_an_act_is_in_the_log_of_the_database_on_disk_before_it_is_answered(studio: Studio, tmp_path: Path) -> None:
    def act() -> None:
        for _ in range(TRACES):
            assert create(studio) == 303

    found = seen(studio, tmp_path, act)
    after = -1
    for _ in range(TRACES):
        write, sync, answer = in_order(
            [call for call in found if call.begun > after],
            ("pwrite64", ("portal.db-wal",)), ("fdatasync", ("portal.db-wal",)), ("sendto", ("HTTP/1.1 303",)),
        )  # fmt: skip
        between = [c for c in found if write.begun < c.begun < sync.ended and c.is_about("HTTP/1.1 303")]
        assert between == []
        after = answer.ended
    scale.figure("I6", "order of syncs of a database act by strace", traces=TRACES)


def test_a_disk_that_cannot_sync_gets_no_file_acknowledged(studio: Studio, tmp_path: Path) -> None:
    (worker,) = workers(studio.server)
    files, content = count(studio, Deliverable), os.urandom(PIECE)
    for _ in range(FAILURES):
        address = studio.begin("file.bin", PIECE)
        with tracing.attached(worker, tmp_path / "trace", "-e", "inject=fsync:error=EIO"):
            answer = studio.patch(address, 0, content)
        assert answer.status_code >= 500
        assert studio.offset(address) == 0
        with studio.look() as session:
            assert session.get_one(Upload, UUID(address.rpartition("/")[2])).offset_bytes == 0
        assert count(studio, Deliverable) == files
        assert studio.patch(address, 0, content).status_code == 204
        files += 1
    assert count(studio, Deliverable) == files
    scale.figure("D3", "fsync fails with EIO while a file arrives", failures=FAILURES)


def test_a_disk_that_cannot_sync_gets_no_act_acknowledged(studio: Studio, tmp_path: Path) -> None:
    (worker,) = workers(studio.server)
    for _ in range(FAILURES):
        projects, key = count(studio, Project), uuid.uuid4().hex
        with tracing.attached(worker, tmp_path / "trace", "-e", "inject=fdatasync:error=EIO"):
            status = create(studio, key)
        assert status == 503
        assert count(studio, Project) == projects
        assert (create(studio, key), create(studio, key)) == (303, 303)
        assert count(studio, Project) == projects + 1
    with studio.look() as session:
        invariants.hold(session)
        invariants.explained(session)
    scale.figure("I6", "fdatasync fails with EIO while an act is kept", failures=FAILURES)
