"""The place to drop files, in a real browser: progress, pause, reload, a killed server, cancelling, what goes wrong."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from portal.models.deliverable import Deliverable, Upload, UploadState
from tests import browser as machine
from tests.studios import COOKIE, Studio, opened

MIB = 1 << 20
pytestmark = pytest.mark.e2e


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path) as running:
        yield running


@pytest.fixture
def page(chromium: Browser, studio: Studio) -> Iterator[Page]:
    context = chromium.new_context(base_url=studio.server.url)
    value = studio.owner["Cookie"].partition("=")[2]
    context.add_cookies([{"name": COOKIE, "value": value, "url": studio.server.url}])
    made = context.new_page()
    violations: list[str] = []
    made.on("console", lambda message: violations.append(message.text) if "Content Security" in message.text else None)
    made.on("dialog", lambda dialog: dialog.accept())
    made.goto(f"/milestones/{studio.milestone_id}")
    yield made
    context.close()
    assert violations == []


def made_file(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def choose(page: Page, *paths: Path) -> None:
    page.locator("[data-upload-input]").set_input_files([str(path) for path in paths])


def row(page: Page, name: str):
    return page.locator("[data-upload]", has_text=name)


def slow(page: Page, bytes_a_second: int) -> None:
    """What the browser may send from now on; 0 for anything."""
    limit = bytes_a_second or -1
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": limit},
    )


def stored(studio: Studio) -> dict[str, str]:
    with studio.look() as session:
        return dict(session.execute(select(Deliverable.name, Deliverable.sha256)).all())


def states(studio: Studio) -> list[UploadState]:
    with studio.look() as session:
        return list(session.scalars(select(Upload.state).order_by(Upload.created_at)))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_several_files_are_stored_and_the_list_shows_them_by_itself(page, studio, tmp_path):
    paths = [made_file(tmp_path, f"part {n}.bin", MIB * n) for n in (1, 2, 3)]
    choose(page, *paths)
    for path in paths:
        expect(page.locator(".file", has_text=path.name)).to_be_visible(timeout=30_000)
    assert stored(studio) == {path.name: sha256(path) for path in paths}
    expect(page.locator("[data-upload]")).to_have_count(0, timeout=10_000)


def test_the_list_comes_also_when_the_server_was_away_at_that_moment(page, studio, tmp_path):
    refused: list[str] = []

    def once(route):
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    page.route("**/files", once)
    path = made_file(tmp_path, "plan.bin", MIB)
    choose(page, path)
    expect(page.locator(".file", has_text=path.name)).to_be_visible(timeout=15_000)
    assert len(refused) == 1


def test_dropped_files_are_taken(page, studio):
    page.evaluate(
        """() => {
          const carried = new DataTransfer();
          carried.items.add(new File(["dropped content"], "dropped.txt", {lastModified: 1}));
          const zone = document.querySelector("[data-upload-zone]");
          for (const name of ["dragenter", "dragover", "drop"]) {
            zone.dispatchEvent(new DragEvent(name, {dataTransfer: carried, bubbles: true, cancelable: true}));
          }
        }"""
    )
    expect(page.locator(".file", has_text="dropped.txt")).to_be_visible(timeout=30_000)
    assert stored(studio) == {"dropped.txt": hashlib.sha256(b"dropped content").hexdigest()}


def test_an_upload_shows_how_it_goes_and_can_be_paused_and_resumed(page, studio, tmp_path):
    path = made_file(tmp_path, "film.mov", 12 * MIB)
    slow(page, 2 * MIB)
    choose(page, path)
    shown = row(page, "film.mov")
    expect(shown.locator("[data-speed]")).not_to_be_empty(timeout=20_000)
    expect(shown.locator("[data-left]")).to_contain_text("left")
    expect(shown.locator("[data-amount]")).to_contain_text("12 MB")
    shown.locator("[data-pause]").click()
    expect(shown.locator("[data-status]")).to_have_text("Paused")
    assert machine.axe_violations(page) == []
    slow(page, 0)
    shown.locator("[data-resume]").click()
    expect(page.locator(".file", has_text="film.mov")).to_be_visible(timeout=60_000)
    assert stored(studio) == {"film.mov": sha256(path)}
    assert states(studio) == [UploadState.STORED]


def test_after_a_reload_the_same_file_goes_on_where_it_stopped(page, studio, tmp_path):
    path = made_file(tmp_path, "film.mov", 12 * MIB)
    slow(page, 2 * MIB)
    choose(page, path)
    expect(row(page, "film.mov").locator("[data-left]")).to_contain_text("left", timeout=20_000)
    page.reload()
    waiting = page.locator(".unfinished", has_text="film.mov")
    expect(waiting).to_contain_text("Choose the same file again")
    slow(page, 0)
    choose(page, path)
    expect(waiting).to_be_hidden(timeout=20_000)
    expect(page.locator(".file", has_text="film.mov")).to_be_visible(timeout=60_000)
    assert stored(studio) == {"film.mov": sha256(path)}
    assert states(studio) == [UploadState.STORED]


def test_a_killed_and_restarted_server_is_only_a_pause(page, studio, tmp_path):
    path = made_file(tmp_path, "film.mov", 16 * MIB)
    slow(page, 3 * MIB)
    choose(page, path)
    expect(row(page, "film.mov").locator("[data-left]")).to_contain_text("left", timeout=20_000)
    studio.server.kill()
    expect(row(page, "film.mov").locator("[data-status]")).to_have_text("Connection lost, trying again", timeout=20_000)
    slow(page, 0)
    studio.server.start()
    expect(page.locator(".file", has_text="film.mov")).to_be_visible(timeout=90_000)
    assert stored(studio) == {"film.mov": sha256(path)}
    assert states(studio) == [UploadState.STORED]


def test_a_cancelled_upload_is_gone_on_both_sides(page, studio, tmp_path):
    slow(page, 1 * MIB)
    choose(page, made_file(tmp_path, "film.mov", 12 * MIB))
    expect(row(page, "film.mov").locator("[data-left]")).to_contain_text("left", timeout=20_000)
    slow(page, 0)
    with page.expect_response(lambda answer: answer.request.method == "DELETE", timeout=20_000) as cancelled:
        row(page, "film.mov").locator("[data-cancel]").click()
    assert cancelled.value.status == 204
    expect(page.locator("[data-upload]")).to_have_count(0)
    expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=20_000)
    assert states(studio) == [UploadState.CANCELLED]


def test_an_upload_of_a_lost_file_can_be_given_up(page, studio):
    studio.begin("lost.mov", 5 * MIB)
    page.reload()
    waiting = page.locator("[data-unfinished]", has_text="lost.mov")
    waiting.locator("[data-give-up]").click()
    expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=20_000)
    assert states(studio) == [UploadState.CANCELLED]


def test_a_file_that_changes_while_it_is_sent_is_explained(page, studio, tmp_path):
    path = made_file(tmp_path, "growing.log", 70 * MIB)
    slow(page, 40 * MIB)
    choose(page, path)
    expect(row(page, "growing.log").locator("[data-left]")).to_contain_text("left", timeout=20_000)
    path.write_bytes(b"short")
    expect(row(page, "growing.log").locator("[data-error]")).to_contain_text("was changed or moved", timeout=60_000)
    slow(page, 0)
    expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=20_000)
    assert stored(studio) == {}


def test_an_empty_file_and_one_that_is_too_large_are_refused_beside_their_names(page, studio, tmp_path):
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(5 * 1024 * MIB + 1)
    choose(page, made_file(tmp_path, "empty.txt", 0), large)
    expect(row(page, "empty.txt").locator("[data-error]")).to_contain_text("This file is empty")
    expect(row(page, "large.bin").locator("[data-error]")).to_contain_text(re.compile(r"larger than 5(\.0)? GB"))
    assert states(studio) == []


def test_the_sixth_file_is_refused_with_the_servers_sentence(page, studio, tmp_path):
    choose(page, *[made_file(tmp_path, f"file {n}.txt", 10) for n in range(6)])
    refused = page.locator("[data-upload][data-state=failed]")
    expect(refused).to_have_count(1, timeout=30_000)
    expect(refused.locator("[data-error]")).to_contain_text("Only 5 files fit into one milestone")
    expect(page.locator(".file")).to_have_count(5, timeout=30_000)
    assert len(stored(studio)) == 5
