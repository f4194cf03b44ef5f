"""Any text in any field of any form: never a failure; refused means 422 and the form again with what was typed."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from wtforms import Form

from tests import scale
from tests.fuzz import asking, filling, pages, stands
from tests.fuzz.stands import SETUP, STANDS, Sent, Stand
from tests.worlds import Browser, World

TAKEN, REFUSED = (200, 201, 204, 303), (409, 429)
quietly = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]


def test_every_form_of_the_portal_stands_here() -> None:
    assert set(filling.classes()) == {each.form for each in (*STANDS, SETUP)} | stands.INNER


class Counter:
    """One form, sent again and again; put in place anew whenever it was taken."""

    def __init__(self, app: Flask, stand: Stand, world: World) -> None:
        self.app, self.stand, self.world = app, stand, world
        self.sent = stand.place(world)
        self.shown = self.taken = 0

    @property
    def form(self) -> Form:
        """With its fields."""
        with self.app.test_request_context():
            return self.stand.form()

    def send(self, filled: dict[str, Any]) -> Any:
        """One answer."""
        browser, address = self.sent.browser, self.sent.address
        answer = browser.client.post(address, data={"csrf_token": browser.csrf()} | filled)
        if answer.status_code in TAKEN:
            self.taken += 1
            self.sent = self.stand.place(self.world)
        return answer


def plain(text: str) -> str:
    """Without what forms leave out: control characters, a carriage return among them."""
    return "".join(char for char in text if char == "\n" or unicodedata.category(char) != "Cc")


def lost(form: Form, filled: dict[str, Any], page: str, address: str) -> list[str]:
    """The fields whose text a refused form does not show again."""
    shown = pages.boxes(page, address)
    assert shown, "the form itself is gone"
    names = [name for name in filling.kept_as_typed(form) if filled.get(name)]
    return [name for name in names if plain(shown.get(name, "")) != plain(filled[name])]


def check(counter: Counter, filled: dict[str, Any]) -> None:
    """One form, filled in some way."""
    address = counter.sent.again or counter.sent.address
    answer = counter.send(filled)
    assert answer.status_code in (*TAKEN, *REFUSED, 422), answer.status_code
    for name, value in asking.ALWAYS.items():
        assert answer.headers.get(name) == value, name
    if answer.status_code == 422:
        counter.shown += 1
        assert lost(counter.form, filled, answer.text, address) == []


def run(app: Flask, stand: Stand, world: World) -> None:
    counter = Counter(app, stand, world)
    count = stand.most or scale.cases(6, 200)

    # What fails is shown as it was found: making it smaller would take hundreds of requests.
    @settings(max_examples=count, deadline=None, suppress_health_check=quietly, database=None, phases=[Phase.generate])
    @given(st.data())
    def fill(data: st.DataObject) -> None:
        check(counter, data.draw(filling.filled(counter.form, counter.sent.likely)))

    fill()
    scale.figure("fuzz", f"any text in {stand.name}", forms=count, refused=counter.shown, taken=counter.taken)


@pytest.mark.scaled
@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_any_text_in_a_form_is_taken_or_comes_back_as_it_was_typed(app: Flask, session: Session, stand: Stand) -> None:
    run(app, stand, World.founded(app, session))


@pytest.mark.scaled
def test_any_text_on_the_first_visit_is_taken_or_comes_back_as_it_was_typed(app: Flask, session: Session) -> None:
    class Nobody:
        """A world before anybody is in it."""

        def __init__(self) -> None:
            self.app = app

        def stranger(self) -> Browser:
            return Browser(app.test_client())

    nobody: Any = Nobody()
    assert isinstance(SETUP.place(nobody), Sent)
    run(app, SETUP, nobody)
