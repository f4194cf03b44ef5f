"""The tus clients people use, unchanged, against the running server; which is killed in the middle."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from tusclient.client import TusClient

from portal.models.deliverable import Deliverable, Upload
from tests import browser
from tests.studios import Studio, opened

pytestmark = pytest.mark.e2e

MIB = 1 << 20
SCRIPT = Path(__file__).with_name("tus_js_upload.cjs")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path) as running:
        yield running


def made_file(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def is_stored(studio: Studio, address: str, path: Path) -> None:
    """The file that came out is the one that went in, and both say so."""
    content = path.read_bytes()
    with studio.look() as session:
        made = session.get_one(Deliverable, UUID(address.rpartition("/")[2]))
        assert (made.name, made.bytes, made.sha256) == (path.name, len(content), hashlib.sha256(content).hexdigest())
    answer = studio.get(f"/deliverables/{made.id}/file")
    assert hashlib.sha256(answer.content).hexdigest() == made.sha256


# --- tuspy ----------------------------------------------------------------------------------------


@contextmanager
def tuspy(studio: Studio, path: Path, **changes):
    """An uploader of tuspy. It is given an open file, for it does not close those it opens itself."""
    client = TusClient(studio.uploads, headers=dict(studio.owner))
    metadata = {"filename": path.name, "milestone": str(studio.milestone_id)}
    with path.open("rb") as stream:
        yield client.uploader(file_stream=stream, metadata=metadata, **changes)


@pytest.mark.parametrize("chunk", [MIB, 5 * MIB + 3, None], ids=["small", "odd", "all at once"])
def test_tuspy_uploads_a_file(studio, tmp_path, chunk):
    path = made_file(tmp_path, "报告 final.bin", 12 * MIB + 5)
    with tuspy(studio, path, **({"chunk_size": chunk} if chunk else {})) as uploader:
        uploader.upload()
    is_stored(studio, uploader.url, path)


def test_tuspy_uploads_with_checksums(studio, tmp_path):
    path = made_file(tmp_path, "checked.bin", 3 * MIB)
    with tuspy(studio, path, chunk_size=MIB, upload_checksum=True) as uploader:
        uploader.upload()
    is_stored(studio, uploader.url, path)


def test_tuspy_uploads_an_empty_file(studio, tmp_path):
    path = made_file(tmp_path, "empty.txt", 0)
    with tuspy(studio, path) as uploader:
        uploader.upload()
    is_stored(studio, uploader.url, path)


def test_tuspy_resumes_another_day_in_another_process(studio, tmp_path):
    path = made_file(tmp_path, "long.bin", 8 * MIB)
    with tuspy(studio, path, chunk_size=MIB) as first:
        first.upload(stop_at=3 * MIB)
    with tuspy(studio, path, chunk_size=2 * MIB, url=first.url) as second:
        assert second.offset == 3 * MIB
        second.upload()
    is_stored(studio, first.url, path)


def test_tuspy_goes_on_after_the_server_was_killed(studio, tmp_path):
    path = made_file(tmp_path, "killed.bin", 64 * MIB)
    with tuspy(studio, path, chunk_size=MIB, retries=60, retry_delay=1) as uploader, ThreadPoolExecutor() as beside:
        killed = beside.submit(kill_and_start, studio, path)
        uploader.upload()
        killed.result()
    is_stored(studio, uploader.url, path)


def kill_and_start(studio: Studio, path: Path) -> None:
    """In the middle of the file, however long it took to get there."""
    deadline = time.monotonic() + 60
    while arrived(studio) < 8 * MIB:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    studio.server.kill()
    assert arrived(studio) < path.stat().st_size
    studio.server.start()


def arrived(studio: Studio) -> int:
    with studio.look() as session:
        return session.scalar(select(func.max(Upload.offset_bytes))) or 0


# --- tus-js-client --------------------------------------------------------------------------------


def tus_js(studio: Studio, path: Path, chunk: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [browser.node_or_skip(), str(SCRIPT), str(path), studio.uploads, str(studio.milestone_id),
         json.dumps(studio.owner), str(chunk)],
        env=os.environ | {"NODE_MODULES": str(browser.NODE_MODULES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def address_of(process: subprocess.Popen[str]) -> str:
    said, complained = process.communicate(timeout=240)
    assert process.returncode == 0, complained
    return said.strip()


@pytest.mark.parametrize("chunk", [2 * MIB, 64 * MIB])
def test_tus_js_uploads_a_file(studio, tmp_path, chunk):
    path = made_file(tmp_path, "报告 final.bin", 9 * MIB + 7)
    is_stored(studio, address_of(tus_js(studio, path, chunk)), path)


def test_tus_js_uploads_an_empty_file(studio, tmp_path):
    path = made_file(tmp_path, "empty.txt", 0)
    is_stored(studio, address_of(tus_js(studio, path, MIB)), path)


def test_tus_js_goes_on_after_the_server_was_killed(studio, tmp_path):
    path = made_file(tmp_path, "killed.bin", 96 * MIB)
    process = tus_js(studio, path, MIB)
    kill_and_start(studio, path)
    is_stored(studio, address_of(process), path)
