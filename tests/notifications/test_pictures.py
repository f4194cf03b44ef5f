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
from portal.rules.telling import NoticeKind
from tests import browser as browsers
from tests import letters
from tests.letters import SENDER, html
from tests.notifications.test_mails import ALL, colleague, compose, notice, told
from tests.worlds import World

__all__ = ["colleague", "told"]
PICTURES = os.environ.get("MILEPOST_PICTURES")
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LOOKS = ((390, "light", ()), (640, "light", browsers.COLOURS), (390, "dark", browsers.COLOURS))
TALK = {
    "en": (
        "Good morning. The **colours** are ready, have a look: https://vera.example/colours-of-the-harvest/2026/11",
        "> Which blue?\n\nThe darker one:\n\n- headings\n- links",
        "may I use your photograph of the orchard? `orchard-042.jpg`",
    ),
    "zh_Hans": (
        "早上好。**配色**已经完成，请看：https://vera.example/colours-of-the-harvest/2026/11",
        "> 用哪种蓝色？\n\n深一点的那种：\n\n- 标题\n- 链接",
        "可以用您拍的果园照片吗？`orchard-042.jpg`",
    ),
}
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


@pytest.mark.parametrize("kind", [NoticeKind.MESSAGE_POSTED, NoticeKind.MENTIONED])
@pytest.mark.parametrize("to_kind", ["contact", "member"])
def test_the_mails_of_a_conversation_look_right(
    world: World, chromium: Browser, locale: str, to_kind: str, kind: NoticeKind
) -> None:
    project = world.project()
    cleo = world.contact(project)
    step = world.milestone(project)
    speak(world, locale)
    by, named = (world.owner, "@Cleo") if to_kind == "contact" else (cleo.actor, "@Vera")
    about = TALK[locale]
    world.say(by, step, about[0])
    world.say(by, step, about[1], files=(world.attachment("a-rather-long-name.png", b"x" * 900),))
    world.say(by, project, f"{named} {about[2]}")
    made = compose(world, notice(world, kind, to_kind))
    assert about[2 if kind == NoticeKind.MENTIONED else 1][:8] in letters.text(made)
    assert look(chromium, html(made), f"{kind}-{to_kind}-{locale}") == []


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
