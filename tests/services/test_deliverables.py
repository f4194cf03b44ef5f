"""Files that are there: taken back, kept, compared with what is on the disk."""

import hashlib
import os
import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.adapters import clock, failpoints
from portal.db import new_id
from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.models.entry import Entry
from portal.rules.errors import AlreadyDone, Conflict, Forbidden
from portal.rules.lifecycle import MilestoneState
from portal.services import deliverables, milestones, reconciliation
from portal.services.mending import Mended
from tests.senders import Sender


@pytest.fixture
def milestone(world):
    return world.milestone(world.project())


@pytest.fixture
def sender(world, milestone):
    return Sender(world, milestone)


@pytest.fixture
def storage(sender):
    return sender.storage


@pytest.fixture
def report(world):
    return lambda: reconciliation.run(world.session)


def on_disk(storage):
    return sorted(file.id for file in storage.stored())


def aged(path):
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))


def test_a_file_taken_back_is_gone_from_list_and_disk_and_the_record_says_so(world, sender, milestone, storage):
    made = sender.upload("a.txt", b"x")
    deliverables.remove(world.session, actor=world.owner, deliverable=made)
    assert milestones.live_files(world.session, milestone) == []
    assert on_disk(storage) == []
    kinds = world.session.scalars(select(Entry.kind).where(Entry.milestone_id == milestone.id).order_by(Entry.seq))
    assert list(kinds)[-2:] == ["file.stored", "file.removed"]


def test_taking_back_a_version_brings_the_one_before_it_back(world, sender, milestone):
    first, second = sender.upload("a.txt", b"one"), sender.upload("a.txt", b"two")
    deliverables.remove(world.session, actor=world.owner, deliverable=second)
    assert milestones.live_files(world.session, milestone) == [first]
    third = sender.upload("a.txt", b"three")
    assert third.version == 3


def test_taking_back_twice_is_a_harmless_repeat(world, sender):
    made = sender.upload("a.txt", b"x")
    deliverables.remove(world.session, actor=world.owner, deliverable=made)
    with pytest.raises(AlreadyDone):
        deliverables.remove(world.session, actor=world.owner, deliverable=made)


def test_a_replaced_version_stays(world, sender):
    first = sender.upload("a.txt", b"one")
    sender.upload("a.txt", b"two")
    with pytest.raises(Conflict):
        deliverables.remove(world.session, actor=world.owner, deliverable=first)


def test_what_was_delivered_stays(world, sender, milestone, storage):
    made = sender.upload("a.txt", b"x")
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
    with pytest.raises(Conflict):
        deliverables.remove(world.session, actor=world.owner, deliverable=made)
    assert on_disk(storage) == [made.id]


def test_what_was_delivered_stays_when_changes_were_asked_for(world, sender, milestone, storage):
    made = sender.upload("a.txt", b"x")
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
    # Asking for changes comes in a later issue; what it leads to is here already.
    milestone.state = MilestoneState.CHANGES_REQUESTED
    world.session.commit()
    with pytest.raises(Conflict):
        deliverables.remove(world.session, actor=world.owner, deliverable=made)
    assert on_disk(storage) == [made.id]


def test_contacts_take_nothing_back(world, sender, milestone):
    made = sender.upload("a.txt", b"x")
    entered = world.contact(milestone.project)
    with pytest.raises(Forbidden):
        deliverables.remove(world.session, actor=entered.actor, deliverable=made)


def test_nothing_is_to_be_done_where_everything_fits(world, sender, storage, report):
    sender.upload("a.txt", b"x")
    sender.begin("b.txt")
    assert (dict(+report().done), report().unexplained) == ({}, 0)


def test_bytes_written_but_not_acknowledged_are_cut(sender, storage, report):
    upload_id = sender.begin(length=10)
    sender.send(upload_id, 0, b"12345")
    with storage.open_part(upload_id) as part:
        part.write(memoryview(b"XXX"), 5)
    assert report().done[Mended.CUT] == 1
    with storage.open_part(upload_id) as part:
        assert part.size == 5
    sender.send(upload_id, 5, b"67890")
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(b"1234567890").hexdigest()


def test_an_upload_somebody_writes_to_is_left_alone(sender, storage, report):
    upload_id = sender.begin(length=10)
    with storage.open_part(upload_id) as part:
        part.write(memoryview(b"12345"), 0)
        assert dict(+report().done) == {}
        assert part.size == 5


