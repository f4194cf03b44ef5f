"""Invented addresses in X-Forwarded-For buy no second bucket (A13)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
import time_machine

from portal import config, create_app
from portal.adapters import clock
from portal.rules import codes
from portal.services.throttle import CODE_PER_ADDRESS
from portal.web.installation import installation
from tests import scale
from tests.worlds import Browser

REQUESTS = scale.cases(40, full=1000)
PROXIES = ("203.0.113.9", "192.0.2.1")


@contextmanager
def behind(hops: int, database_url: str, folder: Path) -> Iterator[Browser]:
    """A stranger at an installation that trusts so many proxies."""
    given = {"PORTAL_DATABASE_URL": database_url, "PORTAL_TRUSTED_PROXIES": str(hops)}
    app = create_app(config.load(given, instance=folder / "behind"))
    try:
        yield Browser(app.test_client())
    finally:
        installation(app).engine.dispose()


def invented(chance: random.Random) -> str:
    """What somebody may write there."""
    kinds = (
        lambda: str(IPv4Address(chance.getrandbits(32))),
        lambda: str(IPv6Address(chance.getrandbits(128))),
        lambda: f"{IPv4Address(chance.getrandbits(32))}:{chance.randrange(65536)}",
        lambda: chance.choice(("unknown", "127.0.0.1", "::1", "nonsense", "", "203.0.113.9", "_hidden", "é")),
    )
    return ", ".join(chance.choice(kinds)() for _ in range(chance.randrange(1, 5)))


@pytest.mark.scaled
@pytest.mark.timeout(300)
@pytest.mark.parametrize("hops", [0, 1, 2])
def test_whatever_is_forwarded_one_sender_is_one_bucket(database_url: str, tmp_path: Path, hops: int) -> None:
    chance, statuses = scale.chance(f"forwarded {hops}"), []
    with behind(hops, database_url, tmp_path) as browser, time_machine.travel(clock.now(), tick=False):
        token = browser.csrf()
        for _ in range(REQUESTS):
            forwarded = ", ".join([invented(chance), *PROXIES[:hops]]).encode().decode("latin-1")
            form = {"csrf_token": token, "code": codes.generate()}
            answer = browser.client.post("/enter", data=form, headers={"X-Forwarded-For": forwarded})
            statuses.append(answer.status_code)
    scale.figure("A13", f"requests with invented addresses, {hops} proxies trusted", requests=REQUESTS,
                 heard=statuses.count(422), database=database_url.partition(":")[0])  # fmt: skip
    tries = CODE_PER_ADDRESS.capacity
    assert statuses == [422] * tries + [429] * (REQUESTS - tries)


def test_an_installation_that_trusts_too_many_proxies_would_be_fooled(database_url: str, tmp_path: Path) -> None:
    """The control: with one hop more than there are proxies, each invented address is a bucket of its own."""
    with behind(1, database_url, tmp_path) as browser:
        token = browser.csrf()
        forms = [{"csrf_token": token, "code": codes.generate()} for _ in range(14)]
        answers = [
            browser.client.post("/enter", data=form, headers={"X-Forwarded-For": f"10.0.0.{number}"})
            for number, form in enumerate(forms)
        ]
    assert {answer.status_code for answer in answers} == {422}
