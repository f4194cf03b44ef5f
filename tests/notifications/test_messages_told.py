"""Targets outside are told that somebody wrote, whose side it was and where: never who by name, and never what."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.models.message import Message
from portal.models.project import Project
from portal.rules.errors import Invalid
from portal.rules.webhooks import CHOOSABLE, USUAL, Happening
from portal.services import corrections, readings
from portal.web.installation import installation
from tests.queries.test_statement_counts import counting
from tests.receivers import receiving
from tests.targets import ROBOTS, add, call, deliveries, robot, story
from tests.worlds import World

WROTE = ("message.posted",)
NOWHERE = "http://127.0.0.1:9/"
SAID = "Geheim: the 密码 is swordfish, @Cleo Chen, see https://secret.example/"


def told(world: World) -> list[dict[str, Any]]:
    return [json.loads(kept.body) for kept in deliveries(world) if kept.event == "message.posted"]


def test_a_message_of_either_side_is_told_by_side_id_and_place(world: World) -> None:
    add(world, NOWHERE, events=WROTE)
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project, 2)
    base = installation(world.app).config.base_url
    ours = world.say(world.owner, step, "Hello.")
    theirs = world.say(cleo.actor, project, "Hello you.")
    common = {"event": "message.posted", "vendor": str(project.vendor_id), "project": str(project.id)}
    of_step = {"milestone": str(step.id), "position": 2, "count": 3, "side": "vendor"}
    of_step |= {"author": str(world.owner.member_id), "message": str(ours)}
    of_all = {"side": "client", "author": str(cleo.actor.latest.contact_id), "message": str(theirs)}
    seqs = [world.session.get_one(Message, each).seq for each in (ours, theirs)]
    first, second = ({name: value for name, value in body.items() if name not in ("id", "at")} for body in told(world))
    assert first == common | of_step | {"seq": seqs[0], "link": f"{base}/milestones/{step.id}#message-{ours}"}
    assert second == common | of_all | {"seq": seqs[1], "link": f"{base}/projects/{project.id}#message-{theirs}"}


def test_the_delivery_is_signed_logged_and_says_nothing_that_people_wrote(world: World) -> None:
    with receiving() as receiver:
        made = add(world, receiver.url, events=WROTE)
        project = world.project(title="Geheimes 项目", client_name="Secret GmbH")
        cleo = world.contact(project, name="Cleo Chen")
        picture = world.attachment("secret-plan.txt", b"secret")
        world.say(cleo.actor, world.milestone(project), SAID, files=(picture,))
        assert call(world) == 1
    (heard,), (kept,) = receiver.heard, deliveries(world)
    stamp, _, sign = heard.headers["Milepost-Signature"].removeprefix("t=").partition(",v1=")
    assert sign == hmac.new(made.secret.encode(), f"{stamp}.".encode() + heard.body, hashlib.sha256).hexdigest()
    assert heard.headers["Milepost-Event"] == heard.json["event"] == kept.event == "message.posted"
    assert (kept.project_id, kept.status, kept.answer, kept.sent_at is not None) == (project.id, 200, "ok", True)
    assert heard.body == kept.body.encode()
    for written in ("Geheim", "项目", "密码", "swordfish", "ecret", "Cleo", "Chen", cleo.code):
        assert written not in heard.body.decode()
    page = world.browser(world.owner).get(f"/settings/webhooks/{made.webhook_id}").text
    assert "Somebody wrote a message" in page
    assert "swordfish" not in page


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
@pytest.mark.parametrize("kind", ROBOTS)
def test_robots_are_told_which_side_wrote_about_what(world: World, kind: str, locale: str) -> None:
    with robot(world, kind, locale, events=WROTE) as (_, texts):
        project = world.project()
        cleo = world.contact(project)
        for who in (world.owner, cleo.actor):
            for about in (world.milestone(project), project):
                world.say(who, about, SAID)
        assert call(world) == 4
    said = texts()
    studio, client = ("工作室", "客户") if locale == "zh_Hans" else ("The studio", "The client")
    step, whole = ("里程碑 1/3", "整个项目") if locale == "zh_Hans" else ("milestone 1 of 3", "the whole project")
    for text, words in zip(said, [(studio, step), (studio, whole), (client, step), (client, whole)], strict=True):
        assert text.startswith("Milepost: ")
        assert all(word in text.splitlines()[0] for word in words), text
        assert re.search("/(milestones|projects)/[0-9a-f-]{36}#message-[0-9a-f-]{36}", text)
        # The reference of a bank transfer has no place here.
        assert len([line for line in text.splitlines() if line.strip()]) == 2, text
        assert not re.search("Geheim|密码|swordfish|Cleo|Chen", text)


def test_it_is_not_chosen_until_somebody_chooses_it(world: World) -> None:
    assert set(CHOOSABLE) - set(USUAL) == {Happening.MESSAGE_POSTED}
    browser = world.browser(world.owner)
    form = browser.get("/settings/connections").text
    boxes = re.findall(r'<input type="checkbox" name="events" value="([a-z.]+)"( checked)?', form)
    assert [value for value, checked in boxes if not checked] == ["message.posted"]
    add(world, NOWHERE, events=tuple(USUAL))
    world.say(world.owner, world.milestone(world.project()), "Hello.")
    assert told(world) == []
    made = add(world, NOWHERE, events=WROTE)
    page = browser.get(f"/settings/webhooks/{made.webhook_id}").text
    assert re.search(r'value="message.posted" checked', page)


def test_a_repeat_a_change_a_withdrawal_a_reading_and_a_fact_tell_nothing_more(world: World) -> None:
    add(world, NOWHERE, events=WROTE)
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    first = world.say(world.owner, step, "Hello.", client_key="the same key")
    assert world.say(world.owner, step, "Hello.", client_key="the same key") == first
    assert len(told(world)) == 1
    message = world.session.get_one(Message, first)
    corrections.edit(world.session, actor=world.owner, message=message, body="Hello again.")
    readings.read(world.session, actor=cleo.actor, about=step, seq=message.seq)
    corrections.delete(world.session, actor=world.owner, message=message)
    story(world)
    assert len(told(world)) == 1


def test_a_message_that_is_refused_is_told_to_nobody(world: World) -> None:
    add(world, NOWHERE, events=WROTE)
    with pytest.raises(Invalid):
        world.say(world.owner, world.milestone(world.project()), "   ")
    assert told(world) == []


def test_another_studio_hears_nothing_of_it(world: World, app: Flask, session: Session) -> None:
    other = World.founded(app, session, name="Otto Agency")
    theirs = add(other, NOWHERE, events=WROTE)
    ours = add(world, NOWHERE, events=WROTE)
    world.say(world.owner, world.milestone(world.project()), "Hello.")
    heard = {kept.webhook_id for kept in deliveries(world)}
    assert (ours.webhook_id in heard, theirs.webhook_id in heard) == (True, False)


def test_without_targets_a_message_costs_one_question_more(world: World) -> None:
    project: Project = world.project()
    step = world.milestone(project)
    with counting(world.app) as seen:
        world.say(world.owner, step, "Hello.")
    assert sum("webhook" in statement for statement in seen) == 1
