"""Requests that once went wrong, or could, each by name."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.web.htmx import PortalRequest
from tests import forms
from tests.fuzz import asking
from tests.fuzz.asking import Asked
from tests.worlds import World

one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SIGNS = st.characters(exclude_categories=["Cs"])
NOBODY = "00000000-0000-0000-0000-000000000000"


@one_database
@pytest.mark.parametrize("query", ["\xff\xfe", "q=\xc3(", "page=\x80", "\xed\xa0\x80=1", "q=%ff&\xe9"])
@pytest.mark.parametrize("path", ["/enter", "/projects", "/nowhere", "/static/nothing.css", "/uploads"])
def test_a_query_of_bytes_that_are_no_text_is_no_failure(app: Flask, path: str, query: str) -> None:
    for host in ("localhost", "elsewhere.example"):
        asked = Asked("GET", path, query, {"Host": host})
        assert asking.broken(asked, asking.send(app, asked)) == []


def test_raw_bytes_in_a_query_are_read_like_the_same_bytes_percent_encoded(world: World) -> None:
    world.project(title="Kirschernte für Åse")
    known = asking.credentials(world.browser(world.owner))
    for query in ("q=f\xc3\xbcr", "q=f%c3%bcr"):
        answer = asking.send(world.app, Asked("GET", "/projects", query, known))
        page = answer.get_data(as_text=True)
        assert "Kirschernte" in page
        assert 'value="für"' in page


@one_database
@pytest.mark.parametrize(
    "origin", ["http://[", "http://[::1", "http://[x]:1", "//", "http:", "\xff", "", "http://℀.example"]
)
def test_an_origin_that_is_no_address_is_a_foreign_one(app: Flask, origin: str) -> None:
    headers = {"Origin": origin.encode().decode("latin-1")}
    asked = Asked("POST", "/locale", headers=headers)
    answer = asking.send(app, asked)
    assert (answer.status_code, asking.broken(asked, answer)) == (400, [])


@pytest.mark.parametrize("version", [2**31, 2**63, 10**40, 10**400])
@pytest.mark.parametrize("end", [".css", "/logo"])
def test_the_look_of_a_version_beyond_all_numbers_is_not_there(app: Flask, version: int, end: str) -> None:
    answer = asking.send(app, Asked("GET", f"/brand/{NOBODY}-{version}{end}"))
    assert answer.status_code == 404


@one_database
@pytest.mark.parametrize("path", ["/static/nothing.css", "/static/../portal.db", "/static/%00"])
def test_a_refusal_among_the_static_files_is_kept_by_nobody(world: World, path: str) -> None:
    known = asking.credentials(world.browser(world.owner))
    answer = asking.send(world.app, Asked("GET", path, headers=known))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
    assert "Cookie" in answer.headers["Vary"]


@one_database
def test_a_static_file_is_kept_for_long(app: Flask) -> None:
    answer = asking.send(app, Asked("GET", "/static/vendor/manifest.json"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000"


@one_database
@pytest.mark.parametrize("body", [b"a&" * 400, b"&" * 100_000, b"a=" + b"b" * 2 * 2**20])
def test_a_plain_form_of_too_many_fields_or_bytes_is_too_large(app: Flask, body: bytes) -> None:
    asked = Asked("POST", "/enter", kind="application/x-www-form-urlencoded", body=body)
    answer = asking.send(app, asked)
    assert (answer.status_code, asking.broken(asked, answer)) == (413, [])


@one_database
def test_the_largest_project_that_can_be_typed_is_taken(world: World) -> None:
    texts = {f"milestones-{row}-{name}": "界" * 10_000 for row in range(10) for name in ("description", "criteria")}
    shares = {f"milestones-{row}-share": "10" for row in range(10)}
    form = forms.HEAD | forms.rows(*({} for _ in range(10))) | shares | texts
    assert world.browser(world.owner).post("/projects", form).status_code == 303


@given(st.dictionaries(st.text(SIGNS, min_size=1), st.text(SIGNS), min_size=1, max_size=9))
def test_a_plain_form_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    asked = Asked("POST", "/", kind="application/x-www-form-urlencoded", body=urlencode(fields).encode())
    assert PortalRequest(asked.environ()).form.to_dict() == fields


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", []), (b"&&", []), (b"a", [("a", "")]), (b"a=b=c", [("a", "b=c")]), (b"=b", [("", "b")]), (b"a=1&a=2",
        [("a", "1"), ("a", "2")]),
        (b"a=%", [("a", "%")]), (b"a=%zz%4", [("a", "%zz%4")]), (b"a=b+c%2B", [("a", "b c+")]), (b"%C3%A4=%e4",
        [("\xe4", "\ufffd")]),
        (b"a=\xff\xc3\xa4", [("a", "\ufffd\xe4")]), (b"a=%ed%a0%80", [("a", "\ufffd" * 3)]),
    ],
)  # fmt: skip
def test_a_plain_form_with_slips_is_read_as_far_as_it_can_be(body: bytes, expected: list[tuple[str, str]]) -> None:
    asked = Asked("POST", "/", kind="application/x-www-form-urlencoded", body=body)
    assert list(PortalRequest(asked.environ()).form.items(multi=True)) == expected
