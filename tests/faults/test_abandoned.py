"""Uploads that nobody goes on with: after a day place and room are there again, and stored files as they were (D13)."""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select

from portal.adapters import clock
from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.rules.errors import Conflict, NoSpace
from portal.rules.tus import Gone
from portal.services import reconciliation, uploads
from portal.services.reserving import Limits
from tests import scale
from tests.faults import invariants
from tests.senders import Sender
from tests.worlds import World

CASES = scale.cases(3, full=10)
DAY = timedelta(hours=24)
pytestmark = [pytest.mark.scaled]


def test_what_was_abandoned_gives_place_and_room_back_and_touches_no_stored_file(world: World) -> None:
    chance = scale.chance("abandoned")
    for _ in range(CASES):
        one_case(world, chance)
    scale.figure("D13", f"uploads abandoned for a day, {world.session.get_bind().dialect.name}", cases=CASES)


def one_case(world: World, chance: random.Random) -> None:
    """A milestone with stored files and others that never came to their end."""
    sender = Sender(world, world.milestone(world.project()))
    stored = {sender.upload(f"kept {n}.bin", chance.randbytes(500)).id: n for n in range(chance.randint(1, 3))}
    before = digests(sender, list(stored))
    left = [abandon(sender, chance, n) for n in range(5 - len(stored))]
    with pytest.raises(Conflict):
        sender.begin("one too many.bin")
    last_sign = clock.now()
    with time_machine.travel(last_sign + DAY - timedelta(minutes=5)):
        assert uploads.expire(world.session) == []
        with pytest.raises(Conflict):
            sender.begin("one too many.bin")
    with time_machine.travel(last_sign + DAY + timedelta(hours=1)):
        room_is_back(sender, chance, left)
        assert digests(sender, list(stored)) == before
        invariants.hold(world.session)
        assert reconciliation.run(world.session).unexplained == 0


def abandon(sender: Sender, chance: random.Random, n: int) -> UUID:
    """Begun, and left at any point before its end."""
    length = chance.randint(100, 1000)
    upload_id = sender.begin(f"left {n}.bin", length)
    if sent := chance.randrange(length):
        sender.send(upload_id, 0, chance.randbytes(sent))
    return upload_id


def room_is_back(sender: Sender, chance: random.Random, left: list[UUID]) -> None:
    """Whichever way it is noticed: by the clock's job, by the start of the server, or by somebody who needs it."""
    notice = chance.choice([uploads.expire, reconciliation.run])
    notice(sender.session)
    for upload_id in left:
        assert not sender.storage.has_part(upload_id)
        with pytest.raises(Gone):
            sender.stand(upload_id)
    states = select(func.count()).select_from(Upload).where(Upload.state == UploadState.RECEIVING)
    assert sender.session.scalar(states) == 0
    for n in range(len(left)):
        sender.upload(f"new {n}.bin", b"something else")


def digests(sender: Sender, files: list[UUID]) -> dict[UUID, str]:
    """Of stored files, from the disk."""
    found = {}
    for file_id in files:
        size = sender.session.get_one(Deliverable, file_id).bytes
        with sender.storage.open(file_id, size) as file:
            found[file_id] = hashlib.sha256(file.read()).hexdigest()
    return found


def test_room_promised_to_an_abandoned_upload_is_promised_to_somebody_else_after_a_day(world: World, monkeypatch):
    sender = Sender(world, world.milestone(world.project()))
    monkeypatch.setattr(type(sender.storage), "room", lambda _self: (1000, 100_000))
    sender.begin("large.bin", 900, limits=Limits(keep_free=0))
    with pytest.raises(NoSpace):
        sender.begin("second.bin", 900, limits=Limits(keep_free=0))
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        uploads.expire(world.session)
        assert sender.begin("second.bin", 900, limits=Limits(keep_free=0))
