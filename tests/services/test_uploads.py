"""Uploads from the reserved place to the stored file, and everything that can get in their way."""

import hashlib
import os
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from portal.access.actor import SystemActor
from portal.adapters import clock
from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.models.entry import Entry
from portal.rules import tus
from portal.rules.errors import Conflict, Forbidden, NoSpace, TooLarge
from portal.services import deliverables, holding, milestones, receiving, reserving, uploads
from portal.services.reserving import Limits
from tests.senders import Sender
from tests.worlds import fresh_session

GIB = 2**30


@pytest.fixture
def milestone(world):
    return world.milestone(world.project())


@pytest.fixture
def sender(world, milestone):
    return Sender(world, milestone)


def states(session):
    session.rollback()
    return dict(session.execute(select(Upload.id, Upload.state)).all())


def test_a_whole_file_is_stored_with_its_hash_and_told_in_the_record(world, sender, milestone):
    made = sender.upload("图纸 v1.pdf", b"%PDF-1.7 and more")
    digest = hashlib.sha256(b"%PDF-1.7 and more").hexdigest()
    assert (made.name, made.sha256, made.bytes, made.version) == ("图纸 v1.pdf", digest, 17, 1)
    assert (made.media_type, made.stored_by, made.upload_id) == ("application/pdf", world.owner.member_id, made.id)
    with sender.storage.open(made.id, 17) as file:
        assert file.read() == b"%PDF-1.7 and more"
    assert states(world.session) == {made.id: UploadState.STORED}
    entry = world.session.scalars(select(Entry).where(Entry.kind == "file.stored")).one()
    assert digest in entry.body
    assert "图纸" not in entry.body


def test_a_file_arrives_in_several_requests(sender):
    upload_id = sender.begin(length=10)
    assert sender.send(upload_id, 0, b"1234").offset == 4
    assert sender.stand(upload_id).offset == 4
    assert sender.send(upload_id, 4, b"567890").state is UploadState.STORED
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(b"1234567890").hexdigest()


def test_another_process_that_goes_on_reads_the_part_once_and_gets_the_same_hash(sender):
    upload_id = sender.begin(length=10)
    sender.send(upload_id, 0, b"1234")
    sender.storage.digests.drop(upload_id)
    sender.send(upload_id, 4, b"567890")
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(b"1234567890").hexdigest()


def test_an_empty_file_is_a_file(sender):
    upload_id = sender.begin("empty.txt", 0)
    assert sender.stand(upload_id).state is UploadState.STORED
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("offset", [3, 5, 0])
def test_bytes_that_do_not_continue_what_is_there_are_refused(sender, offset):
    upload_id = sender.begin(length=10)
    sender.send(upload_id, 0, b"1234")
    with pytest.raises(Conflict):
        sender.send(upload_id, offset, b"xx")
    assert sender.stand(upload_id).offset == 4


def test_more_bytes_than_announced_are_refused_before_any_is_written(sender):
    upload_id = sender.begin(length=4)
    with pytest.raises(TooLarge):
        sender.send(upload_id, 0, b"12345")
    assert sender.stand(upload_id).offset == 0


def test_more_bytes_than_announced_are_refused_when_only_their_coming_shows_it(sender):
    upload_id = sender.begin(length=9)
    with pytest.raises(TooLarge):
        sender.send(upload_id, 0, b"1234567890", announced=None)
    assert sender.stand(upload_id).offset == 0
    assert sender.send(upload_id, 0, b"123456789").state is UploadState.STORED


def test_a_sender_that_goes_away_keeps_what_came(sender):
    upload_id = sender.begin(length=100)
    assert sender.send(upload_id, 0, b"1234567890", announced=100).offset == 10
    assert sender.stand(upload_id).offset == 10


def test_a_stored_file_answers_the_last_request_again(sender):
    upload_id = sender.begin(length=4)
    sender.send(upload_id, 0, b"1234")
    assert sender.stand(upload_id).offset == 4
    assert sender.send(upload_id, 4, b"").offset == 4
    with pytest.raises(Conflict):
        sender.send(upload_id, 0, b"1234")


def checksum(content):
    return tus.Checksum("sha256", hashlib.sha256(content).digest())


def test_the_right_checksum_is_taken_and_the_wrong_one_leaves_nothing(sender):
    upload_id = sender.begin(length=20)
    sender.send(upload_id, 0, b"1234567890", checksum=checksum(b"1234567890"))
    with pytest.raises(tus.ChecksumMismatch):
        sender.send(upload_id, 10, b"abcdefghij", checksum=checksum(b"other"))
    assert sender.stand(upload_id).offset == 10
    sender.send(upload_id, 10, b"abcdefghij")
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(b"1234567890abcdefghij").hexdigest()


