"""Having an upload to oneself: its part and its lock, got from whoever had them, and what is known of it then."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal.adapters import outside
from portal.adapters.digests import Digest
from portal.adapters.storage import Held, LocalStorage, Missing, Part
from portal.models.deliverable import UploadState
from portal.rules.tus import Busy
from portal.rules.wording import N_
from portal.services import upload_locks, uploads
from portal.services.uploads import Slip

PATIENCE_SECONDS = 5
ASK_EVERY_SECONDS = 1
LOOK_EVERY_SECONDS = 0.03
RENEW_EVERY_PIECES = 256


@dataclass(frozen=True, slots=True)
class Hold:
    """The part is open and ours; `slip` was read after that, so nobody moves its offset but us."""

    part: Part
    slip: Slip
    owner: str


@contextmanager
def holding(session: Session, upload_id: UUID) -> Iterator[Hold]:
    """Have the upload alone. A writer at work is asked to let go, and does so within seconds, after saving what it got.

    Raises Busy when it does not, Gone when the upload is over, storage.Missing when acknowledged bytes are not there.
    """
    while True:
        part, owner = _open(session, upload_id), secrets.token_hex(16)
        with part:
            slip = upload_locks.take(session, upload_id=upload_id, owner=owner)
            # Somebody else may have put a copy in its place just before, thinking of the writer we got it from.
            if slip.state is UploadState.RECEIVING and not part.is_current:
                continue
            if part.size < slip.offset:
                raise Missing(part.path.name)
            yield Hold(part, slip, owner)
            return


def digest(session: Session, hold: Hold) -> Digest:
    """The hash of everything acknowledged: from memory, or by one reading of the part."""
    known = outside.of(session).storage.digests.get(hold.slip.id, hold.slip.offset)
    if known is not None:
        return known
    state = hashlib.sha256()
    for number, piece in enumerate(hold.part.read(0, hold.slip.offset), start=1):
        state.update(piece)
        if number % RENEW_EVERY_PIECES == 0:
            upload_locks.renew(session, upload_id=hold.slip.id, owner=hold.owner)
    return state


def _open(session: Session, upload_id: UUID) -> Part:
    storage, begun, asked = outside.of(session).storage, time.monotonic(), -float("inf")
    while True:
        try:
            return storage.open_part(upload_id)
        except Held:
            waited = time.monotonic() - begun
        if waited > PATIENCE_SECONDS:
            raise Busy(N_("Another request goes on with this upload. Try again in a moment."))
        if waited - asked > ASK_EVERY_SECONDS:
            _urge(session, storage, upload_id, waited)
            asked = waited
        time.sleep(LOOK_EVERY_SECONDS)


def _urge(session: Session, storage: LocalStorage, upload_id: UUID, waited: float) -> None:
    """Ask for it; from a process that froze, take it: what it writes when it wakes, it writes where nobody reads.

    Who got the part a moment ago has not renewed the lock yet, so nobody is taken for frozen in the first second.
    """
    upload_locks.ask(session, upload_id=upload_id)
    uploads.look(session, upload_id=upload_id)
    session.rollback()
    if waited > ASK_EVERY_SECONDS:
        _take_from_frozen(session, storage, upload_id)


def _take_from_frozen(session: Session, storage: LocalStorage, upload_id: UUID) -> None:
    """First its right to acknowledge, then the part. Of several who try, one gets it, and nothing acknowledged is lost
    when the writer was only slow, or somebody else takes the part while the copy is made."""
    # Named like one that was asked already: it lets go as soon as it can, and asking again must not end its lease.
    owner, pieces = secrets.token_hex(16) + upload_locks.ASKED, itertools.count(1)
    offset = upload_locks.displace(session, upload_id=upload_id, owner=owner)
    if offset is None:
        return

    def exchange(rename: Callable[[], object]) -> None:
        upload_locks.exchange(session, upload_id=upload_id, owner=owner, rename=rename)

    def pulse() -> None:
        if next(pieces) % RENEW_EVERY_PIECES == 0:
            upload_locks.renew(session, upload_id=upload_id, owner=owner)

    # Without a part it became a file meanwhile: whoever looks for it next will see.
    with suppress(FileNotFoundError):
        storage.detach_part(upload_id, offset, exchange=exchange, pulse=pulse)
