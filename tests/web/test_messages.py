"""The form of a conversation: what it says when the answer to an earlier try was lost."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from portal.models.message import Message
from tests.worlds import World


def bodies(world: World) -> list[str]:
    world.session.rollback()
    said = select(Message.body).where(Message.author_id.is_not(None)).order_by(Message.seq)
    return list(world.session.scalars(said))


def key_in(page: Any) -> str:
    return re.search(r'name="client_key" value="([^"]+)"', page.text)[1]


def test_a_form_that_is_sent_again_is_the_same_message(world: World):
    project = world.project()
    cleo = world.entered(world.contact(project).code)
    form = {"body": "The blue is right.", "client_key": "a-key-of-cleo"}
    answers = [cleo.post(f"/projects/{project.id}/messages", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert bodies(world) == ["The blue is right."]


def test_a_form_changed_after_it_arrived_says_so_and_sends_the_change_as_a_message_of_its_own(world: World):
    project = world.project()
    cleo = world.entered(world.contact(project).code)
    address = f"/projects/{project.id}/messages"
    assert cleo.post(address, {"body": "First", "client_key": "a-key-of-cleo"}).status_code == 303
    refused = cleo.post(address, {"body": "Second", "client_key": "a-key-of-cleo"})
    assert refused.status_code == 422
    assert "The first text was sent after all" in refused.text
    assert ">Second</textarea>" in refused.text
    assert key_in(refused) != "a-key-of-cleo"
    assert cleo.post(address, {"body": "Second", "client_key": key_in(refused)}).status_code == 303
    assert bodies(world) == ["First", "Second"]
    too_long = cleo.post(address, {"body": "x" * 10_001, "client_key": "another-key-of-cleo"})
    assert (too_long.status_code, key_in(too_long)) == (422, "another-key-of-cleo")