def test_bytes_with_a_checksum_count_whole_or_not_at_all(sender):
    upload_id = sender.begin(length=20)
    with pytest.raises(tus.ChecksumMismatch):
        sender.send(upload_id, 0, b"12345", announced=10, checksum=checksum(b"1234567890"))
    assert sender.stand(upload_id).offset == 0


def test_long_requests_are_acknowledged_in_groups(sender, monkeypatch):
    monkeypatch.setattr(receiving, "GROUP_BYTES", 20)
    upload_id = sender.begin(length=100)
    seen = []

    def pieces():
        for _ in range(10):
            yield memoryview(b"0123456789")
            seen.append(uploads.look(fresh, upload_id=upload_id).offset)
            fresh.rollback()

    with outside_session(sender) as fresh:
        sender.send(upload_id, 0, b"", announced=100, pieces=pieces())
    assert seen == [0, 20, 20, 40, 40, 60, 60, 80, 80, 100]


def outside_session(sender):
    from sqlalchemy.orm import Session

    return Session(sender.session.get_bind(), info=dict(sender.session.info))


def test_someone_who_logged_out_stops_at_the_next_group_and_nothing_more_counts(sender, monkeypatch):
    monkeypatch.setattr(receiving, "GROUP_BYTES", 20)
    upload_id = sender.begin(length=100)
    answers = iter([True, False, True, True])
    with pytest.raises(Forbidden):
        sender.send(upload_id, 0, b"x" * 100, still_here=lambda: next(answers))
    assert sender.stand(upload_id).offset in (40, 42)


def test_a_sender_that_fell_asleep_is_let_go_with_what_came(sender, monkeypatch):
    monkeypatch.setattr(receiving, "IDLE_SECONDS", 0.05)
    upload_id = sender.begin(length=100)

    def pieces():
        yield memoryview(b"12345")
        for _ in range(100):
            time.sleep(0.01)
            yield None
        raise AssertionError("nobody waits this long")

    assert sender.send(upload_id, 0, b"", announced=100, pieces=pieces()).offset == 5


def test_a_full_disk_keeps_what_fitted_and_says_so(sender, monkeypatch):
    upload_id = sender.begin(length=100)
    real = os.pwrite

    def pwrite(fd, data, offset):
        if offset >= 21:
            raise OSError(28, "No space left on device")
        return real(fd, data, offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", pwrite)
        with pytest.raises(NoSpace):
            sender.send(upload_id, 0, b"x" * 100)
    assert sender.stand(upload_id).offset == 21
    sender.send(upload_id, 21, b"x" * 79)
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(b"x" * 100).hexdigest()


def test_bytes_that_could_not_be_synced_are_not_acknowledged(sender, monkeypatch):
    upload_id = sender.begin(length=100)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken_sync)
        with pytest.raises(OSError, match="Input/output error"):
            sender.send(upload_id, 0, b"x" * 50)
    assert sender.stand(upload_id).offset == 0
    sender.send(upload_id, 0, b"y" * 100)
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(b"y" * 100).hexdigest()


def broken_sync(_fd):
    raise OSError(5, "Input/output error")


def test_the_sixth_file_is_refused_whether_the_five_are_stored_or_on_their_way(sender):
    for n in range(3):
        sender.upload(f"stored {n}", b"x")
    for n in range(2):
        sender.begin(f"running {n}")
    with pytest.raises(Conflict) as refused:
        sender.begin("one too many")
    assert refused.value.code == "too_many_files"


def test_a_new_version_needs_no_place_of_its_own_but_only_one_at_a_time(sender):
    for n in range(5):
        sender.upload(f"file {n}", b"x")
    sender.begin("file 3")
    with pytest.raises(Conflict):
        sender.begin("file 3")


def test_the_same_name_again_is_the_next_version_and_the_old_one_stays_as_it_was(sender, milestone):
    first, second = sender.upload("plan.pdf", b"one"), sender.upload("  plan.pdf ", b"two")
    assert (first.version, second.version) == (1, 2)
    assert first.superseded_at is not None
    assert milestones.live_files(sender.session, milestone) == [second]
    with sender.storage.open(first.id, 3) as file:
        assert file.read() == b"one"


