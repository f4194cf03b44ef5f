"""Nobody is led off the site by an address they were given (A11)."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from flask import Response

from tests import scale
from tests.worlds import Browser, World

# Where a page leads depends on no database.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAYLOADS = (
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\\/evil.example", "//\\evil.example", "https://evil.example", "https:evil.example", "http:/evil.example",
    "HTTPS://EVIL.EXAMPLE", "ftp://evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "blob:https://evil.example/x", "file:///etc/passwd",
    "//evil.example/%2f..", "/%5cevil.example/..;", "/%2f%2fevil.example", "/%2fevil.example", "%2f%2fevil.example",
    "/%09/evil.example", "/%0d%0aLocation:%20//evil.example", "/..//evil.example", "/.//evil.example",
    "/projects/../..//evil.example", "/;//evil.example", "/\t/evil.example", "\t//evil.example", "/\n/evil.example",
    "/\r\nLocation: //evil.example", "/\r\nSet-Cookie: a=b", "/\x00/evil.example", "/\x0b/evil.example",
    "/\x7f/evil.example", " //evil.example", "/ /evil.example", "//evil.example ", "\u3002evil.example",
    "//evil\u3002example", "/\uff0fevil.example", "//\u2044evil.example", "/\u2028/evil.example",
    "\ufeff//evil.example", "/\u00a0/evil.example", "@evil.example", "user@evil.example", "//user:pw@evil.example",
    "//localhost@evil.example", "//localhost:80@evil.example", "//evil.example#localhost", "//evil.example?localhost",
    "//[::1]", "//2130706433", "/\\\\evil.example@localhost", "http://localhost.evil.example",
    "", ".", "..", "evil.example", "?next=//evil.example", "#//evil.example", "/projects?next=//evil.example",
)  # fmt: skip


# What other programs call such an address.
NAMES = ("next", "url", "to", "return", "return_to", "redirect", "redirect_uri", "continue", "wanted", "back")


def where_a_browser_goes(location: str) -> str:
    """The address a browser makes of a Location header: blanks at its ends and line ends in it fall out, \\ is /."""
    seen = re.sub(r"[\t\r\n]", "", location.strip("".join(map(chr, range(33))))).replace("\\", "/")
    # Any number of slashes at the beginning means: another host.
    return urljoin("http://localhost/", re.sub(r"^/{2,}", "//", seen))


def leaves(answer: Response) -> str:
    """What is wrong with where an answer leads, or nothing."""
    found = [answer.headers[name] for name in ("Location", "HX-Redirect", "Refresh") if name in answer.headers]
    if "a=b" in str(answer.headers.getlist("Set-Cookie")) or len(found) > 1:
        return f"a header of theirs: {answer.headers}"
    return next((text for text in found if urlsplit(where_a_browser_goes(text)).netloc != "localhost"), "")


@pytest.mark.parametrize("location", ["//evil.example", "/\\evil.example", "/\t/evil.example", " ///evil.example"])
def test_the_eye_for_it_sees_what_browsers_see(location: str) -> None:
    """The control."""
    assert urlsplit(where_a_browser_goes(location)).netloc == "evil.example"
    assert urlsplit(where_a_browser_goes("/projects?next=//evil.example")).netloc == "localhost"


@one_database
@pytest.mark.scaled
@pytest.mark.parametrize("headers", [{}, {"HX_Request": "true"}], ids=["plain", "htmx"])
def test_changing_the_language_never_leads_off_the_site(world: World, headers: dict[str, str]) -> None:
    browser, wrong = world.stranger(), {}
    for payload in PAYLOADS:
        answer = browser.post("/locale", {"locale": "en", "next": payload}, **headers)
        assert answer.status_code in ((303, 204) if "\0" not in payload else (400,)), payload
        if led := leaves(answer):
            wrong[payload] = led
    scale.figure("A11", f"addresses that lead elsewhere, {'htmx' if headers else 'plain'}",
                 payloads=len(PAYLOADS), left=len(wrong))  # fmt: skip
    assert wrong == {}
    assert len(set(PAYLOADS)) >= 60


@one_database
def test_neither_does_the_page_somebody_was_on_their_way_to(world: World) -> None:
    """It is remembered from the request itself, and used after entering."""
    cleo, wrong = world.contact(world.project()), {}
    for payload in PAYLOADS:
        named = urlencode(dict.fromkeys(NAMES, payload))
        for path, query in ((payload, ""), (f"/projects/{payload}", ""), ("/projects", payload), ("/projects", named)):
            browser = world.stranger()
            sent = {"PATH_INFO": path.encode().decode("latin-1"), "QUERY_STRING": query.encode().decode("latin-1")}
            turned_away = browser.client.get("/", environ_overrides=sent)
            led = leaves(turned_away) or remembered(browser)
            if led:
                wrong[payload, path] = led
    assert wrong == {}
    browser.get("/projects?next=//evil.example")
    assert leaves(browser.post("/enter", {"code": cleo.code})) == ""


def remembered(browser: Browser) -> str:
    """The page the browser is to be led to later, if that is not ours."""
    with browser.client.session_transaction() as cookie:
        wanted = cookie.get("wanted", "/")
    return "" if urlsplit(where_a_browser_goes(wanted)).netloc == "localhost" else str(wanted)


@one_database
def test_no_header_of_the_request_says_where_to_go(world: World) -> None:
    browser = world.stranger()
    for name in ("Referer", "HX-Current-URL", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded"):
        for payload in ("//evil.example", "https://evil.example/projects", "evil.example"):
            for address in ("/", "/projects", "/projects/"):
                assert leaves(browser.client.get(address, headers={name: payload})) == "", (name, payload)
