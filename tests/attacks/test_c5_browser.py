"""Written markup in a real browser (reliability.md C3–C5): nothing runs, nothing is asked for, nothing is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page

from portal import config, create_app, migrating
from portal.web.installation import installation
from tests import scale
from tests.attacks import written
from tests.attacks.payloads import HTMX, SCRIPTS
from tests.attacks.written import FIELDS, Written
from tests.servers import Server
from tests.studios import COOKIE
from tests.worlds import Browser as Client
from tests.worlds import World

pytestmark = [pytest.mark.e2e, pytest.mark.scaled]
# Called by a payload that runs; and what the policy stopped, which escaping should have stopped before.
LISTEN = """window.ran = [];
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => { window.ran.push(name); };
document.addEventListener("securitypolicyviolation", e => window.ran.push(`${e.violatedDirective} ${e.blockedURI}`));"""
LIMITS = {"bank code": 34, "project kind": 40}


@dataclass
class Open:
    """A server with the stories on it, and a browser for each side."""

    url: str
    stories: list[Written]
    owner: str
    contacts: list[str]
    complaints: list[str] = field(default_factory=list)


def say(by: int, name: str) -> str:
    both = SCRIPTS + HTMX
    return both[(FIELDS.index(name) + by) % len(both)][: LIMITS.get(name, 60)]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Stories in which the fields say the payloads, one after the other."""
    server = Server(tmp_path_factory.mktemp("written") / "instance")
    settings = config.load({"PORT": str(server.port)}, instance=server.instance)
    migrating.upgrade(settings)
    app = create_app(settings)
    with installation(app).sessions() as session:
        world = World.founded(app, session)
        rounds = range(0, scale.cases(29, full=len(SCRIPTS + HTMX)), len(FIELDS))
        told = [written.write(world, lambda name, by=by: say(by, name)) for by in rounds]  # type: ignore[misc]  # its default binds the round
        contacts = [cookie(world.entered(*one.codes)) for one in told]
        opened = Open(server.url, told, cookie(world.browser(world.owner)), contacts)
    installation(app).engine.dispose()
    server.start()
    yield opened
    server.stop()


def cookie(browser: Client) -> str:
    browser.csrf()
    found = browser.client.get_cookie(COOKIE)
    assert found is not None
    return found.value


def watched(chromium: Browser, portal: Open, value: str) -> Page:
    """A page that writes down whatever ran, was asked for elsewhere, or complained."""
    context = chromium.new_context(base_url=portal.url)
    context.add_cookies([{"name": COOKIE, "value": value, "url": portal.url}])
    context.add_init_script(LISTEN)
    page = context.new_page()
    hear = portal.complaints.append
    page.on("dialog", lambda dialog: (hear(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: hear(str(error)))
    page.on("console", lambda said: hear(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda sent: hear(sent.url) if is_odd(sent.url, portal.url) else None)
    return page


def is_odd(address: str, ours: str) -> bool:
    return not address.startswith(ours) or "canary" in address


def visit(page: Page, portal: Open, addresses: list[str]) -> int:
    """Open each, touch what can be touched, and see that nothing came of it."""
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None, address
        page.mouse.move(200, 300)
        page.keyboard.press("Tab")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        portal.complaints += page.evaluate("window.ran")
        assert portal.complaints == [], address
    return len(addresses)


def test_nothing_that_people_wrote_runs(chromium: Browser, portal: Open) -> None:
    visited = 0
    for story, contact in zip(portal.stories, portal.contacts, strict=True):
        pages = [address for address in story.addresses if "." not in address and "/proof" not in address]
        theirs = [address for address in pages if not address.endswith(("/contacts", "/client", "/edit"))]
        theirs = [address for address in theirs if not address.startswith("/settings/")]
        own = [address for address in theirs if str(story.projects[2]) not in address]
        visited += visit(watched(chromium, portal, portal.owner), portal, ["/projects", "/settings", *pages])
        visited += visit(watched(chromium, portal, contact), portal, ["/projects", *own])
    payloads = min(len(portal.stories) * len(FIELDS), len(SCRIPTS + HTMX))
    scale.figure("C5", "words that would be markup, in a real browser", payloads=payloads, pages=visited, ran=0)


def test_what_runs_would_be_seen(chromium: Browser, portal: Open) -> None:
    """The control: the same watch on a page into which a payload did get."""
    portal.complaints.clear()
    page = watched(chromium, portal, portal.owner)
    page.goto("/projects")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=/x onerror=alert(1)>')")
    page.wait_for_timeout(300)
    assert any("script-src" in line for line in page.evaluate("window.ran"))
    assert portal.complaints