def test_a_cancelled_upload_gives_its_place_back(sender):
    for n in range(5):
        upload_id = sender.begin(f"file {n}")
    uploads.cancel(sender.session, actor=sender.actor, upload=sender.session.get_one(Upload, upload_id))
    assert not sender.storage.has_part(upload_id)
    sender.begin("another")
    with pytest.raises(tus.Gone):
        sender.stand(upload_id)
    with pytest.raises(tus.Gone):
        sender.send(upload_id, 0, b"x")
    with pytest.raises(tus.Gone):
        uploads.cancel(sender.session, actor=sender.actor, upload=sender.session.get_one(Upload, upload_id))


def test_a_stored_upload_cannot_be_cancelled(sender):
    made = sender.upload("a.txt", b"x")
    with pytest.raises(Conflict):
        uploads.cancel(sender.session, actor=sender.actor, upload=sender.session.get_one(Upload, made.id))


def test_an_abandoned_upload_expires_after_a_day_without_bytes(sender):
    upload_id, stored = sender.begin("late.bin"), sender.upload("kept.txt", b"kept")
    with time_machine.travel(clock.now() + timedelta(hours=23), tick=False):
        sender.send(upload_id, 0, b"12")
        assert uploads.expire(sender.session) == []
    with time_machine.travel(clock.now() + timedelta(hours=46), tick=False):
        assert sender.stand(upload_id).offset == 2
    with time_machine.travel(clock.now() + timedelta(hours=48), tick=False):
        with pytest.raises(tus.Gone):
            sender.stand(upload_id)
        assert uploads.expire(sender.session) == [upload_id]
    assert not sender.storage.has_part(upload_id)
    sender.storage.open(stored.id, 4).close()


@pytest.mark.parametrize(("length", "fits"), [(5 * GIB, True), (5 * GIB + 1, False)])
def test_a_file_may_have_five_gibibytes_and_not_one_byte_more(sender, length, fits, monkeypatch):
    monkeypatch.setattr(sender.storage, "room", lambda: (100 * GIB, 200 * GIB))
    if fits:
        sender.begin(length=length, limits=Limits())
        return
    with pytest.raises(TooLarge):
        sender.begin(length=length, limits=Limits())


def test_room_already_promised_is_not_promised_again(sender, monkeypatch):
    monkeypatch.setattr(sender.storage, "room", lambda: (12 * GIB, 50 * GIB))
    sender.begin("first", 4 * GIB, Limits())
    with pytest.raises(NoSpace):
        sender.begin("second", 4 * GIB, Limits())
    sender.begin("third", 3 * GIB, Limits())


@pytest.mark.parametrize(
    ("total", "spared"), [(1000 * GIB, 100 * GIB), (50 * GIB, 5 * GIB), (20 * GIB, 5 * GIB), (8 * GIB, 2 * GIB)]
)
def test_five_gibibytes_or_a_tenth_stay_free_but_never_more_than_a_quarter(total, spared):
    assert reserving.spare(total) == spared


def test_files_come_only_while_the_milestone_is_open(world, sender, milestone):
    upload_id = sender.begin("late.txt")
    uploads.cancel(sender.session, actor=sender.actor, upload=sender.session.get_one(Upload, upload_id))
    locked = Sender(world, world.milestone(world.project(title="Other"), 2))
    with pytest.raises(Conflict):
        locked.begin("early.txt")
    sender.upload("a.txt", b"x")
    milestones.submit(sender.session, actor=world.owner, milestone=milestone, note="")
    with pytest.raises(Conflict):
        sender.begin("b.txt")


def test_work_cannot_be_presented_while_a_file_is_on_its_way(world, sender, milestone):
    sender.upload("a.txt", b"x")
    sender.begin("b.txt")
    with pytest.raises(Conflict):
        milestones.submit(sender.session, actor=world.owner, milestone=milestone, note="")


def test_contacts_and_the_system_do_not_upload(world, sender, milestone):
    entered = world.contact(sender.session.get_one(type(milestone), milestone.id).project)
    for actor in (entered.actor, SystemActor()):
        with pytest.raises(Forbidden):
            Sender(world, milestone, actor=actor).begin()


def test_twenty_who_race_for_the_last_place_get_it_once(app, world, sender, milestone):
    for n in range(4):
        sender.upload(f"file {n}", b"x")
    barrier, outcomes = threading.Barrier(20), []

    def race(n):
        with fresh_session(app) as session:
            mine = Sender(world, session.get_one(type(milestone), milestone.id), session)
            barrier.wait()
            try:
                mine.begin(f"racer {n}")
                outcomes.append("in")
            except Conflict:
                outcomes.append("out")

    run_all(race, 20)
    assert sorted(outcomes) == ["in"] + ["out"] * 19


