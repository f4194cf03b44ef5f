"""C11: whatever a request says, each event is one line of JSON in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from portal import logs
from portal.config import Config
from tests import scale
from tests.fuzz import asking
from tests.fuzz.asking import Asked
from tests.ground import Ground

pytestmark = [pytest.mark.parametrize("database_url", ["sqlite"], indirect=True), pytest.mark.scaled]
PAYLOADS = (
    "x\n{\"event\": \"logged_in\"}", "x\r\n{\"event\": \"paid\"}", "x\r", "\n\n\n", "x\u2028y", "x\u2029y", "x\x85y",
    "x\x0by", "x\x0cy",
    "\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "x\0y", '"}', '", "level": "info', "\\", "\\n", "\ufeff", "\u202e",
    "%s %(event)s {0}",
    "${jndi:ldap://127.0.0.1/x}", "\ud800", "\x08" * 40,
)  # fmt: skip


def broken_view(**_values: Any) -> Any:
    raise RuntimeError(said[0])


said = [""]


@pytest.fixture
def app(settings: Config, ground: Ground) -> Iterator[Flask]:
    """An application of this test's own, to be changed."""
    with ground.application_of_its_own(settings) as made:
        yield made


def test_a_request_that_fails_is_one_line_of_the_log_whatever_it_says(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_view.policy = app.view_functions["entrances.new_entry"].policy  # type: ignore[attr-defined]  # for the gatehouse
    app.view_functions["entrances.new_entry"] = app.view_functions["brands.logo"] = broken_view
    logs.configure()
    capsys.readouterr()
    for payload in PAYLOADS:
        said[0] = payload
        header = payload.encode("utf-8", "replace").decode("latin-1")
        for path in ("/enter", f"/enter/{header}", f"/static/{header}"):
            asking.send(
                app, Asked("GET", path, header, {"User-Agent": header, "Referer": header, "X-Forwarded-For": header})
            )
        lines = capsys.readouterr().err.split("\n")
        assert lines.pop() == ""
        assert len(lines) == 1, (payload, lines)
        line = json.loads(lines[0])
        assert (line["event"], line["path"]) == ("request_failed", "/enter")
        assert all(sign.isprintable() for sign in lines[0]), payload
    assert len(PAYLOADS) >= 20
    scale.figure("C11", "requests that try to write into the log", payloads=len(PAYLOADS), requests=3 * len(PAYLOADS))
