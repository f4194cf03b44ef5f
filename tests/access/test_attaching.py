"""Who may begin an upload for a message: whoever may talk there. Who may go on with it: only whoever began it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.db import new_id
from tests.access import stage as staging
from tests.access.people import EVERYBODY, INSIDERS, OUTSIDERS, STRANGERS
from tests.access.stage import Stage
from tests.worlds import Browser

TALKING = ("owner", "manager", "member", "full", "viewer")
SIDES = {"project": "projects", "milestone": "second"}


@pytest.fixture
def stage(app: Flask, session: Session) -> Stage:
    return staging.set_up(app, session)


def ask(browser: Browser, method: str, address: str, body: bytes = b"", **more: str) -> Any:
    """One request of the protocol. Who is in keeps its token."""
    headers = {"X-CSRFToken": browser._token or browser.csrf(), "Tus-Resumable": "1.0.0", "Upload-Offset": "0"} | more
    kind = "application/offset+octet-stream" if method == "PATCH" else None
    return browser.client.open(address, method=method, data=body, headers=headers, content_type=kind)


def begin(browser: Browser, thread_id: object) -> Any:
    name, place = (base64.b64encode(text.encode()).decode() for text in ("film.mov", str(thread_id)))
    told = {"Upload-Length": "10", "Upload-Metadata": f"filename {name},conversation {place}"}
    return ask(browser, "POST", "/uploads", **told)


def promised(name: str) -> int:
    """What happens to somebody who wants to attach something in the conversation of `project`."""
    if name in TALKING:
        return 201
    if name in STRANGERS:
        return 401
    return 403 if name in INSIDERS else 404


@pytest.mark.parametrize("side", SIDES)
def test_whoever_may_talk_may_attach_and_nobody_else(stage: Stage, side: str) -> None:
    thread_id = stage.own[SIDES[side]]
    assert {name: begin(stage.people[name], thread_id).status_code for name in EVERYBODY} == {
        name: promised(name) for name in EVERYBODY
    }


def test_foreign_and_missing_conversations_look_the_same(stage: Stage) -> None:
    for name in INSIDERS + OUTSIDERS:
        theirs = stage.own if name in OUTSIDERS else stage.foreign
        answers = [begin(stage.people[name], each) for each in (theirs["projects"], theirs["milestones"], new_id())]
        assert {answer.status_code for answer in answers} == {404}, name
        assert len({answer.data for answer in answers}) == 1, name


@pytest.mark.parametrize("sender", TALKING)
@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_only_whoever_sends_it_finds_it(stage: Stage, sender: str, method: str) -> None:
    address = begin(stage.people[sender], stage.own["projects"]).headers["Location"]
    others = [name for name in EVERYBODY if name != sender]
    got = {name: ask(stage.people[name], method, address, b"0123456789").status_code for name in others}
    assert got == {name: 401 if name in STRANGERS else 404 for name in others}
    missing = ask(stage.people["owner"], method, f"/uploads/{new_id()}")
    foreign = ask(stage.people["other owner"], method, address)
    assert (foreign.status_code, foreign.data) == (missing.status_code, missing.data)
    # The control: whoever sends it does.
    assert ask(stage.people[sender], method, address, b"0123456789").status_code in (200, 204)


def test_clients_put_nothing_into_milestones(stage: Stage) -> None:
    name, place = (base64.b64encode(text.encode()).decode() for text in ("film.mov", str(stage.own["second"])))
    for metadata in (f"filename {name},milestone {place}", f"filename {name},milestone {place},conversation {place}"):
        answers = [
            ask(stage.people[who], "POST", "/uploads", **{"Upload-Length": "10", "Upload-Metadata": metadata})
            for who in ("full", "viewer", "payer", "neighbour")
        ]
        assert {answer.status_code for answer in answers} <= {400, 404}
