"""Mails that did not arrive: the vendor's leads see which and why, and send them again."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.access import holders
from portal.adapters import clock
from portal.adapters.mail import Refused
from portal.db import new_id
from portal.models.client import Contact
from portal.models.outbox import Notice
from portal.notifications import dispatch
from portal.rules.roles import Role
from portal.rules.telling import Rhythm, Topic, Wishes
from portal.services import preferences
from portal.worker import Job, _jobs
from tests.letters import SENDER, Box
from tests.worlds import World

UNKNOWN = Refused("550 5.1.1 <cleo@cherry.example>: User unknown")


def text(page: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def send(world: World, box: Box) -> int:
    world.session.rollback()
    return dispatch.send_due(world.session, post=box, sender=SENDER)


def notice(world: World) -> Notice:
    world.session.rollback()
    mine = Notice.vendor_id == world.owner.vendor_id, Notice.kind == "work_delivered"
    return world.session.scalars(select(Notice).where(*mine)).one()


@pytest.fixture
def lost(world: World) -> World:
    """A delivery of which the client was not told, because nobody there has that address."""
    project = world.project()
    world.contact(project)
    world.deliver(world.milestone(project), note="Done.")
    send(world, Box(fails=UNKNOWN))
    return world


def again(world: World, person: Any | None = None) -> Any:
    return world.browser(person or world.owner).post(f"/settings/mail/{notice(world).id}/attempts")


def test_a_mail_that_was_refused_is_listed_with_the_reason_in_plain_words(lost: World):
    page = lost.browser(lost.owner).get("/settings/mail")
    said = text(page)
    assert "One mail could not be delivered." in said
    assert "Cleo Chen · Work delivered" in said
    assert "cleo@cherry.example · Cherry Harvest website" in said
    assert "The mail server over there knows nobody with this address." in said
    assert f'href="/projects/{notice(lost).project_id}/contacts"' in page.text


def test_home_leads_there(lost: World):
    page = lost.browser(lost.owner).get("/projects").text
    assert f'href="/settings/mail#mail-{notice(lost).id}"' in page
    assert f'id="mail-{notice(lost).id}"' in lost.browser(lost.owner).get("/settings/mail").text


def test_it_is_sent_again_at_once_as_the_same_mail_to_the_address_as_it_is_now(lost: World):
    before, box = notice(lost).message_id, Box()
    lost.session.get_one(Contact, notice(lost).to_id).email = "cleo.chen@cherry.example"
    lost.session.commit()
    assert again(lost).headers["Location"] == "/settings/mail"
    assert send(lost, box) == 1
    assert box.ids == [before]
    assert str(box.messages[0]["To"]) == "Cleo Chen <cleo.chen@cherry.example>"
    assert "No mail was lost." in text(lost.browser(lost.owner).get("/settings/mail"))
    assert "could not be delivered" not in text(lost.browser(lost.owner).get("/projects"))


def test_sending_again_wakes_the_outbox(lost: World):
    _jobs(lost.app).huey.flush()
    again(lost)
    assert [task.name for task in _jobs(lost.app).huey.pending()] == [Job.SEND_NOTICES.value]


def test_it_is_tried_for_five_days_more(world: World):
    project = world.project()
    world.contact(project)
    world.deliver(world.milestone(project), note="Done.")
    with time_machine.travel(clock.now() + timedelta(days=6), tick=False) as traveller:
        send(world, Box(fails=TimeoutError()))
        assert notice(world).gave_up_at is not None
        again(world)
        send(world, Box(fails=TimeoutError()))
        assert notice(world).gave_up_at is None
        traveller.shift(timedelta(days=4, hours=23))
        send(world, Box(fails=TimeoutError()))
        assert notice(world).gave_up_at is None
        traveller.shift(timedelta(days=1, hours=1))
        send(world, Box(fails=TimeoutError()))
        assert notice(world).gave_up_at is not None


def test_sending_again_twice_sends_once(lost: World):
    again(lost)
    box = Box()
    send(lost, box)
    browser = lost.browser(lost.owner)
    browser.post(f"/settings/mail/{notice(lost).id}/attempts")
    assert "This mail is on its way already." in text(browser.get("/settings/mail"))
    assert (send(lost, box), len(box.ids)) == (0, 1)


def test_what_is_being_tried_is_shown_apart_and_can_be_sent_now(world: World):
    project = world.project()
    world.contact(project)
    world.deliver(world.milestone(project), note="Done.")
    send(world, Box(fails=ConnectionRefusedError("nobody there")))
    said = text(world.browser(world.owner).get("/settings/mail"))
    assert "No mail was lost." in said
    assert "Being tried again" in said
    assert "The mail server could not be reached." in said
    box = Box()
    assert send(world, box) == 0
    again(world)
    assert send(world, box) == 1


def test_what_was_never_tried_is_on_its_way_already(world: World):
    project = world.project()
    world.contact(project)
    world.deliver(world.milestone(project), note="Done.")
    before = notice(world).due_at
    assert again(world).status_code == 303
    assert (notice(world).due_at, notice(world).attempts) == (before, 0)


def test_a_whole_digest_is_one_line_and_sent_again_whole(world: World):
    daily = Wishes({Topic.ASKS: Rhythm.DAILY})
    project, second = world.project(), world.project(title="Cherry book")
    cleo = world.contact(project)
    preferences.choose(world.session, holder=holders.of_actor(cleo.actor), wishes=daily)
    world.deliver(world.milestone(project), note="Done.")
    twin = notice(world)
    values = {
        name: getattr(twin, name) for name in ("vendor_id", "kind", "about", "to_kind", "to_id", "head", "rhythm")
    }
    other = Notice(**values, project_id=twin.project_id, message_id=f"<{second.id}@portal.example>")
    other.due_at, other.created_at = twin.due_at, twin.created_at
    world.session.add(other)
    world.session.commit()
    with time_machine.travel(twin.due_at + timedelta(minutes=1), tick=False):
        send(world, Box(fails=UNKNOWN))
        page = world.browser(world.owner).get("/settings/mail")
        (listed,) = set(re.findall(r'id="mail-([0-9a-f-]+)"', page.text))
        assert text(world.browser(world.owner).get("/projects")).count("could not be delivered") == 1
        world.browser(world.owner).post(f"/settings/mail/{listed}/attempts")
        box = Box()
        assert send(world, box) == 1
    assert box.subjects == ["2 pieces of news from Vera Studio"]


@pytest.mark.parametrize(("role", "status"), [(Role.MANAGER, 200), (Role.MEMBER, 403)])
def test_it_is_for_those_who_lead(lost: World, role, status):
    colleague = lost.member(role)
    assert lost.browser(colleague).get("/settings/mail").status_code == status
    assert ("/settings/mail" in lost.browser(colleague).get("/settings").text) is (status == 200)
    again(lost, colleague)
    assert (notice(lost).gave_up_at is None) is (status == 200)


def test_another_studio_sees_and_sends_none_of_it(lost: World):
    other = World.founded(lost.app, lost.session, name="Otto Agency")
    browser = other.browser(other.owner)
    assert "cleo" not in text(browser.get("/settings/mail")).casefold()
    for notice_id in (notice(lost).id, new_id()):
        assert browser.post(f"/settings/mail/{notice_id}/attempts").status_code == 404
    assert notice(lost).gave_up_at is not None


def test_after_a_month_nobody_needs_to_see_it_any_more(lost: World):
    with time_machine.travel(clock.now() + timedelta(days=31)):
        assert "Work delivered" not in text(lost.browser(lost.owner).get("/settings/mail"))


def test_what_the_server_said_is_shown_as_text(lost: World):
    evil = "<script>alert(1)</script>"
    lost.session.get_one(Contact, notice(lost).to_id).name = evil
    lost.session.commit()
    assert evil not in lost.browser(lost.owner).get("/settings/mail").text
