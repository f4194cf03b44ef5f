"""The access matrix: every rule × method × everybody × own, foreign and missing ids (tests/access/table.py).

A rule that is not in the table fails the test: nobody adds an address without deciding who it is for.
"""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.db import new_id
from tests import scale
from tests.access import stage as staging
from tests.access.people import EVERYBODY, INSIDERS, OUTSIDERS, STRANGERS
from tests.access.stage import Stage, ask, fill
from tests.access.table import PLAIN, TABLE, THINGS, Door, rules


def test_every_address_is_in_the_table_and_the_table_has_no_others(app: Flask) -> None:
    assert set(rules(app)) == set(TABLE)


def expected(door: Door, name: str, method: str) -> str:
    """What the table promises to one person at their own thing."""
    if name in door.may:
        return "in"
    if name in door.sees:
        return "403"
    if name in STRANGERS:
        return {"": "401", "404": "404"}.get(door.home, "home")
    return "404"


def outcome(answer, door: Door) -> str:
    """What happened, in the words of `expected`."""
    if answer.status_code in (401, 403, 404):
        return str(answer.status_code)
    if answer.status_code == 400 and b"This form has expired" in answer.data:
        return "no token"
    if "Clear-Site-Data" in answer.headers:
        return "in"
    if answer.status_code == 303 and answer.headers["Location"] in ("/login", "/enter"):
        return "home" if answer.headers["Location"] == door.home else f"sent to {answer.headers['Location']}"
    return "in" if answer.status_code < 500 else str(answer.status_code)


@pytest.fixture
def stage(app: Flask, session: Session) -> Stage:
    return staging.set_up(app, session)


LEAVING = (("POST", "/leave"), ("POST", "/logout"))
# own (or none in particular), foreign and missing
CASES = (len(THINGS) + len(PLAIN)) * len(EVERYBODY) + 2 * len(THINGS) * len(INSIDERS + OUTSIDERS)


def test_the_matrix_is_as_large_as_promised() -> None:
    """reliability.md B2: rules × 9 actors × own, foreign and missing; 1,500 and more."""
    assert len(EVERYBODY) >= 9
    assert len(TABLE) >= 65
    assert CASES >= 1500
    scale.figure("B2", "rules × people × own, foreign, missing", rules=len(TABLE), people=len(EVERYBODY), cases=CASES)


def test_own_things_open_for_those_who_may_and_for_nobody_else(stage: Stage) -> None:
    wrong = []
    for (method, address), door in THINGS.items():
        for name in EVERYBODY:
            staging.renew(stage, method, address)
            path = fill(address, stage.own)
            got, want = outcome(ask(stage.people[name], method, path), door), expected(door, name, method)
            if got != want:
                wrong.append(f"{name}: {method} {address} → {got}, expected {want}")
    assert wrong == []


def test_addresses_without_a_thing_open_for_those_who_may_and_for_nobody_else(stage: Stage) -> None:
    wrong = []
    give_a_logo(stage)
    # Whoever may leave is gone afterwards, so that comes last.
    everything = [(case, name) for case in PLAIN for name in EVERYBODY]
    for case, name in sorted(everything, key=lambda one: one[0] in LEAVING and one[1] in PLAIN[one[0]].may):
        (method, address), door = case, PLAIN[case]
        path = fill(address, stage.own) if "<" in address else address
        got, want = outcome(ask(stage.people[name], method, path), door), expected(door, name, method)
        if got != want:
            wrong.append(f"{name}: {method} {address} → {got}, expected {want}")
    assert wrong == []


def give_a_logo(stage: Stage) -> None:
    stage.world.vendor.logo, stage.world.vendor.logo_type = b"a picture", "image/png"
    stage.world.session.commit()


def test_foreign_and_missing_things_look_the_same_byte_for_byte(stage: Stage) -> None:
    wrong = []
    for method, address in THINGS:
        for name in INSIDERS + OUTSIDERS:
            ids = stage.own if name in OUTSIDERS else stage.foreign
            foreign = ask(stage.people[name], method, fill(address, ids))
            missing = ask(stage.people[name], method, fill(address, {word: new_id() for word in ids}))
            if plain(foreign) != plain(missing) or (method, foreign.status_code) not in unseen(method, address):
                wrong.append(f"{name}: {method} {address} → {foreign.status_code} and {missing.status_code}")
    assert wrong == []


def unseen(method: str, address: str) -> set[tuple[str, int]]:
    """404; but tus says what it speaks to anyone who asks."""
    return {(method, 404)} if method != "OPTIONS" else {(method, 204), (method, 200)}


def plain(answer) -> tuple[int, bytes, list[tuple[str, str]]]:
    """An answer without what may differ: the CSRF token (it carries its time) and the cookie that holds it."""
    body = re.sub(rb'(csrf_token" value="|X-CSRFToken": ")[^"]+', b"", answer.data)
    headers = sorted((name, value) for name, value in answer.headers if name not in ("Set-Cookie", "Date"))
    return answer.status_code, body, headers
