"""Two people, two browsers: each sees quietly that the other is here, and nothing on the page moves for it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.cleo import Cleo
from tests.e2e.talking import started
from tests.studios import Studio

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
SOON, GONE = 5_000, 10_000
WORDS = {"en": ("Vera Stein is here", "Cleo 陈 is here"), "zh_Hans": ("Vera Stein 在线", "Cleo 陈 is here")}
# Headless tabs are always visible, so the page is told what a browser would tell it.
TURN = """state => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
PLACES = """() => [...document.querySelectorAll("main *")]
  .filter(e => !e.closest("[data-here]") && e.checkVisibility())
  .map(e => [e.tagName, e.getBoundingClientRect()])
  .map(([name, box]) => [name, box.x, box.y + scrollY, box.width, box.height].join())"""


def here(page: Page) -> Locator:
    return page.locator("[data-here]")


@pytest.mark.parametrize("client_speaks", ["zh_Hans", "en"])
def test_each_sees_that_the_other_is_here_and_soon_that_they_are_not(
    chromium: Browser, studio: Studio, client_speaks: str
) -> None:
    vera, cleo = started(chromium, studio, client_speaks)
    desk, phone = vera.desk.page, cleo.phone.page
    seen_by_cleo, seen_by_vera = WORDS[client_speaks]
    expect(here(desk)).to_have_text(seen_by_vera, timeout=SOON)
    expect(here(phone)).to_have_text(seen_by_cleo, timeout=SOON)
    for watched in (vera.desk, cleo.phone):
        here(watched.page).scroll_into_view_if_needed()
        watched.look()

    # A phone in the pocket, and out of it again: said by nobody aloud, and nothing moves.
    assert here(desk).evaluate("e => e.closest('[aria-live]:not([aria-live=off]), [role=log], [role=status]')") is None
    before = desk.evaluate(PLACES)
    phone.evaluate(TURN, "hidden")
    expect(here(desk)).to_have_text("", timeout=GONE)
    assert desk.evaluate(PLACES) == before
    phone.evaluate(TURN, "visible")
    expect(here(desk)).to_have_text(seen_by_vera, timeout=SOON)
    assert desk.evaluate(PLACES) == before

    # Another page with a conversation is still here; a closed tab is not.
    cleo.phone.go(f"/milestones/{vera.first}/messages")
    expect(here(phone)).to_have_text(seen_by_cleo, timeout=SOON)
    assert here(desk).inner_text() == seen_by_vera
    phone.close()
    expect(here(desk)).to_have_text("", timeout=GONE)


def test_a_lost_line_shows_nobody_and_a_new_one_everybody_again(chromium: Browser, studio: Studio) -> None:
    vera, cleo = started(chromium, studio, "en")
    desk = vera.desk.page
    expect(here(desk)).to_have_text("Cleo 陈 is here", timeout=SOON)
    for watched in (vera.desk, cleo.phone):
        watched.expected += ("htmx:sendError", "WebSocket connection")
    studio.server.kill()
    expect(here(desk)).to_have_text("", timeout=SOON)
    studio.server.start()
    expect(here(desk)).to_have_text("Cleo 陈 is here", timeout=40_000)
    expect(here(cleo.phone.page)).to_have_text("Vera Stein is here", timeout=40_000)


def test_whoever_is_revoked_is_not_here_any_more(chromium: Browser, studio: Studio) -> None:
    vera, cleo = started(chromium, studio, "en")
    expect(here(vera.desk.page)).to_have_text("Cleo 陈 is here", timeout=SOON)
    other = vera.desk.context.new_page()
    other.goto(f"/projects/{vera.project}/contacts")
    form = other.locator('form[action$="/revocation"]').last
    form.locator("xpath=ancestor::details[not(@open)]/summary").click()
    form.locator("button").click()
    expect(here(vera.desk.page)).to_have_text("", timeout=3_000)
    expect(here(cleo.phone.page)).to_have_text("", timeout=SOON)


@pytest.mark.parametrize("client_speaks", ["zh_Hans", "en"])
def test_several_people_are_named_in_one_line_however_long_their_names(
    chromium: Browser, studio: Studio, client_speaks: str
) -> None:
    vera, cleo = started(chromium, studio, client_speaks)
    long_name = "Wolfeschlegelsteinhausenbergerdorff " * 3
    desk = vera.desk.page
    if client_speaks == "zh_Hans":
        desk.locator('form[action="/locale"] button').first.click()
        desk.wait_for_load_state("networkidle")
    vera.desk.go(f"/milestones/{vera.first}")
    together = ("Cleo 陈和王薇 在线", "Cleo 陈 and 王薇 are here")[client_speaks == "en"]
    single = ("Cleo 陈 在线", "Cleo 陈 is here")[client_speaks == "en"]
    expect(here(desk)).to_have_text(single, timeout=SOON)
    before = desk.evaluate(PLACES)
    for name, sentence in (("王薇", re.compile(re.escape(together))), (long_name, re.compile("Wolfeschlegel"))):
        other = Cleo(chromium, studio.server.url, client_speaks)
        inviting = vera.desk.context.new_page()
        vera.desk.page = inviting
        other.enters(vera.invites(name, client_speaks))
        inviting.close()
        vera.desk.page = desk
        other.phone.go(f"/milestones/{vera.first}")
        expect(here(desk)).to_have_text(sentence, timeout=SOON)
        assert desk.evaluate(PLACES) == before
    vera.desk.look()
    assert here(cleo.phone.page).inner_text().startswith("Vera Stein")
