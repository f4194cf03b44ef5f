"""Guessing access codes, and locking the client out by guessing (A1, A2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import time_machine
from sqlalchemy import func, select

from portal.adapters import clock
from portal.models.client import GrantUse
from portal.models.milestone import Milestone
from portal.models.sitting import Sitting
from portal.rules import codes
from portal.services.throttle import CODE_IN_A_FLOOD, CODE_OVERALL
from tests import scale
from tests.attacks.a_instances import kind_of
from tests.studios import Studio, opened
from tests.worlds import Entered, World

GUESSING = scale.cases(10, full=50)
GUESSES = scale.cases(250, full=5000)
FLOODING = scale.cases(40, full=200)
ENTERING = scale.cases(5, full=20)
SOON_SECONDS = 1


@pytest.mark.scaled
@pytest.mark.timeout(300)
def test_thousands_of_guesses_hit_nothing_and_a_clean_address_enters_at_once(world: World) -> None:
    cleo, guesser = world.contact(world.project()), world.stranger()
    token, statuses = guesser.csrf(), []
    with time_machine.travel(clock.now(), tick=False):
        for number in range(GUESSES):
            guesser.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number % GUESSING}"
            form = {"csrf_token": token, "code": codes.generate()}
            statuses.append(guesser.client.post("/enter", data=form).status_code)
        seconds = seconds_to_enter(world, cleo)
    heard = statuses.count(422)
    scale.figure("A1", "wrong codes through the page", guesses=GUESSES, addresses=GUESSING, heard=heard,
                 hits=statuses.count(303), database=kind_of(world.session))  # fmt: skip
    assert set(statuses) == {422, 429}
    # The common bucket, and then the small one of each address: no more is ever looked up.
    assert heard == CODE_OVERALL.capacity + GUESSING * CODE_IN_A_FLOOD.capacity
    assert not scale.FULL or statuses.count(429) / GUESSES >= 0.95
    assert seconds < SOON_SECONDS
    world.session.rollback()
    # The client's own entering, and nothing else.
    assert [world.session.scalar(select(func.count()).select_from(model)) for model in (Sitting, GrantUse)] == [1, 1]


def seconds_to_enter(world: World, cleo: Entered) -> float:
    """How long the right code takes from an address nobody guessed from."""
    browser = world.stranger()
    browser.client.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    form, begun = {"csrf_token": browser.csrf(), "code": cleo.code}, time.perf_counter()
    assert browser.client.post("/enter", data=form).status_code == 303
    return time.perf_counter() - begun


@pytest.fixture
def besieged(tmp_path: Path) -> Iterator[tuple[Studio, str]]:
    """A server behind one proxy, so that a request can come from any address; and the client's code."""
    kept: list[str] = []

    def furnish(_world: World, _milestone: Milestone, entered: Entered) -> None:
        kept.append(entered.code)

    with opened(tmp_path, furnish=furnish, environment={"PORTAL_TRUSTED_PROXIES": "1"}) as studio:
        yield studio, kept[0]


class Flood(threading.Thread):
    """Guesses without a pause, each time from the next of many addresses."""

    def __init__(self, studio: Studio, first: int, enough: threading.Event) -> None:
        super().__init__()
        self.studio, self.number, self.enough = studio, first, enough
        self.statuses: list[int] = []

    def run(self) -> None:
        with requests.Session() as browser:
            token = csrf(browser, self.studio)
            while not self.enough.is_set():
                self.number += 1
                address = f"10.0.{self.number % FLOODING}.1"
                self.statuses.append(post(browser, self.studio, codes.generate(), address, token).status_code)


@pytest.mark.faults
def test_while_hundreds_flood_the_entrance_the_client_enters_each_time(besieged: tuple[Studio, str]) -> None:
    studio, code = besieged
    enough = threading.Event()
    floods = [Flood(studio, first * FLOODING // 4, enough) for first in range(4)]
    for flood in floods:
        flood.start()
    try:
        wait_until_throttled(floods)
        entered = [enter(studio, code) for _ in range(ENTERING)]
    finally:
        enough.set()
        for flood in floods:
            flood.join()
    statuses = [status for flood in floods for status in flood.statuses]
    scale.figure("A2", "the client enters in a flood", entered=f"{entered.count(303)} of {ENTERING}",
                 addresses=FLOODING, guesses=len(statuses))  # fmt: skip
    assert entered == [303] * ENTERING
    assert set(statuses) == {422, 429}


def wait_until_throttled(floods: list[Flood]) -> None:
    """Until the common bucket is empty: from then on the flood would lock people out if anything did."""
    deadline = time.monotonic() + 60
    while not all(429 in flood.statuses for flood in floods):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def enter(studio: Studio, code: str) -> int:
    """A new browser at the client's own address."""
    with requests.Session() as browser:
        return post(browser, studio, code, "203.0.113.7", csrf(browser, studio)).status_code


def csrf(browser: requests.Session, studio: Studio) -> str:
    """The token of a browser's page."""
    page = browser.get(f"{studio.server.url}/enter", timeout=60).text
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def post(browser: requests.Session, studio: Studio, code: str, address: str, token: str) -> requests.Response:
    """One code from one address."""
    form, headers = {"csrf_token": token, "code": code}, {"X-Forwarded-For": address}
    return browser.post(f"{studio.server.url}/enter", data=form, headers=headers, allow_redirects=False, timeout=60)
