"""Files too large for the form of a conversation: uploaded first, interrupted, gone on with, sent with the message."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.cleo import Cleo
from tests.e2e.talking import line, says, started
from tests.e2e.vera import Vera
from tests.e2e.watching import Watched
from tests.studios import Studio

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
MIB = 1 << 20
SOON, LATER = 10_000, 120_000


@pytest.fixture
def client_speaks() -> str:
    return "zh_Hans"


def made_file(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def watched(person: Vera | Cleo) -> Watched:
    return person.desk if isinstance(person, Vera) else person.phone


def choose(person: Vera | Cleo, *paths: Path) -> None:
    watched(person).page.locator("[data-say] input[type=file]").set_input_files([str(path) for path in paths])


def row(person: Vera | Cleo, name: str) -> Locator:
    return watched(person).page.locator("[data-say] [data-upload]", has_text=name)


def slow(person: Vera | Cleo, bytes_a_second: int) -> None:
    """What the browser may send from now on; 0 for anything."""
    page = watched(person).page
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second or -1}
    session.send("Network.emulateNetworkConditions", conditions)


def test_a_large_file_survives_a_killed_server_and_goes_with_its_message(
    chromium: Browser, studio: Studio, tmp_path: Path
) -> None:
    vera, cleo = started(chromium, studio, "zh_Hans")
    film, plan = made_file(tmp_path, "样片 film.mov", 30 * MIB), made_file(tmp_path, "plan.bin", 11 * MIB)
    note = made_file(tmp_path, "note.txt", 2000)
    box = cleo.phone.page.locator("[data-say]")
    for person in (vera, cleo):
        watched(person).expected += ("htmx:sendError", "WebSocket connection")
    cleo.phone.page.locator("[data-say] textarea").fill("这是样片")
    slow(cleo, 3 * MIB)
    choose(cleo, film, plan, note)
    expect(row(cleo, "film.mov").locator("[data-left]")).not_to_be_empty(timeout=30_000)
    cleo.phone.look()

    # Nothing is sent while a file is on its way, and nothing that was written is gone.
    box.locator("button[type=submit]").click()
    expect(box.locator("[data-say-error]")).to_be_visible(timeout=SOON)
    expect(box.locator("textarea")).to_have_value("这是样片")

    studio.server.kill()
    expect(row(cleo, "film.mov")).to_have_attribute("data-state", "sending")
    studio.server.start()
    slow(cleo, 0)
    for name in ("film.mov", "plan.bin"):
        expect(row(cleo, name)).to_have_attribute("data-state", "done", timeout=LATER)
    expect(box.locator("[data-say-error]")).to_be_hidden()
    cleo.phone.look()
    box.locator("button[type=submit]").click()
    said = line(vera, "这是样片")
    expect(said.locator(".message-file")).to_have_count(3, timeout=LATER)
    expect(cleo.phone.page.locator("[data-say] [data-upload]")).to_have_count(0)
    expect(box.locator("textarea")).to_have_value("")
    for path in (film, plan, note):
        kept = vera.desk.download(f".message-file:has-text('{path.name}')", tmp_path / f"got {path.name}")
        assert hashlib.sha256(kept.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest()
    for person in (vera, cleo):
        watched(person).look()


def test_a_colleague_pauses_resumes_reloads_and_removes(chromium: Browser, studio: Studio, tmp_path: Path) -> None:
    vera, cleo = started(chromium, studio, "zh_Hans")
    film, plan = made_file(tmp_path, "film.mov", 16 * MIB), made_file(tmp_path, "plan.bin", 11 * MIB)
    slow(vera, 2 * MIB)
    choose(vera, film)
    expect(row(vera, "film.mov").locator("[data-left]")).to_contain_text("left", timeout=30_000)
    row(vera, "film.mov").locator("[data-pause]").click()
    expect(row(vera, "film.mov").locator("[data-status]")).to_have_text("Paused")
    vera.desk.look()
    row(vera, "film.mov").locator("[data-resume]").click()
    expect(row(vera, "film.mov")).to_have_attribute("data-state", "sending", timeout=SOON)

    # After a reload the same file goes on where it stopped: this is the whole conversation's own page.
    vera.desk.page.on("dialog", lambda dialog: dialog.accept())
    vera.desk.go(f"/milestones/{vera.first}/messages")
    slow(vera, 0)
    choose(vera, film, plan)
    for name in ("film.mov", "plan.bin"):
        expect(row(vera, name)).to_have_attribute("data-state", "done", timeout=LATER)
    vera.desk.look()
    row(vera, "plan.bin").locator("[data-cancel]").click()
    expect(row(vera, "plan.bin")).to_have_count(0)

    # What is refused says which file it was, and keeps the text and the other files.
    choose(vera, plan)
    expect(row(vera, "plan.bin")).to_have_attribute("data-state", "done", timeout=LATER)
    taken = row(vera, "plan.bin").locator("[name=upload]").get_attribute("value")
    vera.desk.page.evaluate(
        """id => fetch(`/uploads/${id}`, {method: "DELETE", headers: {"Tus-Resumable": "1.0.0",
             ...JSON.parse(document.body.getAttribute("hx-headers"))}})""",
        taken,
    )
    says(vera, "Here is the film")
    expect(row(vera, "plan.bin")).to_have_attribute("data-state", "failed", timeout=SOON)
    expect(row(vera, "film.mov")).to_have_attribute("data-state", "done")
    expect(vera.desk.page.locator("[data-say] textarea")).to_have_value("Here is the film")
    vera.desk.look()
    row(vera, "plan.bin").locator("[data-cancel]").click()
    vera.desk.page.locator("[data-say] button[type=submit]").click()
    expect(line(cleo, "Here is the film").locator(".message-file")).to_have_count(1, timeout=SOON)
    kept = cleo.phone.download(".message-file:has-text('film.mov')", tmp_path / "got.mov")
    assert kept.read_bytes() == film.read_bytes()


def test_without_scripts_the_form_says_how_much_it_can_carry(chromium: Browser, studio: Studio, tmp_path: Path) -> None:
    vera, cleo = started(chromium, studio, "zh_Hans", scripts=False)
    cleo.phone.go(f"/milestones/{vera.first}/messages")
    assert "一条消息的附件总大小不能超过 10 MB。" in cleo.phone.page.inner_text("main")
    choose(cleo, made_file(tmp_path, "note.bin", 9 * MIB))
    says(cleo, "By hand, with a file")
    expect(line(cleo, "By hand, with a file").locator(".message-file")).to_have_count(1)
    cleo.phone.look()
