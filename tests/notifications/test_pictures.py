"""Every kind of mail, and a digest, drawn by a browser in both languages: nothing sticks out, and axe finds nothing.

MILEPOST_PICTURES=folder keeps what was drawn, to be looked at.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from portal.models.client import Contact
from portal.models.outbox import Notice
from portal.models.vendor import Member
from portal.notifications import digests, recipients
from tests import browser as browsers
from tests import letters
from tests.letters import SENDER, html
from tests.notifications.test_mails import ALL, colleague, compose, notice, told
from tests.worlds import World

__all__ = ["colleague", "told"]
PICTURES = os.environ.get("MILEPOST_PICTURES")
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LOOKS = ((390, "light", ()), (640, "light", browsers.COLOURS), (390, "dark", browsers.COLOURS))
pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.parametrize("locale", ["en", "zh_Hans"]),
]


def speak(world: World, locale: str) -> None:
    for person in (Contact, Member):
        world.session.query(person).update({"locale": locale})
    world.session.query(Contact).update({"time_zone": "Asia/Shanghai"})
    world.session.commit()


def test_every_kind_of_mail_looks_right(world: World, told, chromium: Browser, locale: str) -> None:
    speak(world, locale)
    wrong = []
    for to_kind, kind in ALL:
        made = compose(world, notice(world, kind, to_kind))
        wrong += look(chromium, html(made), f"{kind}-{to_kind}-{locale}")
    assert wrong == []


@pytest.mark.parametrize("to_kind", ["contact", "member"])
def test_a_digest_looks_right(world: World, told, chromium: Browser, locale: str, to_kind: str) -> None:
    speak(world, locale)
    found = list(world.session.scalars(select(Notice).where(Notice.to_kind == to_kind).order_by(Notice.created_at)))
    mine = [each for each in found if each.to_id == found[0].to_id]
    person = recipients.of(world.session, mine[0])
    assert person is not None
    made = letters.read(digests.compose(world.session, mine, person, sender=SENDER, lead=mine[0]))
    assert look(chromium, html(made), f"digest-{to_kind}-{locale}") == []


def look(chromium: Browser, page_html: str, name: str) -> list[str]:
    """What is wrong with how a mail is drawn."""
    page, wrong = chromium.new_page(), []
    page.set_content(page_html)
    for width, scheme, rules in LOOKS:
        page.set_viewport_size({"width": width, "height": 700})
        page.emulate_media(color_scheme=scheme)
        wrong += [f"{name} at {width}: sideways"] if page.evaluate(SIDEWAYS) else []
        wrong += [f"{name} {scheme}: {each}" for each in browsers.axe_violations(page, *rules)]
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.close()
    return wrong
