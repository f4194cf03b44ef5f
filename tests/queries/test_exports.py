"""What is taken along comes in pieces, in order and whole, and whoever reads slowly holds nothing meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import time_machine

from portal.models.project import Project
from portal.queries import message_export, records
from portal.web.installation import installation
from tests.worlds import World, fresh_session

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def talked(world: World) -> tuple[World, Project]:
    """Five messages of one instant in two conversations, and two later ones."""
    project = world.project()
    step = world.milestone(project)
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(5):
            world.say(world.owner, project if number % 2 else step, f"at noon {number}")
        clock.shift(60)
        for number in range(2):
            world.say(world.owner, project, f"later {number}")
    world.session.rollback()
    return world, project


def held(world: World) -> int:
    """How many connections somebody has at this moment."""
    return installation(world.app).engine.pool.checkedout()


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_all_messages_come_once_and_in_order_however_many_at_a_time(talked, monkeypatch, at_once):
    world, project = talked
    monkeypatch.setattr(message_export, "AT_ONCE", at_once)
    text = "".join(message_export.as_json(world.session, project.vendor_id, project.id))
    found = json.loads(text)["messages"]
    places = [(each["at"], each["milestone"] is None, each["seq"]) for each in found]
    assert len(found) == len({each["id"] for each in found}) == len(set(places))
    said = [each["body"] for each in found if each["kind"] == "said"]
    assert sorted(said[:5]) == [f"at noon {number}" for number in range(5)]
    assert said[5:] == ["later 0", "later 1"]
    for thread in (True, False):
        seqs = [seq for _, is_project, seq in places if is_project is thread]
        assert seqs == sorted(seqs)


def test_a_project_in_which_nothing_was_said_is_a_whole_document_too(world: World):
    draft = world.draft()
    assert json.loads("".join(message_export.as_json(world.session, draft.vendor_id, draft.id)))["messages"] == []


def test_between_two_pieces_no_connection_is_held(talked, monkeypatch):
    world, project = talked
    vendor_id, project_id = project.vendor_id, project.id
    monkeypatch.setattr(message_export, "AT_ONCE", 2)
    monkeypatch.setattr(records, "LINES_AT_ONCE", 2)
    world.session.rollback()
    with fresh_session(world.app) as one, fresh_session(world.app) as other:
        for pieces in (message_export.as_json(one, vendor_id, project_id), records.export(other, project_id)):
            for number, piece in enumerate(pieces):
                assert piece
                assert held(world) == 0, number


def test_the_record_is_the_same_however_many_lines_at_a_time(talked, monkeypatch):
    world, project = talked
    whole = b"".join(records.export(world.session, project.id))
    monkeypatch.setattr(records, "LINES_AT_ONCE", 1)
    assert b"".join(records.export(world.session, project.id)) == whole
    assert whole.count(b"\n") > 8
