import hashlib
import multiprocessing
import os
import stat
import threading
import uuid

import pytest

from portal.adapters import failpoints, storage
from portal.adapters.digests import RunningDigests
from portal.adapters.storage import Damaged, Held, LocalStorage, Missing


@pytest.fixture
def store(tmp_path):
    made = LocalStorage(tmp_path / "files")
    made.prepare()
    return made


def view(content: bytes) -> memoryview:
    return memoryview(content)


def filled(store: LocalStorage, content: bytes) -> uuid.UUID:
    upload_id = uuid.uuid4()
    store.create_part(upload_id)
    with store.open_part(upload_id) as part:
        part.write(view(content), 0)
        part.sync()
    return upload_id


def kept(store: LocalStorage, content: bytes) -> uuid.UUID:
    upload_id = filled(store, content)
    store.keep(upload_id, upload_id)
    return upload_id


def test_a_new_part_is_empty_and_for_the_owner_only(store):
    upload_id = uuid.uuid4()
    store.create_part(upload_id)
    path = store.incoming / f"{upload_id}.part"
    assert (path.stat().st_size, stat.S_IMODE(path.stat().st_mode)) == (0, 0o600)


def test_a_part_is_made_once(store):
    upload_id = uuid.uuid4()
    store.create_part(upload_id)
    with pytest.raises(FileExistsError):
        store.create_part(upload_id)


def test_bytes_go_where_they_belong(store):
    upload_id = uuid.uuid4()
    store.create_part(upload_id)
    with store.open_part(upload_id) as part:
        part.write(view(b"hello "), 0)
        part.write(view(b"world"), 6)
        part.sync()
        assert (part.size, b"".join(part.read(0, 11)), b"".join(part.read(3, 8))) == (11, b"hello world", b"lo wo")


def test_cutting_forgets_the_tail_and_never_adds(store):
    upload_id = filled(store, b"hello world")
    with store.open_part(upload_id) as part:
        part.cut(5)
        assert part.size == 5
        part.cut(100)
        assert b"".join(part.read(0, 100)) == b"hello"


def test_only_one_writer_holds_a_part(store):
    upload_id = filled(store, b"x")
    with store.open_part(upload_id), pytest.raises(Held):
        store.open_part(upload_id)
    store.open_part(upload_id).close()


def test_a_writer_in_another_process_holds_it_too_and_its_death_lets_go(store):
    upload_id = filled(store, b"x")
    here, there = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_hold_until_killed, args=(store.root, upload_id, there))
    child.start()
    assert here.recv() == "held"
    with pytest.raises(Held):
        store.open_part(upload_id)
    child.kill()
    child.join()
    here.close()
    there.close()
    store.open_part(upload_id).close()


def _hold_until_killed(root, upload_id, pipe):
    with LocalStorage(root).open_part(upload_id):
        pipe.send("held")
        threading.Event().wait()


def test_a_part_that_is_not_there_is_missing(store):
    with pytest.raises(Missing):
        store.open_part(uuid.uuid4())


def test_a_detached_part_leaves_the_frozen_writer_with_nothing_to_break(store):
    upload_id = filled(store, b"hello world")
    frozen = store.open_part(upload_id)
    store.detach_part(upload_id, 5)
    with store.open_part(upload_id) as part:
        frozen.write(view(b"JELLO"), 0)
        assert b"".join(part.read(0, 100)) == b"hello"
    frozen.close()


def test_a_kept_file_leaves_incoming_and_cannot_be_written_by_others(store):
    upload_id = filled(store, b"hello")
    file_id = uuid.uuid4()
    store.keep(upload_id, file_id)
    path = store.files / str(file_id)[-2:] / str(file_id)
    assert path.read_bytes() == b"hello"
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    assert list(store.incoming.iterdir()) == []


def test_keeping_twice_changes_nothing(store):
    file_id = kept(store, b"hello")
    store.keep(file_id, file_id)
    with store.open(file_id, 5) as file:
        assert file.read() == b"hello"


def test_keeping_never_replaces_a_stored_file(store):
    file_id = kept(store, b"hello")
    store.keep(filled(store, b"other"), file_id)
    with store.open(file_id, 5) as file:
        assert file.read() == b"hello"


def test_keeping_what_is_not_there_is_missing(store):
    with pytest.raises(Missing):
        store.keep(uuid.uuid4(), uuid.uuid4())


def test_a_stored_file_opens_only_with_its_size(store):
    file_id = kept(store, b"hello")
    with pytest.raises(Damaged):
        store.open(file_id, 6)
    with pytest.raises(Missing):
        store.open(uuid.uuid4(), 5)


