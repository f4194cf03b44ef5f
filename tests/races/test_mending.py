"""Uploads that are mended, or taken from a writer that froze, while somebody goes on with them (D5, D12)."""

from __future__ import annotations

import hashlib
import threading
import time
from uuid import UUID

import pytest
from flask import Flask

from portal.models.deliverable import Deliverable
from portal.rules import tus
from portal.services import mending
from portal.services.mending import Mended
from tests import scale
from tests.senders import Sender
from tests.worlds import World, fresh_session

PIECES, PIECE = scale.cases(60, full=3000), 16
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
