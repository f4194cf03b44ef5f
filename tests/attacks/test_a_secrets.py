"""Every address that takes a secret is marked as one, and slows whoever guesses (A15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import Form as WebForm
from wtforms import PasswordField

from portal.adapters import clock
from portal.config import Config
from portal.rules import codes
from portal.web.gatehouse import Who, who
from tests import scale
from tests.access.stage import fill, set_up
from tests.access.table import methods, shape
from tests.attacks import a_easy_hashes as easy
from tests.attacks.a_easy_hashes import easy_hashes as easy_hashes
from tests.ground import Ground
from tests.worlds import Browser, World

# Throttling on both databases is tested in tests/services/test_throttle.py; here it is about addresses.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TIMES = scale.cases(25, full=200)
SECRET = ("code", "token", "password", "current", "new", "secret", "pin", "passphrase", "otp", "key")
SAFE = ("GET", "HEAD", "OPTIONS")
LATER = timedelta(minutes=16)
NEWCOMER = {"vendor_name": "Vera Studio", "name": "Vera Stein", "email": "vera@studio.example", "password": "x"}
# Who gets to see the inside of a view.
READERS = {Who.ANYONE: ("owner",), Who.MEMBER: ("owner",), Who.CONTACT: ("full",), Who.PARTY: ("owner", "full")}
LEAVING = ("/leave", "/logout")
Form, Where = dict[str, str], tuple[str, str]


class Noting(ImmutableMultiDict[str, str]):
    """What came with a request, and which of it was asked for by name."""

    asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, *rest: Any, **more: Any) -> Any:  # type: ignore[override]  # one signature for all of its own
        self.asked.add(key)
        return super().get(key, *rest, **more)

    def getlist(self, key: str, *rest: Any, **more: Any) -> list[Any]:  # type: ignore[override]  # as above
        self.asked.add(key)
        return super().getlist(key, *rest, **more)


def watch(app: Flask) -> None:
    """Have this application's requests note what is asked for."""
    noting = type("NotingRequest", (app.request_class,), {"parameter_storage_class": Noting})
    app.request_class = noting


def secrets_read(browser: Browser, method: str, address: str) -> set[str]:
    """Which secrets the address looks for when all of them are sent, in its form and in its query."""
    sent = dict.fromkeys(SECRET, "x")
    form = None if method in SAFE else {"csrf_token": browser.csrf(), **sent}
    Noting.asked.clear()
    answer = browser.client.open(address, method=method, data=form, query_string=sent, buffered=True)
    assert answer.status_code < 500, (method, address)
    return Noting.asked & set(SECRET)


def views(app: Flask) -> dict[Where, Any]:
    """The view behind each (method, address)."""
    return {
        (method, shape(rule)): app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        for method in methods(rule)
    }


def marked(app: Flask) -> set[Where]:
    """The addresses whose view says that it takes a secret."""
    return {where for where, view in views(app).items() if getattr(view, "takes_secret", False)}


@pytest.fixture
def app(settings: Config, ground: Ground) -> Iterator[Flask]:
    """An application of this test's own, to be changed."""
    with ground.application_of_its_own(settings) as made:
        yield made


@one_database
@pytest.mark.scaled
def test_whatever_reads_a_secret_is_marked_as_taking_one(app: Flask, session: Session) -> None:
    watch(app)
    reading_one = {("POST", "/setup")} if secrets_read(Browser(app.test_client()), "POST", "/setup") else set()
    stage = set_up(app, session)
    for (method, address), view in views(app).items():
        path = fill(address, stage.own) if "<" in address else address
        if "<token>" in address:
            reading_one.add((method, address))
        for name in READERS[view.policy]:
            if address not in LEAVING and secrets_read(stage.people[name], method, path):
                reading_one.add((method, address))
    assert reading_one == marked(app)
    scale.figure("A15", "addresses searched for secrets", addresses=len(views(app)), take_one=len(reading_one))


