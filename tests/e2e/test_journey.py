"""The main job, end to end: a vendor delivers per milestone, a client without an account pays and downloads."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.cleo import Cleo
from tests.e2e.vera import Vera
from tests.servers import ROOT, Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
MIB = 2**20
BIG = int(os.environ.get("MILEPOST_JOURNEY_MIB", "300")) * MIB


def make_file(path: Path, size: int) -> str:
    """A file that does not compress and repeats nowhere; its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(0, size, MIB):
            piece = os.urandom(min(MIB, size))
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture
def works(tmp_path: Path) -> dict[str, str]:
    """What Vera delivers: name → hash. One is large enough to be interrupted."""
    (tmp_path / "work").mkdir()
    sizes = {"homepage-v3.fig": BIG, "设计说明 notes.pdf": 3 * MIB, "logo.svg": 1024}
    return {name: make_file(tmp_path / "work" / name, size) for name, size in sizes.items()}


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """A screenshot of a bank transfer, small but real."""
    from PIL import Image

    path = tmp_path / "transfer.png"
    Image.new("RGB", (320, 200), "#F4EFE6").save(path)
    return path


@pytest.mark.parametrize(("vendor_speaks", "client_speaks"), [("en", "zh_Hans"), ("zh_Hans", "en")])
def test_the_main_job(
    chromium: Browser,
    server: Server,
    tmp_path: Path,
    works: dict[str, str],
    proof: Path,
    vendor_speaks: str,
    client_speaks: str,
) -> None:
    vera, cleo = Vera(chromium, server.url, vendor_speaks), Cleo(chromium, server.url, client_speaks)
    vera.sets_up(server.setup_token())
    vera.logs_in_again()
    vera.creates_the_project(price="10000", client_language=client_speaks)
    vera.starts_it()
    cleo.enters(vera.invites("Cleo 陈", client_speaks))

    vera.uploads(*(tmp_path / "work" / name for name in works), meanwhile=lambda: strike(server))
    vera.delivers("Three files: design, notes, logo.")
    for name, digest in works.items():
        cleo.sees_locked(name, digest)

    cleo.reports(amount="400", method="wechat", proof=proof)
    vera.rejects("Nothing arrived up to today.")
    cleo.reports(amount="500", proof=proof)
    vera.confirms()
    cleo.sees_locked("logo.svg", works["logo.svg"])
    cleo.reports()
    vera.confirms()

    for name, digest in works.items():
        assert sha256(cleo.downloads(vera.first, name, tmp_path / "got")) == digest
    archive = cleo.downloads_everything(vera.first, tmp_path / "all.zip")
    assert hashes_inside(archive) >= set(works.values())
    assert cleo.reads_the_receipt(vera.first, tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF-")
    assert cleo.reads_the_record()
    check_the_record(cleo, tmp_path)
    for browser in (vera.desk, cleo.phone):
        browser.go("/projects")
    vera.desk.go(f"/projects/{vera.project}/record")
    vera.desk.go("/settings/members")
    vera.desk.go("/settings/account")
    assert verify(server) == 0
    assert len(set(vera.desk.seen)) >= 10, vera.desk.seen
    assert len(set(cleo.phone.seen)) >= 5, cleo.phone.seen


def test_the_clients_side_works_without_javascript(
    chromium: Browser, server: Server, tmp_path: Path, proof: Path
) -> None:
    vera, cleo = Vera(chromium, server.url, "en"), Cleo(chromium, server.url, "zh_Hans", scripts=False)
    digest = make_file(tmp_path / "plan.pdf", MIB)
    vera.sets_up(server.setup_token())
    vera.creates_the_project(price="10000", client_language="zh_Hans")
    vera.starts_it()
    cleo.enters(vera.invites("Cleo 陈", "zh_Hans"))
    vera.uploads(tmp_path / "plan.pdf")
    vera.delivers("The plan.")
    cleo.sees_locked("plan.pdf", digest)
    cleo.approves()
    cleo.reports(proof=proof)
    vera.confirms()
    assert sha256(cleo.downloads(vera.first, "plan.pdf", tmp_path / "got")) == digest
    assert cleo.reads_the_receipt(vera.first, tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF-")
    assert cleo.reads_the_record()
    cleo.phone.go("/projects")


def strike(server: Server) -> None:
    """kill -9 in the middle, and up again."""
    server.kill()
    server.start()


def hashes_inside(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        return {hashlib.file_digest(opened.open(name), "sha256").hexdigest() for name in opened.namelist()}


def check_the_record(cleo: Cleo, tmp_path: Path) -> None:
    """The exported record passes the stand-alone checker, and fails it with one letter changed."""
    exported = cleo.phone.context.request.get(f"/projects/{cleo.project}/record.jsonl").body()
    path = tmp_path / "record.jsonl"
    path.write_bytes(exported)
    checker = [sys.executable, str(ROOT / "verify_milepost.py"), str(path)]
    assert subprocess.run(checker, check=False).returncode == 0
    lines = exported.decode().splitlines()
    entry = json.loads(lines[3])
    entry["body"] = entry["body"].replace('"kind":"', '"kind":"x', 1)
    lines[3] = json.dumps(entry)
    path.write_text("\n".join(lines) + "\n")
    assert subprocess.run(checker, check=False).returncode == 1


def verify(server: Server) -> int:
    """`portal verify` on the running instance."""
    environment = os.environ | {"PORTAL_INSTANCE": str(server.instance)}
    return subprocess.run([sys.executable, "-m", "portal", "verify"], cwd=ROOT, env=environment, check=False).returncode
