"""A method means what it says (reliability.md B7): no header and no field turns a request into another one."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.web.installation import installation
from tests import scale
from tests.access import stage as staging
from tests.access import table
from tests.access.stage import Stage, fill
from tests.attacks.contents import ACCESS_LOG, changes, contents
from tests.attacks.scene import one_database

pytestmark = pytest.mark.scaled
METHODS = ("POST", "PUT", "PATCH", "DELETE", "TRACE")
# Every way in which frameworks let a request pretend to be another, and what htmx sends.
PRETENDING: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
    ({"X-HTTP-Method-Override": "DELETE"}, {}),
    ({"X-HTTP-Method": "DELETE", "X-Method-Override": "DELETE"}, {}),
    ({}, {"_method": "DELETE"}),
    ({"HX-Request": "true", "HX-Boosted": "true", "HX-Target": "main"}, {}),
    ({"HX-Request": "true", "HX-Trigger": "delete", "HX-Prompt": "DELETE", "HX-Current-URL": "/projects"}, {}),
)


@pytest.fixture
def stage(app: Flask, session: Session) -> Stage:
    return staging.set_up(app, session)


def only_get(app: Flask) -> list[str]:
    """Addresses that GET alone answers."""
    taken = defaultdict(set)
    for rule in app.url_map.iter_rules():
        taken[table.shape(rule)] |= set(rule.methods or ())
    return sorted(shape for shape, methods in taken.items() if methods <= {"GET", "HEAD", "OPTIONS"})


def address(stage: Stage, shape: str) -> str:
    """The address with ids of one's own in it."""
    plain = shape.replace("<uuid:vendor_id>-<int:version>", f"{stage.world.owner.vendor_id}-1")
    plain = plain.replace("<path:filename>", "css/base.css")
    return fill(plain, stage.own) if "<" in plain else plain


def ask(stage: Stage, method: str, shape: str, headers: dict[str, str], form: dict[str, str]) -> Any:
    browser = stage.people["owner"]
    sent = headers | {"X-CSRFToken": browser.csrf()}
    query = {} if method != "GET" else form
    return browser.client.open(
        address(stage, shape), method=method, headers=sent, data=form or None, query_string=query, buffered=True
    )


ALL_AT_ONCE: tuple[dict[str, str], dict[str, str]] = (PRETENDING[0][0] | PRETENDING[1][0], PRETENDING[2][1])


@one_database
def test_what_only_gets_takes_no_other_method_whatever_it_pretends(app: Flask, stage: Stage) -> None:
    shapes, engine, wrong = only_get(app), installation(app).engine, []
    assert len(shapes) >= 20
    before = contents(engine)
    for shape in shapes:
        for number, method in enumerate(METHODS):
            for headers, form in ({}, {}), PRETENDING[number]:
                answer = ask(stage, method, shape, headers, form)
                if answer.status_code != 405 or not answer.headers["Allow"]:
                    wrong.append(f"{method} {shape} {headers} {form} → {answer.status_code}")
    assert wrong == []
    assert changes(before, contents(engine)) == {}
    scale.figure("B7", "other methods at addresses that only get", rules=len(shapes), requests=len(shapes) * 10)


@one_database
def test_what_pretends_to_be_more_stays_what_it_is(stage: Stage) -> None:
    """At every address that has a GET, also where another method would do something."""
    gets = sorted(shape for method, shape in table.TABLE if method == "GET")
    papers_drawn(stage)
    engine, wrong = installation(stage.world.app).engine, []
    before = contents(engine, without=ACCESS_LOG)
    for shape in gets:
        plain = ask(stage, "GET", shape, {}, {}).status_code
        if (got := ask(stage, "GET", shape, *ALL_AT_ONCE).status_code) != plain:
            wrong.append(f"{shape} → {got}, alone {plain}")
    assert wrong == []
    assert changes(before, contents(engine, without=ACCESS_LOG)) == {}
    a_post_is_no_delete(stage)


def a_post_is_no_delete(stage: Stage) -> None:
    """An upload's address takes PATCH and DELETE: a POST that names one of them is neither."""
    for headers in ({"X-HTTP-Method-Override": "DELETE"}, {"X-HTTP-Method-Override": "PATCH"}):
        answer = ask(stage, "POST", "/uploads/<uuid>", {"Tus-Resumable": "1.0.0"} | headers, {"_method": "DELETE"})
        assert answer.status_code == 405
        assert ask(stage, "HEAD", "/uploads/<uuid>", {"Tus-Resumable": "1.0.0"}, {}).status_code == 200


def papers_drawn(stage: Stage) -> None:
    """As the job does it a moment after the confirmation."""
    assert ask(stage, "GET", "/receipts/<uuid>.pdf", {}, {}).status_code == 200
