"""Cookies: their flags wherever one is set, and what a copied or planted one is worth (A9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy.orm import Session

from portal import config, create_app
from portal.adapters import clock
from portal.models.vendor import Member
from portal.web.installation import installation
from tests import scale
from tests.access.stage import ask, fill, set_up
from tests.access.table import TABLE
from tests.worlds import PASSWORD, Browser, World, fresh_session

one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PEOPLE = ("nobody", "owner", "full")[: scale.cases(1, full=3)]
NAMES = {"http": "milepost", "https": "__Host-milepost"}
LATER = timedelta(minutes=16)


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def session_at(scheme: str, database_url: str, tmp_path: Path) -> Iterator[tuple[Flask, Session]]:
    """An installation that browsers reach by this scheme."""
    given = {"PORTAL_DATABASE_URL": database_url, "PORTAL_BASE_URL": f"{scheme}://localhost"}
    app = create_app(config.load(given, instance=tmp_path / scheme))
    app.config["PREFERRED_URL_SCHEME"] = scheme  # what the test's browsers speak
    with fresh_session(app) as session:
        yield app, session
    installation(app).engine.dispose()


@one_database
@pytest.mark.scaled
def test_every_cookie_of_every_address_stays_with_us(session_at: tuple[Flask, Session], scheme: str) -> None:
    stage = set_up(*session_at)
    setting, wrong = set(), []
    for where, cookie in [*everywhere(stage), *ways_in_and_out(stage.world)]:
        setting.add(where)
        if faults := faults_of(cookie, scheme):
            wrong.append(f"{where}: {faults}")
    assert wrong == []
    assert {"POST /enter", "POST /login", "POST /leave", "POST /logout", "GET /projects", "POST /locale"} <= setting
    scale.figure("A9", f"addresses and the cookies they set, {scheme}", addresses=len(TABLE), set_one=len(setting))


def everywhere(stage) -> Iterator[tuple[str, str]]:
    """Each cookie that any address sets for anybody: (address, cookie). Whoever was sent away is not missed."""
    for method, address in TABLE:
        path = fill(address, stage.own) if "<" in address else address
        for name in PEOPLE:
            is_new = name == "nobody" or address in ("/leave", "/logout")
            person = stage.world.stranger() if is_new else stage.people[name]
            for cookie in ask(person, method, path).headers.getlist("Set-Cookie"):
                yield f"{method} {address}", cookie


def ways_in_and_out(world: World) -> Iterator[tuple[str, str]]:
    """The cookies of those who succeed."""
    cleo = world.contact(world.project())
    email = world.session.get_one(Member, world.owner.member_id).email
    steps = (("/enter", {"code": cleo.code}), ("/locale", {"locale": "en"}), ("/leave", {}),
             ("/login", {"email": email, "password": PASSWORD}), ("/logout", {}))  # fmt: skip
    browser = world.stranger()
    for address, form in steps:
        answer = browser.post(address, form)
        assert answer.status_code == 303
        for cookie in answer.headers.getlist("Set-Cookie"):
            yield f"POST {address}", cookie


def faults_of(cookie: str, scheme: str) -> list[str]:
    """What is wrong with one Set-Cookie header, in words."""
    first, *flags = cookie.split("; ")
    needed = {"HttpOnly", "SameSite=Lax", "Path=/"} | ({"Secure"} if scheme == "https" else set())
    faults = [f"no {flag}" for flag in sorted(needed - set(flags))]
    if first.partition("=")[0] != NAMES[scheme]:
        faults.append(f"called {first.partition('=')[0]}")
    return faults + [flag for flag in flags if flag.startswith("Domain")]


def test_a_bad_cookie_is_seen() -> None:
    """The control."""
    good = "__Host-milepost=x; Secure; HttpOnly; Path=/; SameSite=Lax"
    assert faults_of(good, "https") == []
    assert faults_of(good, "http") == ["called __Host-milepost"]
    assert faults_of(good.replace("Secure; ", ""), "https") == ["no Secure"]
    assert faults_of(f"{good}; Domain=example", "https") == ["Domain=example"]


def test_whoever_copied_the_cookie_is_left_behind_when_the_code_is_entered_once_more(world: World) -> None:
    """Else a copied cookie would wait for its owner to make the key fresh, and then sign in their name."""
    project = world.project()
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    victim, thief = world.entered(cleo.code), world.stranger()
    copy_cookie(victim, thief)
    assert (is_inside(victim), is_inside(thief)) == (True, True)
    form = {"manifest": step.manifest_sha256, "typed_name": "Cleo Chen", "code": cleo.code}
    with time_machine.travel(clock.now() + LATER, tick=False):
        assert victim.post(f"/milestones/{step.id}/approval", form).status_code == 303
        assert (is_inside(victim), is_inside(thief)) == (True, False)


def test_a_form_open_in_another_tab_outlives_the_new_cookie(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    browser = world.entered(cleo.code)
    other_tab = browser.csrf()
    form = {"manifest": step.manifest_sha256, "typed_name": "Cleo Chen", "code": cleo.code}
    with time_machine.travel(clock.now() + LATER, tick=False):
        browser.post(f"/milestones/{step.id}/approval", form)
        assert browser.client.post("/leave", data={"csrf_token": other_tab}).status_code == 303
        assert not is_inside(browser)


def test_a_cookie_that_is_not_ours_is_nobodys(world: World) -> None:
    inside = world.browser(world.owner)
    genuine = inside.client.get_cookie("milepost").value
    payload, stamp, signature = genuine.split(".")
    planted = (
        "x",
        f"{payload}..",
        f"{payload}.{stamp}.{signature[::-1]}",
        f".{payload}.{stamp}.{signature}",
        forged(world),
    )
    assert is_inside(inside)
    for cookie in planted:
        browser = world.stranger()
        browser.client.set_cookie("milepost", cookie, domain="localhost")
        assert not is_inside(browser), cookie


def forged(world: World) -> str:
    """A cookie with a token of a real sitting, signed with a key somebody guessed."""
    with world.browser(world.owner).client.session_transaction() as cookie:
        held = dict(cookie)
    other = Flask("other")
    other.secret_key = "guessed"
    signer = SecureCookieSessionInterface().get_signing_serializer(other)
    assert signer is not None
    return str(signer.dumps(held))


def copy_cookie(source: Browser, target: Browser) -> None:
    target.client.set_cookie("milepost", source.client.get_cookie("milepost").value, domain="localhost")


def is_inside(browser: Browser) -> bool:
    return bool(browser.get("/projects").status_code == 200)
