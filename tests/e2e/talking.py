"""A project under way on two screens, and what is said there."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator

from portal.models.milestone import Milestone
from tests.e2e.cleo import Cleo
from tests.e2e.vera import Vera
from tests.studios import COOKIE, Studio


def started(chromium: Browser, studio: Studio, client_speaks: str, *, scripts: bool = True) -> tuple[Vera, Cleo]:
    """A project under way, open on both screens."""
    with studio.look() as session:
        project = str(session.get_one(Milestone, studio.milestone_id).project_id)
    vera = Vera(chromium, studio.server.url, "en")
    cleo = Cleo(chromium, studio.server.url, client_speaks, scripts=scripts)
    vera.project, vera.first, cleo.project = project, str(studio.milestone_id), project
    for watched, who in ((vera.desk, studio.owner), (cleo.phone, studio.client)):
        value = who["Cookie"].partition("=")[2]
        watched.context.add_cookies([{"name": COOKIE, "value": value, "url": studio.server.url}])
        watched.go(f"/milestones/{vera.first}")
        if watched.scripts:
            watched.until("milepostLive.connected", seconds=15)
    return vera, cleo


def says(person: Vera | Cleo, text: str) -> None:
    page = (person.desk if isinstance(person, Vera) else person.phone).page
    page.locator("[data-say] textarea").fill(text)
    page.locator("[data-say] button[type=submit]").click()


def line(person: Vera | Cleo, text: str) -> Locator:
    page = (person.desk if isinstance(person, Vera) else person.phone).page
    return page.locator(".message", has_text=text)
