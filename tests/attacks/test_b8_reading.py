"""Reading changes nothing (reliability.md B8): everything is asked for twice, and the database is what it was."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.receipt import ReceiptPdf
from portal.web.installation import installation
from tests import scale
from tests.attacks import pages, written
from tests.attacks.contents import ACCESS_LOG, changes, contents
from tests.attacks.scene import both_at_full_size, one_database
from tests.attacks.written import Written
from tests.worlds import Browser, World

pytestmark = pytest.mark.scaled
ALWAYS = ("/", "/enter", "/login", "/setup", "/healthz", "/readyz")
SETTINGS = ("/settings", "/settings/studio", "/settings/account/zone")


@pytest.fixture
def story(world: World) -> Written:
    """Two projects and a draft, the papers drawn as the job does it a moment after the confirmation."""
    told = written.write(world, lambda field: field)
    for receipt in told.receipts:
        world.browser(world.owner).get(f"/receipts/{receipt}.pdf")
    return told


def readers(world: World, story: Written) -> dict[str, Browser]:
    return {
        "owner": world.browser(world.owner),
        "contact": world.entered(*story.codes),
        "nobody": world.stranger(),
    }


def addresses(story: Written) -> list[str]:
    return [
        *ALWAYS,
        *SETTINGS,
        *story.addresses,
        *story.links,
        *(f"/milestones/{one}/archive.zip" for one in story.milestones),
    ]


@both_at_full_size
def test_everything_read_twice_leaves_the_database_as_it_was(app: Flask, world: World, story: Written) -> None:
    people, engine, asked = readers(world, story), installation(app).engine, 0
    before = contents(engine, without=ACCESS_LOG)
    seen: set[str] = set()
    for browser in people.values():
        found = pages.walk(browser, *addresses(story)).answers
        for address in found:
            assert browser.client.head(address, buffered=True).status_code == found[address].status_code, address
        asked += 2 * len(found)
        seen |= set(found)
    assert changes(before, contents(engine, without=ACCESS_LOG)) == {}
    assert unread(app, seen) == set()
    scale.figure("B8", "reading with GET and HEAD", rules=len(gets(app)), requests=asked)


def gets(app: Flask) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not assets(rule)}


def assets(rule: Any) -> bool:
    return bool(rule.endpoint == "static" or rule.endpoint == "brands.logo")


def unread(app: Flask, seen: set[str]) -> set[str]:
    """The rules with a GET that nobody came to: the walk is no proof for them."""
    urls = app.url_map.bind("localhost")
    return gets(app) - {urls.match(address.partition("?")[0], method="GET")[0] for address in seen}


@one_database
def test_a_paper_not_drawn_yet_is_drawn_once_by_whoever_reads_it_first(session: Session, world: World) -> None:
    """The one thing a GET may add: what the job would have added, which never changes afterwards."""
    told = written.write(world, lambda field: field)
    engine, owner = installation(world.app).engine, world.browser(world.owner)
    before = contents(engine)
    first = owner.get(f"/receipts/{told.receipts[0]}.pdf").data
    assert set(changes(before, contents(engine))) == {"receipt_pdfs"}
    assert owner.get(f"/receipts/{told.receipts[0]}.pdf").data == first
    session.rollback()
    assert len(session.scalars(select(ReceiptPdf)).all()) == 1
