"""Saying something: once, in order, kept in versions, sealed by the record, and open to nobody who may not talk."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select, update

from portal.models.entry import Entry
from portal.models.message import Mention, Message, MessageText, MessageVersion, Thread
from portal.queries import message_search, message_versions, messages
from portal.queries.messages import Asked
from portal.rules import chain
from portal.rules.errors import AlreadyDone, Forbidden, Invalid, NotFound, Throttled
from portal.rules.roles import Scope
from portal.services import corrections, grants, readings, verification
from tests.worlds import World


@pytest.fixture
def scene(world: World):
    project = world.project()
    return world, project, world.milestone(project), world.contact(project)


def rows(world: World, about, reader=None):
    who = reader or ("member", world.owner.member_id)
    return messages.piece(world.session, Asked(about.vendor_id, about.id, who)).rows


def test_what_is_said_stands_in_the_conversation_in_the_order_it_was_said(scene):
    world, _, step, cleo = scene
    for number in range(3):
        world.say(world.owner, step, f"from the studio {number}")
        world.say(cleo.actor, step, f"from the client {number}")
    said = [row for row in rows(world, step) if not row.is_fact]
    assert [row.body for row in said] == [f"from the {who} {n}" for n in range(3) for who in ("studio", "client")]
    assert [row.author for row in said[:2]] == ["Vera Stein", "Cleo Chen"]


def test_numbers_are_dense_and_count_the_facts_as_well(scene):
    world, _, step, cleo = scene
    world.say(world.owner, step, "before")
    world.deliver(step, ("plan.txt", b"the plan"))
    world.say(cleo.actor, step, "after")
    found = rows(world, step)
    assert [row.seq for row in found] == list(range(1, len(found) + 1))
    assert [row.kind for row in found] == ["milestone.opened", "said", "milestone.submitted", "said"]
    head = world.session.scalar(select(Thread.head_seq).where(Thread.id == step.id))
    assert head == len(found)


def test_the_same_key_says_it_once(scene):
    world, _, step, cleo = scene
    first = world.say(cleo.actor, step, "Once", client_key="the-same-key")
    again = world.say(cleo.actor, step, "Once", client_key="the-same-key")
    assert first == again
    assert sum(row.body == "Once" for row in rows(world, step)) == 1


def test_a_key_that_was_used_for_something_else_is_refused(scene):
    world, project, step, cleo = scene
    world.say(cleo.actor, step, "Once", client_key="the-same-key")
    for about, body in ((step, "Twice"), (project, "Once")):
        with pytest.raises(Invalid) as caught:
            world.say(cleo.actor, about, body, client_key="the-same-key")
        assert caught.value.code == "key_reused"


def test_two_people_may_choose_the_same_key(scene):
    world, _, step, cleo = scene
    assert world.say(cleo.actor, step, "A", client_key="a-common-key") != world.say(
        world.owner, step, "B", client_key="a-common-key"
    )


def test_nothing_and_too_much_are_refused(scene):
    world, _, step, _ = scene
    for body in ("", "  \n ", "x" * 10_001):
        with pytest.raises(Invalid) as caught:
            world.say(world.owner, step, body)
        assert caught.value.field == "body"


def test_signs_that_turn_the_text_around_are_left_out(scene):
    world, _, step, _ = scene
    world.say(world.owner, step, "safe\u202egnp.exe\u0000")
    assert rows(world, step)[-1].body == "safegnp.exe"


def test_a_contact_who_only_pays_neither_reads_nor_writes(scene):
    world, project, step, _ = scene
    payer = world.contact(project, frozenset({Scope.PAY}), name="Li Finance")
    with pytest.raises(Forbidden):
        world.say(payer.actor, step, "hello")
    with pytest.raises(Forbidden):
        readings.read(world.session, actor=payer.actor, about=step, seq=1)


def test_a_revoked_contact_says_nothing_more(scene):
    world, _, step, cleo = scene
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(grants.Grant, cleo.grant_id))
    with pytest.raises(NotFound):
        world.say(cleo.actor, step, "am I still here?")


def test_a_flood_is_slowed_down_and_nothing_of_it_is_half_kept(scene):
    world, _, step, cleo = scene
    said = 0
    try:
        for number in range(200):
            world.say(cleo.actor, step, f"flood {number}")
            said += 1
    except Throttled:
        world.session.rollback()
    assert said < 200
    kept = [row.body for row in rows(world, step) if not row.is_fact]
    assert kept == [f"flood {number}" for number in range(said)][-len(kept) :]
    assert world.session.scalar(select(func.count()).select_from(MessageVersion)) == said


def test_an_answer_names_what_it_answers_and_only_in_its_own_conversation(scene):
    world, project, step, cleo = scene
    first = world.say(world.owner, step, "A question")
    world.say(cleo.actor, step, "An answer", quoted_id=first)
    quote = rows(world, step)[-1].quote
    assert quote is not None
    assert (quote.id, quote.author, quote.body) == (first, "Vera Stein", "A question")
    with pytest.raises(Invalid):
        world.say(cleo.actor, project, "Elsewhere", quoted_id=first)


def test_each_version_is_sealed_by_the_record(scene):
    world, project, step, cleo = scene
    message_id = world.say(cleo.actor, step, "First words")
    message = world.session.get_one(Message, message_id)
    corrections.edit(world.session, actor=cleo.actor, message=message, body="Better words")
    corrections.delete(world.session, actor=cleo.actor, message=world.session.get_one(Message, message_id))
    said = message_versions.of(world.session, project.vendor_id, message_id)
    assert [(v.kind.value, v.body) for v in said] == [
        ("deleted", ""), ("edited", "Better words"), ("sent", "First words"),
    ]  # fmt: skip
    entries = select(Entry.body).where(Entry.project_id == project.id, Entry.kind.like("message.%"))
    sealed = [json.loads(body) for body in world.session.scalars(entries.order_by(Entry.seq))]
    versions = select(MessageVersion).where(MessageVersion.message_id == message_id).order_by(MessageVersion.number)
    for body, version in zip(sealed, world.session.scalars(versions), strict=True):
        assert body["text"] == chain.commitment(version.salt, version.body)
        assert "words" not in json.dumps(body)


def test_a_text_that_was_changed_behind_the_record_is_found(scene):
    world, project, step, _ = scene
    world.say(world.owner, step, "I never promised that")
    assert verification.verify(world.session, project=project).findings == []
    world.session.execute(update(Message).where(Message.body != "").values(body="I promised that"))
    world.session.commit()
    assert any("message" in found.reason for found in verification.verify(world.session, project=project).findings)


def test_only_its_author_changes_a_message_or_takes_it_back(scene):
    world, project, step, cleo = scene
    message = world.session.get_one(Message, world.say(cleo.actor, step, "Mine"))
    colleague = world.contact(project, name="Ola Other")
    for stranger in (world.owner, colleague.actor):
        with pytest.raises(Forbidden):
            corrections.edit(world.session, actor=stranger, message=message, body="Yours")
        with pytest.raises(Forbidden):
            corrections.delete(world.session, actor=stranger, message=message)
    assert world.session.get_one(Message, message.id).body == "Mine"


def test_taking_it_back_twice_and_changing_nothing_are_harmless(scene):
    world, _, step, _ = scene
    message = world.session.get_one(Message, world.say(world.owner, step, "Words"))
    with pytest.raises(AlreadyDone):
        corrections.edit(world.session, actor=world.owner, message=message, body="Words")
    corrections.delete(world.session, actor=world.owner, message=message)
    with pytest.raises(AlreadyDone):
        corrections.delete(world.session, actor=world.owner, message=message)
    with pytest.raises(AlreadyDone):
        corrections.edit(world.session, actor=world.owner, message=message, body="Again")


def test_whoever_is_named_is_remembered_and_nobody_else(scene):
    world, project, step, _ = scene
    world.contact(project, name="Cleo Chen Wu")
    other = world.member(name="Max Krüger")
    message_id = world.say(world.owner, step, "@cleo chen wu and @Max Krüger, not @Max Krügerson or x@Nobody")
    named = world.session.execute(select(Mention.to_kind, Mention.to_id).where(Mention.message_id == message_id)).all()
    assert ("member", other.member_id) in [tuple(row) for row in named]
    assert sorted(row.to_kind for row in named) == ["contact", "member"]


def test_reading_goes_forward_only_and_never_beyond_the_end(scene):
    world, _, step, cleo = scene
    world.say(world.owner, step, "one")
    world.say(world.owner, step, "two")
    assert readings.read(world.session, actor=cleo.actor, about=step, seq=2)
    assert not readings.read(world.session, actor=cleo.actor, about=step, seq=1)
    assert readings.read(world.session, actor=cleo.actor, about=step, seq=10**6)
    contact = ("contact", cleo.actor.latest.contact_id)
    piece = messages.piece(world.session, Asked(step.vendor_id, step.id, contact))
    assert (piece.read_seq, piece.unread) == (3, 0)
    assert {seen.name for seen in piece.rows[-1].seen} == {"Vera Stein", "Cleo Chen"}


@pytest.mark.parametrize("words", ["世界", "界", "hello", "ELLO WOR", "50%", "straße", '"quo', "a_b"])
def test_searching_finds_parts_of_words_in_any_language(scene, words):
    from portal.rules import search

    world, project, step, _ = scene
    world.say(world.owner, step, '你好世界 Hello world 50% STRASSE "quoted" a_b')
    world.say(world.owner, project, "nothing of the kind")
    found = message_search.find(world.session, project.vendor_id, project.id, search.read_query(words))
    assert [hit.thread_id for hit in found.hits] == [step.id]


def test_searching_stays_within_the_project_and_forgets_what_was_taken_back(scene):
    world, project, step, _ = scene
    other = world.project(title="Next door")
    world.say(world.owner, other, "a secret plan")
    message = world.session.get_one(Message, world.say(world.owner, step, "a public plan"))

    def found(about) -> list[str]:
        return [hit.body for hit in message_search.find(world.session, about.vendor_id, about.id, "plan").hits]

    assert found(project) == ["a public plan"]
    corrections.edit(world.session, actor=world.owner, message=message, body="a public plan, revised")
    assert found(project) == ["a public plan, revised"]
    corrections.delete(world.session, actor=world.owner, message=message)
    assert found(project) == []
    assert world.session.scalar(select(func.count()).select_from(MessageText)) == 1


def test_files_are_frozen_with_the_message_and_named_by_the_record(scene):
    world, project, step, cleo = scene
    file = world.attachment("screen.png", b"\x89PNG not really")
    world.say(cleo.actor, step, "", files=(file,))
    row = rows(world, step)[-1]
    assert [(f.name, f.bytes, f.sha256) for f in row.files] == [(file.name, file.bytes, file.sha256)]
    assert verification.verify(world.session, project=project).findings == []
