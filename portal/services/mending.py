"""What disk and database disagree about in one upload, set right. Nothing acknowledged is given up without need."""

from __future__ import annotations

import contextlib
import hashlib
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from portal.access.actor import SystemActor
from portal.adapters import outside, sniffing
from portal.adapters.storage import Damaged, Held, LocalStorage, Missing
from portal.models.deliverable import UploadState
from portal.rules.errors import Conflict
from portal.rules.tus import Gone
from portal.services import uploads
from portal.services.uploads import Slip

log = structlog.get_logger()


class Mended(StrEnum):
    """What had to be done."""

    NOTHING = "nothing"
    CUT = "cut"
    ADOPTED = "adopted"
    LOST = "lost"
    GIVEN_UP = "given_up"


def mend(session: Session, *, upload_id: UUID) -> Mended:
    """Bring part, stored file and row of one upload together. An upload somebody is writing to is left alone."""
    storage = outside.of(session).storage
    try:
        return _fit(session, storage, upload_id)
    except Missing:
        return _without_part(session, storage, upload_id)
    except (Held, Gone):
        return Mended.NOTHING


def _fit(session: Session, storage: LocalStorage, upload_id: UUID) -> Mended:
    """The part may be longer than what was acknowledged (a crash before the sync), never shorter."""
    with storage.open_part(upload_id) as part:
        # Looked at only now: while the part is ours nobody acknowledges bytes in it.
        slip = _look(session, upload_id)
        if slip.state is not UploadState.RECEIVING or not part.is_current:
            return Mended.NOTHING
        if part.size < slip.offset:
            log.error("upload_lost_bytes", upload=str(slip.id), acknowledged=slip.offset, found=part.size)
            uploads.set_back(session, upload_id=slip.id, offset=part.size)
            return Mended.LOST
        surplus = part.size > slip.offset
        part.cut(slip.offset)
        return Mended.CUT if surplus else Mended.NOTHING


def _without_part(session: Session, storage: LocalStorage, upload_id: UUID) -> Mended:
    try:
        slip = _look(session, upload_id)
        if slip.state is not UploadState.RECEIVING:
            return Mended.NOTHING
        return _adopt(session, storage, slip) if slip.whole else _start_over(session, storage, slip)
    except (Held, Missing, Gone):
        return Mended.NOTHING


def _look(session: Session, upload_id: UUID) -> Slip:
    slip = uploads.look(session, upload_id=upload_id)
    session.rollback()
    return slip


def _adopt(session: Session, storage: LocalStorage, slip: Slip) -> Mended:
    """The file was stored, but the server stopped before it said so. The row is made up for."""
    try:
        sha256, head = _read(storage, slip)
    except (Missing, Damaged):
        return _start_over(session, storage, slip)
    kind = sniffing.media_type(head)
    try:
        uploads.finish(session, upload_id=slip.id, by=SystemActor(), sha256=sha256, media_type=kind)
    except (Conflict, Gone):
        uploads.abandon(session, upload_id=slip.id)
        return Mended.GIVEN_UP
    return Mended.ADOPTED


def _start_over(session: Session, storage: LocalStorage, slip: Slip) -> Mended:
    with contextlib.suppress(FileExistsError):
        storage.create_part(slip.id)
    return _fit(session, storage, slip.id)


def _read(storage: LocalStorage, slip: Slip) -> tuple[str, bytes]:
    state, head = hashlib.sha256(), b""
    with storage.open(slip.id, slip.length) as file:
        while piece := file.read(1 << 20):
            state.update(piece)
            head = head or piece[: sniffing.HEAD_BYTES]
    return state.hexdigest(), head
