"""Every event, by everybody, about their own conversation, a foreign one and one that is not there (G2, B2)."""

from __future__ import annotations

import time
import uuid

import pytest

from portal.live import handlers
from tests import scale
from tests.live.people import Listener, listening
from tests.live.stages import Stage

INSIDE = ("owner", "member", "cleo", "viewer")
OUTSIDE = ("payer", "neighbour", "other owner", "other contact")
CONTENT = {
    "here": lambda thread: {"thread": thread, "visible": True},
    "typing": lambda thread: {"thread": thread},
    "read": lambda thread: {"thread": thread, "seq": 1},
}


def test_every_event_there_is_is_tried_here():
    assert set(CONTENT) == set(handlers.EVENTS)


@pytest.mark.parametrize("event", CONTENT)
@pytest.mark.parametrize("about", ["milestone", "project"])
def test_an_event_counts_for_those_who_may_talk_there_and_for_nobody_else(stage: Stage, event, about):
    content = CONTENT[event](str(stage.ids[about]))
    with listening(stage.url, *(stage.people[who] for who in (*INSIDE, *OUTSIDE))) as sockets:
        answers = dict(zip((*INSIDE, *OUTSIDE), (socket.say(event, content) for socket in sockets), strict=True))
    assert {who for who, answer in answers.items() if answer == {"ok": True}} == set(INSIDE)
    assert {who for who, answer in answers.items() if answer == {"error": "refused"}} == set(OUTSIDE)


@pytest.mark.parametrize("event", CONTENT)
def test_a_foreign_conversation_answers_like_one_that_is_not_there(stage: Stage, event):
    tried = 0
    for who in (*INSIDE, "payer", "neighbour"):
        with listening(stage.url, stage.people[who]) as [socket]:
            foreign = [
                socket.say(event, CONTENT[event](str(stage.ids[name]))) for name in ("foreign", "foreign project")
            ]
            missing = socket.say(event, CONTENT[event](str(uuid.uuid4())))
        assert foreign == [missing, missing] == [{"error": "refused"}] * 2
        tried += 3
    scale.figure("G2", f"event {event} × people × foreign and missing", cases=tried)


@pytest.mark.scaled
def test_nobody_hears_what_is_said_elsewhere(stage: Stage):
    """A spy in every foreign place while messages, facts, typing and people go by."""
    spies = ("payer", "neighbour", "other owner", "other contact")
    count = scale.cases(15, full=300)
    with listening(stage.url, *(stage.people[who] for who in (*spies, "owner"))) as sockets:
        *silent, owner = sockets
        for number in range(count):
            answer = stage.say("cleo", f"canary {number}")
            assert answer.status_code in (303, 429), answer.text
            time.sleep(0.05 if answer.status_code == 303 else 1)
            owner.say("typing", {"thread": str(stage.ids["milestone"])})
            owner.say("here", {"thread": str(stage.ids["milestone"]), "visible": number % 2 == 0})
        owner.wait_for("fragment", lambda content: "canary 0" in content["html"])
        time.sleep(1)
        for who, spy in zip(spies, silent, strict=True):
            assert spy.fragments() == [], who
            assert [content for name, content in spy.heard if name in ("typing", "present")] == [], who
            heard = {content["topic"] for name, content in spy.heard if name == "changed"}
            # Whoever only pays belongs to the project and is told that its pages changed, not what was said.
            assert not heard or who == "payer", (who, heard)
    scale.figure("G2", "messages that spies in four foreign places do not hear", messages=count)


def test_nobody_enters_a_room_by_naming_it(stage: Stage):
    with listening(stage.url, stage.people["other owner"]) as [spy]:
        for event in ("join", "subscribe", "enter_room", "message", "connect"):
            spy.client.emit(event, {"room": f"vendor:{uuid.uuid4()}", "project": str(stage.ids["project"])})
        stage.say("cleo", "not for everybody")
        time.sleep(1)
        assert spy.fragments() == []


def test_a_closed_socket_leaves_nothing_behind(stage: Stage):
    socket = Listener(stage.url, stage.people["cleo"]).connect()
    socket.leave()
    assert stage.say("owner", "to an empty room").status_code == 303
