"""Uploads that are mended, or taken from a writer that froze, while somebody goes on with them (D5, D12)."""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.adapters import clock, storage
from portal.adapters.parts import Part
from portal.models.deliverable import Deliverable, Upload
from portal.models.milestone import Milestone
from portal.rules import tus
from portal.services import holding, mending, upload_locks
from portal.services.mending import Mended
from tests import scale
from tests.races import together
from tests.senders import Sender
from tests.worlds import World, fresh_session

PIECES, PIECE = scale.cases(60, full=3000), 16
CONTENT = bytes(range(65, 95))
pytestmark = pytest.mark.scaled


@pytest.fixture
def sender(world: World) -> Sender:
    return Sender(world, world.milestone(world.project()))


class Mender(threading.Thread):
    """Mends one upload over and over, as every process does that starts beside others."""

    def __init__(self, app: Flask, upload_id: UUID) -> None:
        super().__init__()
        self.app, self.upload_id, self.enough, self.turns = app, upload_id, threading.Event(), 0
        self.lost = 0

    def run(self) -> None:
        with fresh_session(self.app) as session:
            while not self.enough.is_set():
                self.lost += mending.mend(session, upload_id=self.upload_id) is Mended.LOST
                self.turns += 1
                time.sleep(0.001)


def test_mending_beside_a_sender_takes_nothing_that_was_acknowledged(app: Flask, sender: Sender) -> None:
    content = scale.chance("mending").randbytes(PIECES * PIECE)
    upload_id = sender.begin(length=len(content))
    mender = Mender(app, upload_id)
    mender.start()
    try:
        offset = 0
        while offset < len(content):
            try:
                offset = sender.send(upload_id, offset, content[offset : offset + PIECE]).offset
            except tus.Busy:
                continue
    finally:
        mender.enough.set()
        mender.join()
    sender.session.rollback()
    assert mender.lost == 0
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(content).hexdigest()
    database = sender.session.get_bind().dialect.name
    scale.figure("D5", f"an upload is mended while it arrives, {database}", pieces=PIECES, mended=mender.turns)


@pytest.fixture
def frozen(sender: Sender) -> Iterator[tuple[UUID, Part]]:
    """An upload of 30 bytes, 10 of them acknowledged, held by a writer that has not been heard of for long."""
    upload_id = sender.begin(length=30)
    sender.send(upload_id, 0, CONTENT[:10])
    with sender.storage.open_part(upload_id) as part:
        upload_locks.take(sender.session, upload_id=upload_id, owner="frozen")
        sender.session.execute(update(Upload).values(lock_until=clock.now()))
        sender.session.commit()
        yield upload_id, part


def is_whole(sender: Sender, upload_id: UUID) -> None:
    """What is missing is sent, and the file is what was sent."""
    offset = sender.stand(upload_id).offset
    if offset < len(CONTENT):
        sender.send(upload_id, offset, CONTENT[offset:])
    sender.session.rollback()
    assert sender.session.get_one(Deliverable, upload_id).sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_of_two_who_take_an_upload_from_a_frozen_writer_the_slower_harms_nothing(
    app: Flask, world: World, sender: Sender, frozen: tuple[UUID, Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large part takes long to copy; the one who is done first goes on writing meanwhile."""
    monkeypatch.setattr(holding, "ASK_EVERY_SECONDS", 0.05)
    (upload_id, _), copies, copy = frozen, itertools.count(), storage._copy
    both_copy, went_on, step_id = threading.Event(), threading.Event(), sender.milestone.id

    def slow(*given: Any) -> None:
        is_second = next(copies) > 0
        if is_second:
            both_copy.set()
        both_copy.wait(0.5)
        copy(*given)
        if is_second:
            went_on.wait(3)

    def take_and_go_on(session: Session) -> int:
        mine = Sender(world, session.get_one(Milestone, step_id), session)
        offset = mine.stand(upload_id).offset
        if not went_on.is_set():
            offset = mine.send(upload_id, 10, CONTENT[10:20]).offset
            went_on.set()
        return offset

    monkeypatch.setattr(storage, "_copy", slow)
    told = together.at_once(app, [take_and_go_on, take_and_go_on])
    assert told == [20, 20]
    assert sender.stand(upload_id).offset == 20
    is_whole(sender, upload_id)


def test_a_writer_that_was_only_slow_acknowledges_nothing_once_its_part_is_copied(
    app: Flask, sender: Sender, frozen: tuple[UUID, Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes while the copy is made: what it says it has must be in the copy, or not be said."""
    monkeypatch.setattr(holding, "ASK_EVERY_SECONDS", 0.05)
    (upload_id, part), acknowledged, copy = frozen, [10], storage._copy

    def wake(session: Session) -> None:
        part.write(memoryview(CONTENT[10:20]), 10)
        part.sync()
        upload_locks.advance(session, upload_id=upload_id, owner="frozen", offset=10, new_offset=20)
        acknowledged.append(20)

    def slow(*given: Any) -> None:
        copy(*given)
        assert together.at_once(app, [wake])

    monkeypatch.setattr(storage, "_copy", slow)
    assert sender.stand(upload_id).offset >= acknowledged[-1]
    is_whole(sender, upload_id)


def test_who_got_the_part_while_it_is_copied_keeps_it(
    app: Flask, world: World, sender: Sender, frozen: tuple[UUID, Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow writer lets go while its part is copied, and somebody else goes on with the old one."""
    monkeypatch.setattr(holding, "ASK_EVERY_SECONDS", 0.05)
    (upload_id, part), copy, step_id = frozen, storage._copy, sender.milestone.id

    def go_on(session: Session) -> int:
        mine = Sender(world, session.get_one(Milestone, step_id), session)
        return mine.send(upload_id, 10, CONTENT[10:20]).offset

    def slow(*given: Any) -> None:
        monkeypatch.setattr(storage, "_copy", copy)
        copy(*given)
        part.close()
        assert together.at_once(app, [go_on]) == [20]

    monkeypatch.setattr(storage, "_copy", slow)
    assert sender.stand(upload_id).offset == 20
    is_whole(sender, upload_id)