@one_database
@pytest.mark.parametrize("place", ["form", "args", "values"])
def test_an_address_that_reads_a_secret_unmarked_is_found(app: Flask, place: str) -> None:
    """The control."""
    view = who(Who.ANYONE)(lambda: getattr(request, place).get("code", "none"))
    app.add_url_rule("/careless", "careless", view, methods=["GET", "POST"])
    watch(app)
    assert secrets_read(Browser(app.test_client()), "POST", "/careless") == {"code"}
    assert ("POST", "/careless") not in marked(app)


def test_the_names_of_secrets_are_those_our_forms_use(app: Flask) -> None:
    hidden = {
        name
        for kind in every_form(WebForm)
        for name, field in vars(kind).items()
        if getattr(field, "field_class", None) is PasswordField
    }
    assert {"password", "current", "new"} <= hidden <= set(SECRET)


def every_form(kind: type) -> Iterator[type]:
    for below in kind.__subclasses__():
        yield below
        yield from every_form(below)


def guessers(world: World) -> dict[Where, tuple[Browser, str, Callable[[], Form]]]:
    """For each address that takes a secret: somebody who may use it, and a form with a wrong one."""
    project = world.project()
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    easy.rehash(world)
    code: Callable[[], Form] = lambda: {"code": codes.generate()}  # noqa: E731  # one line of a table
    login = {"email": "vera@studio.example", "password": "guess"}
    return {
        ("POST", "/enter"): (world.stranger(), "/enter", code),
        ("POST", "/login"): (world.stranger(), "/login", lambda: login),
        ("GET", "/calendar/<token>.ics"): (world.stranger(), "/calendar/guess.ics", dict),
        ("GET", "/notices/<token>"): (world.stranger(), "/notices/guess", dict),
        ("POST", "/notices/<token>"): (world.stranger(), "/notices/guess", dict),
        ("GET", "/notices/<token>/unsubscription"): (world.stranger(), "/notices/guess/unsubscription", dict),
        ("POST", "/notices/<token>/unsubscription"): (world.stranger(), "/notices/guess/unsubscription", dict),
        ("POST", "/milestones/<uuid>/approval"): (world.entered(cleo.code), f"/milestones/{step.id}/approval", code),
        ("POST", "/milestones/<uuid>/payments"): (world.entered(cleo.code), f"/milestones/{step.id}/payments", code),
        ("POST", "/settings/account/password"): (
            world.browser(world.owner), "/settings/account/password", lambda: {"current": "guess", "new": "guess"},
        ),
    }  # fmt: skip


@one_database
@pytest.mark.scaled
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("easy_hashes")
def test_whoever_guesses_is_slowed_at_every_such_address(app: Flask, session: Session) -> None:
    heard = {("POST", "/setup"): guess(Browser(app.test_client()), "/setup", lambda: {**NEWCOMER, "token": "guess"})}
    for where, (browser, address, form) in guessers(World.founded(app, session)).items():
        # Each with full buckets, and with keys to projects that are not fresh any more.
        heard[where] = guess(browser, address, form, later=LATER * len(heard), method=where[0])
    assert set(heard) == marked(app)
    scale.figure("A15", "guesses heard before 429, at each address that takes a secret", times=TIMES,
                 heard=", ".join(map(str, heard.values())))  # fmt: skip
    assert all(count <= 20 for count in heard.values()), heard


def guess(
    browser: Browser, address: str, form: Callable[[], Form], later: timedelta = timedelta(0), method: str = "POST"
) -> int:
    """How many of the guesses were heard; whatever comes after the first refusal is refused as well."""
    with time_machine.travel(clock.now() + later, tick=False):
        token = browser.csrf()
        # A link nobody was given does not exist.
        wrong = 404 if "guess" in address else 422
        sent = {"csrf_token": token} if method == "POST" else {}
        statuses = [
            browser.client.open(address, method=method, data={**sent, **form()}).status_code for _ in range(TIMES)
        ]
    assert set(statuses) == {wrong, 429}, (address, statuses)
    assert statuses == sorted(statuses)
    return statuses.count(wrong)
