"""Pages run nothing but our scripts (reliability.md C3): each is taken apart, also refusals, failures and parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from portal import create_app
from portal.config import Config
from portal.web import gatehouse, headers
from portal.web.installation import installation
from tests import guarded_answers, scale
from tests.attacks import pages, written
from tests.attacks.pages import Page
from tests.attacks.scene import one_database
from tests.worlds import Browser, World

pytestmark = pytest.mark.scaled
RUNS = re.compile(r"on[a-z]+|hx-on.*|data-hx-on.*|style|srcdoc", re.IGNORECASE)
ADDRESS = ("href", "src", "action", "formaction", "hx-get", "hx-post", "hx-delete", "poster", "data")
FOREIGN = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//|\\)", re.IGNORECASE)
GOOD_SCHEMES = ("mailto:",)
EVALUATED = ("hx-vals", "hx-headers", "hx-vars", "data-hx-vals", "data-hx-vars")


def inline(page: Page) -> list[str]:
    """Everything on a page that would run or load what is not ours."""
    found = [f"text in a script or style: {raw[:40]}" for raw in page.raw]
    for tag, attributes in page.elements:
        found += [f"<{tag} {name}>" for name in attributes if RUNS.fullmatch(name)]
        found += [f"<{tag} {name}={attributes[name]}>" for name in ADDRESS if leaves(attributes.get(name, ""))]
        found += [
            f"<{tag} {name}>" for name in EVALUATED if attributes.get(name, "").strip().startswith(("js:", "jav"))
        ]
        if tag in ("style", "iframe", "object", "embed", "base", "applet"):
            found.append(f"<{tag}>")
        if tag == "script" and not (attributes.get("src", "").startswith("/static/") and "integrity" in attributes):
            found += [] if attributes.get("src", "").startswith("/static/js/") else [f"<script {attributes}>"]
    return found


def is_code(value: str) -> bool:
    return value.strip().startswith(("js:", "javascript:"))


def leaves(address: str) -> bool:
    return FOREIGN.match(address) is not None and not address.startswith(GOOD_SCHEMES)


def refusals(browser: Browser) -> dict[str, Any]:
    """Answers nobody sees on an ordinary day, by status."""
    token, many = {"X-CSRFToken": browser.csrf()}, "x" * (13 * 1024 * 1024)
    answers = [
        browser.get("/nowhere"),
        browser.client.post("/settings/account/zone", data={}),
        browser.client.put("/projects"),
        browser.client.post("/settings/studio", data={"csrf_token": browser.csrf(), "name": many}, headers=token),
        browser.post("/projects", {}),
        browser.get("/breaks"),
    ]
    return {str(answer.status_code): answer for answer in answers}


def fail() -> str:
    """As a mistake of ours would."""
    raise RuntimeError("<script>alert('of ours')</script>")


@pytest.fixture
def app(settings: Config) -> Iterator[Flask]:
    """An application of its own, with an address that breaks."""
    made = create_app(settings)
    made.config["PROPAGATE_EXCEPTIONS"] = False
    made.add_url_rule("/breaks", "breaks", gatehouse.who(gatehouse.Who.ANYONE)(fail))
    guarded_answers.watch(made)
    yield made
    installation(made).engine.dispose()


@one_database
def test_every_page_runs_nothing_but_our_scripts(world: World) -> None:
    story = written.write(world, lambda field: field)
    people = {"owner": world.browser(world.owner), "contact": world.entered(*story.codes), "nobody": world.stranger()}
    wrong, parsed = [], 0
    for name, browser in people.items():
        walked = pages.walk(browser, "/", "/enter", "/login", "/settings", *story.addresses)
        parts = pages.walk(browser, *list(walked.answers)[:: scale.cases(4, full=1)], headers={"HX-Request": "true"})
        for address, page in [*walked.pages.items(), *parts.pages.items()]:
            parsed += 1
            wrong += [f"{name}: {address}: {found}" for found in inline(page)]
    for status, answer in refusals(people["owner"]).items():
        parsed += 1
        wrong += [f"{status}: {found}" for found in inline(Page(answer.text))]
        assert answer.headers["Content-Security-Policy"] == headers.POLICY, status
    assert wrong == []
    scale.figure("C3", "pages taken apart", pages=parsed)


@one_database
def test_refusals_and_failures_are_pages_with_the_same_policy(world: World) -> None:
    answers = refusals(world.browser(world.owner))
    assert set(answers) == {"404", "400", "405", "413", "422", "500"}
    assert "of ours" not in answers["500"].text
    assert {answer.headers["Content-Security-Policy"] for answer in answers.values()} == {headers.POLICY}


@pytest.mark.parametrize(
    "offence",
    [
        '<p onclick="go()">', '<p style="color:red">', '<p hx-on:click="go()">', '<p data-hx-on-click="go()">',
        '<a href="javascript:go()">', "<script>go()</script>", '<script src="https://cdn.example/x.js"></script>',
        "<style>p{}</style>", '<img src="//evil.example/x">', '<p hx-vals="js:{a: go()}">', '<iframe src="/x">',
        '<base href="/">', '<a href=" JaVaScRiPt:go()">', '<form action="https://evil.example">',
    ],
)  # fmt: skip
def test_each_offence_would_be_seen(offence: str) -> None:
    assert inline(Page(offence)) != []
