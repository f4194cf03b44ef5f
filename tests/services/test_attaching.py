"""Uploads for a message: reserved, whole and waiting, sent with it in one go, or swept after a day."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.access.actor import SystemActor
from portal.adapters import clock, outside
from portal.db import new_id
from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.models.entry import Entry
from portal.models.message import Attachment, Message, Thread
from portal.models.milestone import Milestone
from portal.rules import tus
from portal.rules.errors import Conflict, Forbidden, Invalid, NoSpace, NotFound, TooLarge
from portal.rules.roles import Scope
from portal.services import (
    attaching,
    grants,
    mending,
    milestones,
    receiving,
    reconciliation,
    rereading,
    uploads,
    verification,
)
from portal.services.mending import Mended
from portal.services.receiving import Incoming
from portal.services.reserving import Limits
from tests.senders import Attacher, Sender
from tests.worlds import Entered, World, fresh_session

GIB = 2**30
CONTENT = b"0123456789"


@pytest.fixture
def scene(world: World):
    project = world.project()
    return world, project, world.milestone(project), world.contact(project)


def sent(world: World) -> list[Attachment]:
    world.session.rollback()
    return list(world.session.scalars(select(Attachment).order_by(Attachment.name)))


def said(world: World) -> int:
    return world.session.scalar(select(func.count()).select_from(Message).where(Message.author_id.is_not(None)))


def upload(world: World, upload_id: UUID) -> Upload:
    world.session.rollback()
    return world.session.get_one(Upload, upload_id)


def test_a_whole_upload_goes_with_its_message_and_is_no_file_of_the_milestone(scene):
    world, _, step, cleo = scene
    upload_id = Attacher(world, step, actor=cleo.actor).ready("  ../样片 film.mov ", b"%PDF-1.7 and more")
    waiting = upload(world, upload_id)
    assert (waiting.state, waiting.message_id, waiting.milestone_id) == (UploadState.STORED, None, None)
    message_id = world.say(cleo.actor, step, "The film", upload_ids=(upload_id,))
    [kept] = sent(world)
    digest = hashlib.sha256(b"%PDF-1.7 and more").hexdigest()
    assert (kept.id, kept.message_id, kept.is_small, kept.thread_id) == (upload_id, message_id, False, step.id)
    assert (kept.name, kept.bytes, kept.sha256, kept.media_type) == ("样片 film.mov", 17, digest, "application/pdf")
    assert upload(world, upload_id).message_id == message_id
    with outside.of(world.session).storage.open(upload_id, 17) as file:
        assert file.read() == b"%PDF-1.7 and more"
    assert world.session.scalar(select(func.count()).select_from(Deliverable)) == 0
    assert world.session.scalar(select(func.count()).select_from(Entry).where(Entry.kind == "file.stored")) == 0
    assert verification.verify(world.session, files=True).findings == []
    assert digest in world.session.get_one(Message, message_id).files


def test_several_go_together_with_small_ones_and_nothing_needs_to_be_written(scene):
    world, project, _, cleo = scene
    attacher = Attacher(world, project, actor=cleo.actor)
    ids = tuple(attacher.ready(f"large {n}", CONTENT) for n in range(3))
    world.say(cleo.actor, project, "", upload_ids=ids, files=(world.attachment("small", b"s"),))
    assert [(file.name, file.is_small) for file in sent(world)] == [
        ("large 0", False), ("large 1", False), ("large 2", False), ("small", True),
    ]  # fmt: skip


def test_an_upload_before_the_first_word_begins_the_conversation_without_a_number(world):
    project = world.draft()
    attacher = Attacher(world, project)
    upload_id = attacher.ready()
    assert world.session.get_one(Thread, project.id).head_seq == 0
    world.say(world.owner, project, "first", upload_ids=(upload_id,))
    world.session.rollback()
    assert world.session.get_one(Thread, project.id).head_seq == 1


def foreign_thread(world, step, cleo):
    return Attacher(world, world.session.get_one(type(step), step.id).project, actor=cleo.actor).ready()


def of_a_member(world, step, _cleo):
    return Attacher(world, step).ready()


def of_another_contact(world, step, _cleo):
    other = world.contact(step.project, name="Dora Chen")
    return Attacher(world, step, actor=other.actor).ready()


def unfinished(world, step, cleo):
    attacher = Attacher(world, step, actor=cleo.actor)
    upload_id = attacher.begin(length=20)
    attacher.send(upload_id, 0, CONTENT)
    return upload_id


def used_before(world, step, cleo):
    upload_id = Attacher(world, step, actor=cleo.actor).ready()
    world.say(cleo.actor, step, "before", upload_ids=(upload_id,))
    return upload_id


def given_up(world, step, cleo):
    upload_id = Attacher(world, step, actor=cleo.actor).ready()
    uploads.cancel(world.session, actor=cleo.actor, upload=world.session.get_one(Upload, upload_id))
    return upload_id


def too_old(world, step, cleo):
    upload_id = Attacher(world, step, actor=cleo.actor).ready()
    world.session.execute(update(Upload).where(Upload.id == upload_id).values(expires_at=clock.now()))
    world.session.commit()
    return upload_id


def file_of_the_milestone(world, step, _cleo):
    return Sender(world, step).upload("plan.pdf", CONTENT).id


def of_another_studio(world, _step, _cleo):
    other = World.founded(world.app, world.session, name="Otto Agency")
    return Attacher(other, other.milestone(other.project())).ready()


def never_begun(_world, _step, _cleo):
    return new_id()


WRONG = [
    foreign_thread, of_a_member, of_another_contact, unfinished, used_before, given_up, too_old, file_of_the_milestone,
    of_another_studio, never_begun,
]  # fmt: skip


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_what_is_not_ones_own_whole_unsent_upload_is_refused_and_nothing_is_lost(scene, make: Callable[..., UUID]):
    world, _, step, cleo = scene
    wrong, mine = make(world, step, cleo), Attacher(world, step, actor=cleo.actor).ready("mine")
    before = said(world), len(sent(world))
    with pytest.raises(Invalid) as refused:
        world.say(cleo.actor, step, "with a wrong one", upload_ids=(mine, wrong), client_key="the-same-key")
    assert (refused.value.field, refused.value.code) == ("attachment", "upload_missing")
    assert (said(world), len(sent(world))) == before
    assert upload(world, mine).message_id is None
    world.say(cleo.actor, step, "with a wrong one", upload_ids=(mine,), client_key="the-same-key")
    assert "mine" in [file.name for file in sent(world)]


def test_a_members_message_does_not_take_a_colleagues_upload(scene):
    world, _, step, _ = scene
    upload_id = Attacher(world, step, actor=world.member()).ready()
    with pytest.raises(Invalid):
        world.say(world.owner, step, "not mine", upload_ids=(upload_id,))


def test_the_same_key_sends_the_files_once(scene):
    world, _, step, cleo = scene
    upload_id = Attacher(world, step, actor=cleo.actor).ready()
    ids = [world.say(cleo.actor, step, "Once", client_key="one-key-only", upload_ids=(upload_id,)) for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(sent(world)) == 1


def test_the_same_upload_named_twice_is_one_file(scene):
    world, _, step, cleo = scene
    upload_id = Attacher(world, step, actor=cleo.actor).ready()
    world.say(cleo.actor, step, "", upload_ids=(upload_id, upload_id))
    assert len(sent(world)) == 1


def test_a_message_that_is_refused_keeps_its_files_ready(scene):
    world, _, step, cleo = scene
    upload_id = Attacher(world, step, actor=cleo.actor).ready()
    with pytest.raises(Invalid):
        world.say(cleo.actor, step, "x" * 10_001, upload_ids=(upload_id,))
    many = tuple(world.attachment(f"small {n}", b"s") for n in range(10))
    with pytest.raises(Invalid) as refused:
        world.say(cleo.actor, step, "", upload_ids=(upload_id,), files=many)
    assert refused.value.field == "attachment"
    with pytest.raises(Invalid):
        world.say(cleo.actor, step, "", upload_ids=tuple(new_id() for _ in range(11)))
    assert upload(world, upload_id).message_id is None
    world.say(cleo.actor, step, "", upload_ids=(upload_id,))


def test_as_many_wait_as_fit_into_one_message_for_each_sender_and_conversation(scene):
    world, project, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    ready = tuple(attacher.ready(f"ready {n}") for n in range(5))
    for n in range(5):
        attacher.begin(f"running {n}")
    with pytest.raises(Conflict) as refused:
        attacher.begin("one too many")
    assert refused.value.code == "too_many_files"
    Attacher(world, step).begin("of somebody else")
    Attacher(world, project, actor=cleo.actor).begin("in another conversation")
    world.say(cleo.actor, step, "", upload_ids=ready)
    attacher.begin("there is room again")


def test_the_places_of_a_milestone_are_not_taken_by_what_is_said_about_it(scene):
    world, _, step, _ = scene
    attacher = Attacher(world, step)
    attacher.ready("said")
    attacher.begin("running")
    for n in range(5):
        Sender(world, step).upload(f"file {n}", b"x")
    milestones.submit(world.session, actor=world.owner, milestone=step, note="")
    assert {file.name for file in milestones.live_files(world.session, step)} == {f"file {n}" for n in range(5)}


def test_only_those_who_may_talk_attach_anything(scene):
    world, project, step, cleo = scene
    payer = world.contact(project, frozenset({Scope.PAY}), name="Li Finance")
    for actor in (payer.actor, SystemActor()):
        with pytest.raises(Forbidden):
            Attacher(world, step, actor=actor).begin()
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(grants.Grant, cleo.grant_id))
    with pytest.raises(NotFound):
        Attacher(world, step, actor=cleo.actor).begin()


def test_limits_and_room_are_those_of_every_upload(scene, monkeypatch):
    world, _, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    monkeypatch.setattr(attacher.storage, "room", lambda: (12 * GIB, 50 * GIB))
    with pytest.raises(TooLarge):
        attacher.begin(length=5 * GIB + 1, limits=Limits())
    attacher.begin("first", 5 * GIB, Limits())
    with pytest.raises(NoSpace):
        Sender(world, step).begin("second", 3 * GIB, Limits())


def test_an_empty_file_is_ready_at_once(scene):
    world, _, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    upload_id = attacher.begin("empty.txt", 0)
    assert attacher.stand(upload_id).state is UploadState.STORED
    world.say(cleo.actor, step, "", upload_ids=(upload_id,))


def test_what_was_not_sent_is_swept_after_a_day_and_what_was_stays(scene):
    world, _, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    waiting, kept, running = attacher.ready("waiting"), attacher.ready("kept"), attacher.begin("running")
    world.say(cleo.actor, step, "", upload_ids=(kept,))
    with time_machine.travel(clock.now() + timedelta(hours=23), tick=False):
        assert uploads.expire(world.session) == []
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        with pytest.raises(tus.Gone):
            attacher.stand(waiting)
        assert set(uploads.expire(world.session)) == {waiting, running}
        assert reconciliation.run(world.session).unexplained == 0
    assert not attacher.storage.path(waiting).exists()
    attacher.storage.open(kept, 10).close()


def test_a_ready_one_can_be_removed_and_a_sent_one_cannot(scene):
    world, _, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    ready, used = attacher.ready("ready"), attacher.ready("used")
    world.say(cleo.actor, step, "", upload_ids=(used,))
    uploads.cancel(world.session, actor=cleo.actor, upload=upload(world, ready))
    assert not attacher.storage.path(ready).exists()
    with pytest.raises(Conflict):
        uploads.cancel(world.session, actor=cleo.actor, upload=upload(world, used))
    attacher.storage.open(used, 10).close()
    with pytest.raises(tus.Gone):
        attacher.stand(used)
    with pytest.raises(tus.Gone):
        attacher.send(used, 10, b"")


def test_the_reconciler_knows_what_waits_what_was_sent_and_what_is_over(scene):
    world, _, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    waiting, kept, over = attacher.ready("waiting"), attacher.ready("kept"), attacher.ready("over")
    world.say(cleo.actor, step, "", upload_ids=(kept,))
    # As if the server had stopped between giving it up and deleting it.
    world.session.execute(update(Upload).where(Upload.id == over).values(state=UploadState.EXPIRED))
    world.session.commit()
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        report = reconciliation.run(world.session)
    assert (report.unexplained, report.done["swept"]) == (0, 1)
    assert not attacher.storage.path(over).exists()
    for each in (waiting, kept):
        attacher.storage.open(each, 10).close()
        attacher.storage.path(each).unlink()
    assert set(reconciliation.run(world.session).missing) == {waiting, kept}


def test_a_file_whose_row_was_never_finished_is_adopted(scene):
    world, _, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    upload_id = attacher.begin(length=10)
    attacher.send(upload_id, 0, CONTENT[:9])
    # As if the server had stopped between storing and saying so; the client is out by then.
    with attacher.storage.open_part(upload_id) as part:
        part.write(memoryview(CONTENT[9:]), 9)
    world.session.execute(update(Upload).where(Upload.id == upload_id).values(offset_bytes=10))
    world.session.commit()
    attacher.storage.keep(upload_id, upload_id)
    assert mending.mend(world.session, upload_id=upload_id) is Mended.ADOPTED
    world.say(cleo.actor, step, "", upload_ids=(upload_id,))
    assert sent(world)[0].sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_a_contact_who_is_out_stores_nothing_more(scene):
    world, _, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    upload_id = attacher.begin(length=10)

    def pieces():
        yield memoryview(CONTENT)
        with fresh_session(world.app) as other:
            grants.revoke(other, actor=world.owner, grant=other.get_one(grants.Grant, cleo.grant_id))

    with pytest.raises(NotFound):
        receiving.receive(
            world.session, by=cleo.actor, upload_id=upload_id, incoming=Incoming(0, 10, pieces(), lambda: True)
        )
    world.session.rollback()
    assert upload(world, upload_id).state is UploadState.RECEIVING


def test_sent_files_are_read_again_every_week_and_a_damaged_one_is_named(scene):
    world, _, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    upload_id = attacher.ready()
    world.say(cleo.actor, step, "", upload_ids=(upload_id,), files=(world.attachment("small", b"s"),))
    path = attacher.storage.path(upload_id)
    path.chmod(0o600)
    path.write_bytes(b"012345678X")
    with time_machine.travel(clock.now() + rereading.EVERY + timedelta(minutes=1), tick=False):
        assert rereading.run(world.session) == [upload_id]
    assert [(file.is_small, file.damaged_at is None) for file in sent(world)] == [(False, False), (True, True)]
    found = [finding.reason for finding in verification.verify(world.session, files=True).findings]
    assert found == [f"Attachment {upload_id} is not what was stored: its hash is another."]


def tells_at(
    barrier: threading.Barrier, app: Flask, world: World, who: Entered, step_id: UUID, upload_id: UUID, key: str,
    outcomes: list[str],
) -> None:  # fmt: skip
    """One of several who begin at the same moment: names the upload in a message, and notes what came of it."""
    with fresh_session(app) as session:
        mine = World(app, session, world.owner, world.vendor_name)
        about = session.get_one(Milestone, step_id)
        barrier.wait()
        try:
            mine.say(who.actor, about, key, upload_ids=(upload_id,), client_key=key)
            outcomes.append("sent")
        except Invalid:
            outcomes.append("refused")


def test_an_upload_that_expires_while_it_is_sent_is_either_there_or_refused(app, scene):
    """Whoever comes first: a message never names a file whose bytes are swept."""
    world, _, step, cleo = scene
    attacher, outcomes, step_id = Attacher(world, step, actor=cleo.actor), [], step.id
    for turn in range(8):
        upload_id = attacher.ready(f"film {turn}")
        barrier = threading.Barrier(2, timeout=20)

        def sweep(upload_id: UUID = upload_id, barrier: threading.Barrier = barrier) -> None:
            with fresh_session(app) as session:
                barrier.wait()
                uploads.abandon(session, upload_id=upload_id)

        tell = partial(tells_at, barrier, app, world, cleo, step_id, upload_id, f"a-key-of-{turn}", outcomes)
        threads = [threading.Thread(target=act) for act in (sweep, tell)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes) == 8
    assert len(sent(world)) == outcomes.count("sent")
    for file in sent(world):
        attacher.storage.open(file.id, 10).close()
    assert verification.verify(world.session, files=True).findings == []


def test_whoever_sweeps_waits_for_a_message_that_takes_the_upload(app, scene, monkeypatch):
    """The sweeper comes when the message has found the upload and is not kept yet."""
    world, _, step, cleo = scene
    attacher = Attacher(world, step, actor=cleo.actor)
    upload_id, find = attacher.ready(), attaching.wanted

    def sweep() -> None:
        with fresh_session(app) as session:
            uploads.abandon(session, upload_id=upload_id)

    sweeping = threading.Thread(target=sweep)

    def found_and_swept(session: Session, **asked: Any) -> list[Upload]:
        found = find(session, **asked)
        sweeping.start()
        sweeping.join(0.5)
        return found

    monkeypatch.setattr(attaching, "wanted", found_and_swept)
    world.say(cleo.actor, step, "", upload_ids=(upload_id,))
    sweeping.join(20)
    assert [file.id for file in sent(world)] == [upload_id]
    attacher.storage.open(upload_id, 10).close()
    assert verification.verify(world.session, files=True).findings == []


def test_two_messages_at_once_take_an_upload_once(app, scene):
    world, _, step, cleo = scene
    step_id, outcomes = step.id, []
    upload_id, barrier = Attacher(world, step, actor=cleo.actor).ready(), threading.Barrier(4, timeout=20)

    threads = [
        threading.Thread(
            target=tells_at, args=(barrier, app, world, cleo, step_id, upload_id, f"racing-key-{n}", outcomes)
        )
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 3 + ["sent"]
    assert len(sent(world)) == 1
