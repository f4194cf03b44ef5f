"""Who may acknowledge bytes, and when: the owner of the lock alone, and only what is on disk."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import select

from portal.models.deliverable import Upload
from portal.rules.errors import Conflict
from portal.services import upload_locks
from tests.senders import Sender
from tests.worlds import World, fresh_session


@pytest.fixture
def sender(world: World) -> Sender:
    return Sender(world, world.milestone(world.project()))


def acknowledged(world: World) -> int:
    """As everybody else sees it at this moment."""
    with fresh_session(world.app) as session:
        return session.scalars(select(Upload.offset_bytes)).one()


def test_only_the_owner_acknowledges(world: World, sender: Sender) -> None:
    upload_id = sender.begin(length=10)
    upload_locks.take(world.session, upload_id=upload_id, owner="one")
    upload_locks.take(world.session, upload_id=upload_id, owner="other")
    with pytest.raises(Conflict):
        upload_locks.advance(world.session, upload_id=upload_id, owner="one", offset=0, new_offset=5)
    assert acknowledged(world) == 0
    upload_locks.advance(world.session, upload_id=upload_id, owner="other", offset=0, new_offset=5)
    with pytest.raises(Conflict):
        upload_locks.advance(world.session, upload_id=upload_id, owner="other", offset=0, new_offset=7)
    assert acknowledged(world) == 5


def test_an_owner_who_was_asked_to_let_go_still_acknowledges_what_came(world: World, sender: Sender) -> None:
    upload_id = sender.begin(length=10)
    upload_locks.take(world.session, upload_id=upload_id, owner="one")
    upload_locks.ask(world.session, upload_id=upload_id)
    assert not upload_locks.renew(world.session, upload_id=upload_id, owner="one")
    upload_locks.advance(world.session, upload_id=upload_id, owner="one", offset=0, new_offset=5)
    assert acknowledged(world) == 5


def test_bytes_are_on_disk_before_they_are_acknowledged(world: World, sender: Sender, monkeypatch) -> None:
    upload_id, seen, real = sender.begin(length=100), [], os.fsync

    def sync(fd: int) -> None:
        real(fd)
        if os.readlink(f"/proc/self/fd/{fd}").endswith(".part"):
            seen.append((os.fstat(fd).st_size, acknowledged(world)))

    monkeypatch.setattr(os, "fsync", sync)
    sender.send(upload_id, 0, b"x" * 50)
    assert seen == [(50, 0)]
    assert acknowledged(world) == 50