@pytest.mark.parametrize("point", ["upload.complete", "upload.renamed", "upload.kept", "upload.finishing"])
def test_a_file_stored_just_before_the_server_stopped_is_adopted(sender, report, monkeypatch, point):
    upload_id = sender.begin(length=4)
    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "_PLAN", {point: ("raise", 0)})
        with pytest.raises(failpoints.Failed):
            sender.send(upload_id, 0, b"1234")
    found = report()
    made = sender.session.get(Deliverable, upload_id)
    if point == "upload.complete":
        # The part is still a part: whoever asks next makes a file of it.
        assert made is None
        assert sender.stand(upload_id).state is UploadState.STORED
        made = sender.session.get(Deliverable, upload_id)
    else:
        assert found.done[Mended.ADOPTED] == 1
    assert (made.sha256, made.version) == (hashlib.sha256(b"1234").hexdigest(), 1)
    assert (dict(+report().done), report().unexplained) == ({}, 0)


@pytest.mark.parametrize("point", ["upload.complete", "upload.renamed", "upload.kept", "upload.finishing"])
def test_the_sender_who_asks_after_a_crash_hears_that_the_file_is_stored(sender, monkeypatch, point):
    upload_id = sender.begin(length=4)
    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "_PLAN", {point: ("raise", 0)})
        with pytest.raises(failpoints.Failed):
            sender.send(upload_id, 0, b"1234")
    slip = sender.stand(upload_id)
    assert (slip.state, slip.offset) == (UploadState.STORED, 4)


def test_bytes_that_vanished_from_the_disk_are_reported_and_asked_for_again(sender, storage, report):
    upload_id = sender.begin(length=10)
    sender.send(upload_id, 0, b"12345")
    os.truncate(storage.incoming / f"{upload_id}.part", 2)
    found = report()
    assert (found.done[Mended.LOST], found.unexplained) == (1, 1)
    assert sender.stand(upload_id).offset == 2


def test_a_part_that_vanished_is_begun_again(sender, storage):
    upload_id = sender.begin(length=10)
    sender.send(upload_id, 0, b"12345")
    storage.discard_part(upload_id)
    assert sender.stand(upload_id).offset == 0
    sender.send(upload_id, 0, b"1234567890")


def test_files_nobody_knows_are_set_aside_not_deleted(storage, report):
    storage.prepare()
    for name, content in {"stray.bin": b"?", f"{new_id()}.part": b"half"}.items():
        (storage.incoming / name).write_bytes(content)
        aged(storage.incoming / name)
    stray = storage.path(new_id())
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"whole")
    aged(stray)
    (storage.proofs / str(new_id())).write_bytes(b"new, its row is being written")
    found = report()
    assert (len(found.set_aside), found.unexplained) == (3, 3)
    assert sorted(path.read_bytes() for path in storage.quarantine.iterdir()) == [b"?", b"half", b"whole"]
    assert report().unexplained == 0


def test_a_stored_file_that_is_gone_or_cut_is_reported(sender, storage, report):
    lost, cut = sender.upload("lost.txt", b"lost"), sender.upload("cut.txt", b"cut!")
    storage.discard(lost.id)
    storage.path(cut.id).chmod(0o600)
    os.truncate(storage.path(cut.id), 2)
    found = report()
    assert (found.missing, found.damaged, found.unexplained) == ([lost.id], [cut.id], 2)


def test_what_a_crash_left_of_a_cancelled_or_removed_file_is_swept_up(world, sender, storage, report):
    cancelled = sender.begin("c.txt")
    sender.upload("r.txt", b"x")
    sender.session.execute(
        Upload.__table__.update().where(Upload.id == cancelled).values(state=UploadState.CANCELLED.value)
    )
    sender.session.execute(Deliverable.__table__.update().values(removed_at=clock.now()))
    sender.session.commit()
    found = report()
    assert (found.done["swept"], found.unexplained) == (2, 0)
    assert (storage.has_part(cancelled), on_disk(storage)) == (False, [])


def test_an_abandoned_upload_is_ended_by_the_daily_look(sender, storage, report):
    upload_id = sender.begin(length=10)
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        assert report().done["expired"] == 1
    assert not storage.has_part(upload_id)
