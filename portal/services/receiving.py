"""Bytes arriving (reliability.md §2): written, hashed, synced, only then acknowledged; at the end, a stored file."""

from __future__ import annotations

import errno
import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.adapters import clock, outside, sniffing
from portal.adapters.digests import Digest, DigestBeside
from portal.adapters.failpoints import failpoint
from portal.adapters.storage import Missing
from portal.db import new_id
from portal.models.deliverable import UploadState
from portal.models.milestone import Milestone
from portal.rules.errors import Conflict, Forbidden, NoSpace, TooLarge
from portal.rules.tus import Checksum, ChecksumMismatch, Gone
from portal.rules.wording import N_
from portal.services import holding, mending, reserving, upload_locks, uploads
from portal.services.holding import Hold
from portal.services.readings import About
from portal.services.reserving import Announced, Limits
from portal.services.uploads import LIFETIME, Slip

GROUP_BYTES = 64 << 20
PULSE_SECONDS = 2
IDLE_SECONDS = 60
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What one request brings: where its bytes belong, how many it announces (None: unknown), and the bytes.

    `pieces` yields them as they come, and None each time nothing came for a moment; it ends early when the sender is
    gone. A piece stays as it is until `digests.AHEAD` more have come. `still_here` tells whether the sender may go on.
    With a `checksum` all of it counts, or nothing.
    """

    offset: int
    announced: int | None
    pieces: Iterable[memoryview | None]
    still_here: Callable[[], bool]
    checksum: Checksum | None = None


def begin(session: Session, *, actor: Actor, milestone: Milestone, announced: Announced, limits: Limits) -> Slip:
    """A place for a file of a milestone on its way, and its part. Raises as `reserving.for_milestone` does."""
    reserve = partial(reserving.for_milestone, session, actor=actor, milestone=milestone, limits=limits)
    return _begin(session, actor, announced, reserve)


def begin_attachment(session: Session, *, actor: Actor, about: About, announced: Announced, limits: Limits) -> Slip:
    """The same for a file that will go with a message. Raises as `reserving.for_message` does."""
    reserve = partial(reserving.for_message, session, actor=actor, about=about, limits=limits)
    return _begin(session, actor, announced, reserve)


def receive(session: Session, *, by: Actor, upload_id: UUID, incoming: Incoming) -> Slip:
    """Take the bytes of one request, and store the file if they were the last. Returns where the upload stands.

    Raises Conflict when they do not continue what is there or somebody else goes on, TooLarge when they are too many,
    ChecksumMismatch, NoSpace, Forbidden when the sender may not go on, Gone, and tus.Busy.
    """
    try:
        with holding.holding(session, upload_id) as hold:
            _require_fitting(hold.slip, incoming)
            with DigestBeside(holding.digest(session, hold)) as digest:
                writer = _Writer(session, hold, incoming, digest)
                writer.run()
            if writer.position < hold.slip.length:
                return replace(hold.slip, offset=writer.position, expires_at=clock.now() + LIFETIME)
            return _complete(session, by, hold, digest.state)
    except Missing:
        slip = _repaired(session, upload_id)
    # Stored, perhaps by a request whose answer was lost; or begun again.
    _require_fitting(slip, incoming)
    if slip.state is not UploadState.STORED:
        raise Conflict(N_("Ask where the upload stands and go on from there."))
    return slip


def stand(session: Session, *, by: Actor, upload_id: UUID) -> Slip:
    """Where the upload stands, after whoever was writing has let go. One that is whole becomes a file first."""
    try:
        with holding.holding(session, upload_id) as hold:
            if not hold.slip.whole:
                return hold.slip
            return _complete(session, by, hold, holding.digest(session, hold))
    except Missing:
        return _repaired(session, upload_id)


def _begin(session: Session, actor: Actor, announced: Announced, reserve: Callable[..., object]) -> Slip:
    """A file without bytes is stored at once."""
    storage, upload_id = outside.of(session).storage, new_id()
    uploads.expire(session)
    # The part first: a row without a part would keep a place that nobody can use.
    storage.create_part(upload_id)
    try:
        reserve(upload_id=upload_id, announced=announced)
    except BaseException:
        storage.discard_part(upload_id)
        raise
    failpoint("upload.reserved")
    if announced.length == 0:
        return stand(session, by=actor, upload_id=upload_id)
    return uploads.look(session, upload_id=upload_id)


def _repaired(session: Session, upload_id: UUID) -> Slip:
    mending.mend(session, upload_id=upload_id)
    slip = uploads.look(session, upload_id=upload_id)
    session.rollback()
    return slip


def _require_fitting(slip: Slip, incoming: Incoming) -> None:
    if incoming.offset != slip.offset:
        raise Conflict(
            N_("These bytes do not continue what is here. Ask where the upload stands and go on from there.")
        )
    if incoming.announced is not None and incoming.offset + incoming.announced > slip.length:
        raise _too_many()


def _too_many() -> TooLarge:
    return TooLarge(N_("There are more bytes than were announced. The file may have changed; upload it again."))


def _complete(session: Session, by: Actor, hold: Hold, digest: Digest) -> Slip:
    storage, upload_id = outside.of(session).storage, hold.slip.id
    kind = sniffing.media_type(b"".join(hold.part.read(0, sniffing.HEAD_BYTES)))
    hold.part.sync()
    storage.keep(upload_id, upload_id)
    storage.digests.drop(upload_id)
    try:
        uploads.finish(session, upload_id=upload_id, by=by, sha256=digest.hexdigest(), media_type=kind)
    except (Conflict, Gone):
        # The milestone was closed, or the upload cancelled, while the last bytes came.
        uploads.abandon(session, upload_id=upload_id)
        raise
    failpoint("upload.stored")
    return replace(hold.slip, offset=hold.slip.length, state=UploadState.STORED)


def _hasher(checksum: Checksum | None) -> Digest | None:
    return hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None


class _Writer:
    """Puts the pieces of one request on disk and acknowledges them in groups."""

    def __init__(self, session: Session, hold: Hold, incoming: Incoming, digest: DigestBeside) -> None:
        self.session, self.hold, self.incoming, self.digest = session, hold, incoming, digest
        self.storage = outside.of(session).storage
        self.check = _hasher(incoming.checksum)
        self.recorded = self.position = hold.slip.offset
        self.pulsed = time.monotonic()

    def run(self) -> None:
        """Take everything there is to take; what came whole is kept, however it ends."""
        self.hold.part.cut(self.recorded)
        try:
            self._take_all()
            self._verify()
            self._acknowledge()
        except OSError as error:
            # After a failed sync nothing that was not acknowledged can be trusted to be there: it is written again.
            self.hold.part.cut(self.recorded)
            if error.errno not in _FULL:
                raise
            raise NoSpace(N_("The server’s disk is full. The upload can go on once there is room.")) from error

    def _take_all(self) -> None:
        heard = time.monotonic()
        for piece in self.incoming.pieces:
            now = time.monotonic()
            if piece is not None:
                heard = now
                self._write(piece)
            elif now - heard > IDLE_SECONDS:
                return
            if now - self.pulsed > PULSE_SECONDS:
                self.pulsed = now
                self._pulse()

    def _write(self, piece: memoryview) -> None:
        if self.position + len(piece) > self.hold.slip.length:
            raise _too_many()
        try:
            self.hold.part.write(piece, self.position)
        except OSError:
            # The disk is full; what fitted before is whole.
            self._acknowledge()
            raise
        self.position += len(piece)
        self.digest.update(piece)
        if self.check is not None:
            self.check.update(piece)
        elif self.position - self.recorded >= GROUP_BYTES:
            self._acknowledge()
            self._require_presence()

    def _pulse(self) -> None:
        """Keep the lock; let go when somebody waits for it, stop when the sender may not go on."""
        if not upload_locks.renew(self.session, upload_id=self.hold.slip.id, owner=self.hold.owner):
            self._acknowledge()
            raise Conflict(N_("Another request goes on with this upload."))
        self._require_presence()

    def _require_presence(self) -> None:
        if not self.incoming.still_here():
            raise Forbidden(N_("You are not logged in any more, so the upload stopped."))

    def _verify(self) -> None:
        if self.check is None:
            return
        if self.incoming.checksum is None or self.check.hexdigest() != self.incoming.checksum.digest.hex():
            self.hold.part.cut(self.recorded)
            raise ChecksumMismatch(N_("These bytes were damaged on the way. Send them again."))
        self.check = None

    def _acknowledge(self) -> None:
        if self.position == self.recorded or self.check is not None:
            return
        self.hold.part.sync()
        upload_locks.advance(
            self.session,
            upload_id=self.hold.slip.id,
            owner=self.hold.owner,
            offset=self.recorded,
            new_offset=self.position,
        )
        self.recorded = self.position
        self.storage.digests.put(self.hold.slip.id, self.position, self.digest.state)
        failpoint("upload.recorded")
