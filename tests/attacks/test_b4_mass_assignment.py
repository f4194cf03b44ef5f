"""Fields nobody asked for change nothing (reliability.md B4): whatever is added to a form, the database is the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.web.installation import installation
from tests import scale
from tests.attacks.contents import changes, contents
from tests.attacks.deeds import DEEDS
from tests.attacks.scene import Case, Scene, one_database
from tests.worlds import World

pytestmark = pytest.mark.scaled
MOST = 12
NOISE = (
    (re.compile(r"\$argon2\S+"), "password"),
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "id"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][0-9:.+]+"), "time"),
    (re.compile(r"[0-9a-f]{8,}"), "hex"),
    (re.compile(r"RF\d\d[A-Z0-9 ]+"), "reference"),
)
FORMS = sorted(case for case in DEEDS if case[0] == "POST" and case[1] != "/uploads")


def forbidden(other: World) -> dict[str, str]:
    """Names of columns, and some that sound like them, with what an attacker would like in them."""
    theirs = str(other.owner.vendor_id)
    return {
        "vendor_id": theirs, "id": theirs, "project_id": theirs, "state": "settled", "paid": "1", "amount_minor": "1",
        "unlocked": "true", "settled_at": "2020-01-01T00:00:00+00:00", "version": "99", "head_seq": "99",
        "price_minor": "1", "role": "owner", "disabled_at": "2020-01-01T00:00:00+00:00",
    }  # fmt: skip


def effect(app: Flask, session: Session, case: Case, chosen: slice) -> tuple[int, Any]:
    """What the deed does to the database with some of the forbidden fields, said so that two times compare."""
    scene = Scene.of(World.founded(app, session))
    request = DEEDS[case](scene)
    extra = {name: value for name, value in forbidden(scene.other).items() if name not in request.form}
    engine = installation(app).engine
    before = contents(engine, without=frozenset({"buckets"}))
    answer = request.send(form=dict(list(extra.items())[:MOST][chosen]))
    found = changes(before, contents(engine, without=frozenset({"buckets"})))
    foreign = {scene.other.owner.vendor_id.hex, scene.other.owner.member_id.hex}
    return answer.status_code, {
        table: [sorted(repr(quiet(row, foreign)) for row in rows) for rows in both] for table, both in found.items()
    }


def quiet(row: dict[str, Any], foreign: set[str]) -> dict[str, Any]:
    """A row without what differs each time; ids that are plain numbers count on and on."""
    told = {name: value for name, value in row.items() if not (name == "id" and isinstance(value, int))}
    return {name: "somebody else's" if value in foreign else calm(value) for name, value in told.items()}


def calm(value: Any) -> Any:
    if isinstance(value, bytes):
        return "bytes"
    for pattern, word in NOISE if isinstance(value, str) else ():
        value = pattern.sub(word, value)
    return value


def parts(size: int) -> Iterator[slice]:
    return (slice(at, at + size) for at in range(0, MOST, size))


@one_database
def test_fields_nobody_asked_for_change_nothing(app: Flask, session: Session) -> None:
    size, wrong, sent = scale.cases(MOST, full=1), [], 0
    for case in FORMS:
        plain = effect(app, session, case, slice(0, 0))
        assert plain[0] < 400, case
        for chosen in parts(size):
            sent += 1
            if (got := effect(app, session, case, chosen)) != plain:
                wrong.append(f"{case} {chosen}: {got}, without them {plain}")
    assert wrong == []
    scale.figure("B4", "fields nobody asked for", forms=len(FORMS), fields=MOST, requests=sent)


@one_database
def test_a_field_that_does_count_would_be_seen(app: Flask, session: Session) -> None:
    """The control: one field that the form does know makes a difference of just its column."""
    scene = Scene.of(World.founded(app, session))
    engine = installation(app).engine
    before = contents(engine)
    DEEDS["POST", "/settings/members"](scene).send(form={"role": "owner"})
    (_, [new]) = changes(before, contents(engine))["members"]
    assert new["role"] == "owner"