def test_a_discarded_file_is_gone_and_discarding_again_is_nothing(store):
    file_id = kept(store, b"hello")
    store.discard(file_id)
    store.discard(file_id)
    with pytest.raises(Missing):
        store.open(file_id, 5)


def test_a_proof_is_kept_whole(store):
    proof_id = uuid.uuid4()
    store.keep_small(proof_id, b"receipt")
    with store.open_small(proof_id, 7) as file:
        assert file.read() == b"receipt"
    assert [found.id for found in store.small()] == [proof_id]


def test_room_is_what_the_disk_says(store):
    free, total = store.room()
    assert 0 < free < total


def test_the_folders_can_be_listed_with_the_ids_in_their_names(store):
    part, file = filled(store, b"12"), kept(store, b"123")
    (store.incoming / "stray").write_bytes(b"")
    assert sorted((found.id, found.size) for found in store.parts() if found.id) == [(part, 2)]
    assert [found.path.name for found in store.parts() if found.id is None] == ["stray"]
    assert [(found.id, found.size) for found in store.stored()] == [(file, 3)]


def test_what_is_set_aside_is_kept_in_quarantine(store):
    stray = store.incoming / "stray"
    stray.write_bytes(b"whose?")
    moved = store.set_aside(stray)
    assert moved.parent == store.quarantine
    assert (moved.read_bytes(), stray.exists()) == (b"whose?", False)


def test_what_is_acknowledged_was_synced_first_and_its_folders_too(store, monkeypatch):
    """The order of reliability.md §2: bytes, name, both folders."""
    told: list[str] = []
    real_fsync, real_rename = os.fsync, storage.Path.rename
    monkeypatch.setattr(os, "fsync", lambda fd: (told.append("fsync " + _kind(fd)), real_fsync(fd))[1])
    monkeypatch.setattr(storage.Path, "rename", lambda path, to: (told.append("rename"), real_rename(path, to))[1])
    upload_id = filled(store, b"hello")
    store.keep(upload_id, upload_id)
    assert told == [
        "fsync incoming",
        f"fsync {upload_id}.part",
        "fsync files",
        "rename",
        f"fsync {str(upload_id)[-2:]}",
        "fsync incoming",
    ]


def _kind(fd: int) -> str:
    return os.path.basename(os.readlink(f"/proc/self/fd/{fd}"))


def test_running_digests_are_those_of_the_bytes_so_far():
    kept_digests, upload_id = RunningDigests(), uuid.uuid4()
    state = kept_digests.get(upload_id, 0)
    state.update(b"hello ")
    kept_digests.put(upload_id, 6, state)
    state.update(b"never recorded")
    again = kept_digests.get(upload_id, 6)
    again.update(b"world")
    assert again.hexdigest() == hashlib.sha256(b"hello world").hexdigest()


def test_a_digest_at_another_offset_is_not_known():
    kept_digests, upload_id = RunningDigests(), uuid.uuid4()
    kept_digests.put(upload_id, 6, hashlib.sha256(b"hello "))
    assert kept_digests.get(upload_id, 5) is None
    kept_digests.drop(upload_id)
    assert kept_digests.get(upload_id, 6) is None


@pytest.mark.parametrize("plan", ["x=raise", "y=kill,x=raise", " x = raise "])
def test_a_failpoint_does_what_it_was_told(monkeypatch, plan):
    monkeypatch.setattr(failpoints, "_PLAN", failpoints._read(plan))
    with pytest.raises(failpoints.Failed):
        failpoints.failpoint("x")
    failpoints.failpoint("z")


def test_a_failpoint_can_wait_for_its_turn(monkeypatch):
    monkeypatch.setattr(failpoints, "_PLAN", failpoints._read("turn=raise@3"))
    failpoints.failpoint("turn")
    failpoints.failpoint("turn")
    with pytest.raises(failpoints.Failed):
        failpoints.failpoint("turn")
    failpoints.failpoint("turn")


def test_a_proof_is_synced_and_its_folder_too(store, monkeypatch):
    told: list[str] = []
    real_fsync, real_rename = os.fsync, storage.Path.rename
    monkeypatch.setattr(os, "fsync", lambda fd: (told.append("fsync " + _kind(fd)), real_fsync(fd))[1])
    monkeypatch.setattr(storage.Path, "rename", lambda path, to: (told.append("rename"), real_rename(path, to))[1])
    proof_id = uuid.uuid4()
    store.keep_small(proof_id, b"receipt")
    assert told == [f"fsync {proof_id}.proof", "rename", "fsync proofs"]
