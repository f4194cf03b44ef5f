"""Notifications of the browser: asked for by a click, shown only where they help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from portal.models.preference import Preference
from tests.studios import COOKIE, Studio, opened

pytestmark = pytest.mark.e2e
# Chromium's own Notification goes on working; what it is made with is written down.
SPY = """() => {
  window.shown = [];
  window.Notification = class extends Notification {
    constructor(title, options) { super(title, options); window.shown.push([title, options.body, options.tag]); }
  };
}"""
HIDE = "() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })"
SAY = "detail => document.dispatchEvent(new CustomEvent('milepost:notify', { detail }))"
NEWS = {"title": "Milestone 2 is delivered", "body": "Look at it", "href": "/projects"}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path) as running:
        yield running


@pytest.fixture
def context(chromium: Browser, studio: Studio) -> Iterator[BrowserContext]:
    made = chromium.new_context(base_url=studio.server.url)
    value = studio.owner["Cookie"].partition("=")[2]
    made.add_cookies([{"name": COOKIE, "value": value, "url": studio.server.url}])
    yield made
    made.close()


def settings(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/settings/notices")
    return page


def test_the_browser_is_asked_when_the_box_is_ticked_and_the_choice_is_kept(
    context: BrowserContext, studio: Studio
) -> None:
    context.grant_permissions(["notifications"])
    page = settings(context)
    page.get_by_label("Show notifications of this browser").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    assert page.get_by_label("Show notifications of this browser").is_checked()
    with studio.look() as session:
        assert session.scalars(select(Preference.browser)).all() == [True]


def test_a_browser_that_says_no_leaves_the_box_empty_and_says_why(context: BrowserContext) -> None:
    context.clear_permissions()
    page = settings(context)
    page.evaluate("() => { Notification.requestPermission = async () => 'denied'; }")
    box = page.get_by_label("Show notifications of this browser")
    box.click()
    page.get_by_text("This browser does not allow notifications of this portal.").wait_for()
    assert not box.is_checked()


def watched(context: BrowserContext) -> Page:
    page = settings(context)
    page.evaluate(SPY)
    return page


def test_news_is_shown_while_the_page_is_not_in_front(context: BrowserContext, studio: Studio) -> None:
    context.grant_permissions(["notifications"])
    page = watched(context)
    page.evaluate(SAY, NEWS)
    assert page.evaluate("window.shown") == []
    page.evaluate(HIDE)
    page.evaluate(SAY, NEWS)
    assert page.evaluate("window.shown") == [[NEWS["title"], NEWS["body"], f"{studio.server.url}/projects"]]


def test_without_permission_or_words_nothing_is_shown_and_nothing_breaks(context: BrowserContext) -> None:
    context.clear_permissions()
    page = watched(context)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.evaluate(HIDE)
    for detail in (NEWS, {}, None):
        page.evaluate(SAY, detail)
    assert (page.evaluate("window.shown"), errors) == ([], [])


def test_a_notification_leads_nowhere_outside(context: BrowserContext, studio: Studio) -> None:
    context.grant_permissions(["notifications"])
    page = watched(context)
    page.evaluate(HIDE)
    for href in ("https://evil.example/x", "javascript:alert(1)", "//evil.example"):
        page.evaluate(SAY, NEWS | {"href": href})
    assert {tag for _, _, tag in page.evaluate("window.shown")} == {f"{studio.server.url}/settings/notices"}