def run_all(act, count):
    threads = [threading.Thread(target=act, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_writers_at_once_make_one_order_of_bytes(app, world, sender, milestone, monkeypatch):
    monkeypatch.setattr(receiving, "PULSE_SECONDS", 0.01)
    monkeypatch.setattr(holding, "ASK_EVERY_SECONDS", 0.01)
    upload_id, barrier = sender.begin(length=8 * 50), threading.Barrier(8)

    def write(n):
        with fresh_session(app) as session:
            mine, offset = Sender(world, milestone, session), 0
            barrier.wait()
            for _ in range(200):
                try:
                    slip = mine.send(upload_id, offset, bytes([65 + n]) * 50)
                except (Conflict, TooLarge, tus.Busy):
                    slip = mine.stand(upload_id)
                offset = slip.offset
                if slip.whole:
                    return

    run_all(write, 8)
    sender.session.rollback()
    made = sender.session.get_one(Deliverable, upload_id)
    with sender.storage.open(upload_id, 400) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == made.sha256
    assert all(len(set(content[at : at + 50])) == 1 for at in range(0, 400, 50))


def test_asking_where_it_stands_frees_a_writer_whose_sender_fell_silent(app, world, sender, milestone):
    upload_id, silent, done = sender.begin(length=100), threading.Event(), []

    def pieces():
        yield memoryview(b"12345")
        silent.set()
        while True:
            time.sleep(0.1)
            yield None

    def write(_n):
        with fresh_session(app) as session:
            try:
                Sender(world, milestone, session).send(upload_id, 0, b"", announced=100, pieces=pieces())
            except Conflict:
                done.append("let go")

    thread = threading.Thread(target=write, args=(0,))
    thread.start()
    silent.wait()
    begun = time.monotonic()
    assert sender.stand(upload_id).offset == 5
    assert time.monotonic() - begun < 5
    thread.join()
    assert done == ["let go"]
    assert sender.send(upload_id, 5, b"6").offset == 6


def test_a_frozen_writer_loses_the_upload_and_cannot_harm_it_when_it_wakes(sender):
    upload_id = sender.begin(length=10)
    sender.send(upload_id, 0, b"12345")
    frozen = sender.storage.open_part(upload_id)
    sender.session.execute(Upload.__table__.update().values(lock_owner="frozen", lock_until=clock.now()))
    sender.session.commit()
    assert sender.stand(upload_id).offset == 5
    frozen.write(memoryview(b"XXXXXXXXXX"), 0)
    frozen.close()
    sender.send(upload_id, 5, b"67890")
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(b"1234567890").hexdigest()
    with sender.storage.open(upload_id, 10) as file:
        assert file.read() == b"1234567890"


def test_a_writer_nobody_can_move_is_reported_as_busy(sender, monkeypatch):
    monkeypatch.setattr(holding, "PATIENCE_SECONDS", 0.1)
    upload_id = sender.begin()
    with sender.storage.open_part(upload_id), pytest.raises(tus.Busy):
        sender.send(upload_id, 0, b"x")


def test_an_upload_whose_milestone_was_closed_meanwhile_leaves_no_file(world, sender, milestone):
    upload_id = sender.begin(length=4)
    sender.send(upload_id, 0, b"12")
    sender.session.execute(type(milestone).__table__.update().values(state="cancelled"))
    sender.session.commit()
    with pytest.raises(Conflict):
        sender.send(upload_id, 2, b"34")
    assert states(sender.session) == {upload_id: UploadState.CANCELLED}
    assert list(sender.storage.stored()) == []
    assert sender.session.scalar(select(func.count()).select_from(Deliverable)) == 0


def test_keeping_content_that_is_here_already_is_like_uploading_it(world, milestone):
    made = deliverables.keep(
        world.session, actor=world.owner, milestone=milestone, name="../../etc/pass\0wd", content=b"hello"
    )
    assert (made.name, made.sha256, made.bytes) == ("passwd", hashlib.sha256(b"hello").hexdigest(), 5)
    with pytest.raises(ValueError, match="hash"):
        deliverables.keep(
            world.session, actor=world.owner, milestone=milestone, name="x", content=b"y", sha256="0" * 64
        )
