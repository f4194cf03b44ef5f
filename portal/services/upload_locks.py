"""Who writes to an upload: a lock with an owner and an expiry, and the offset that only its owner moves.

The lock in the database says who may acknowledge bytes; the one on the part (adapters/parts.py) who may write them. It
is taken after the part is held, kept alive every few seconds, and given up when somebody asks for it. Nobody has to
release it: whoever holds the part next may take it. An owner whose process froze neither renews nor lets go of the
part: once its time is over, the part is replaced under its hands.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.db import command
from portal.models.deliverable import Upload, UploadState
from portal.rules.errors import Conflict
from portal.rules.wording import N_
from portal.services import uploads
from portal.services.uploads import LIFETIME, Slip

LEASE = timedelta(seconds=10)
ASKED = " yield"


@command
def take(session: Session, *, upload_id: UUID, owner: str) -> Slip:
    """Become the owner of the upload whose part the caller holds; whoever was it before can acknowledge nothing more.

    Raises Gone when the upload is over and left no file.
    """
    mine = _receiving(upload_id).where(Upload.expires_at > clock.now())
    taken = mine.values(lock_owner=owner, lock_until=clock.now() + LEASE).returning(*uploads.slip_columns())
    row = session.execute(taken.execution_options(synchronize_session=False)).first()
    return Slip(**row._asdict()) if row is not None else uploads.look(session, upload_id=upload_id)


@command
def renew(session: Session, *, upload_id: UUID, owner: str) -> bool:
    """Keep the lock for another while; False when the upload is over, taken, or someone asked for it."""
    held = _receiving(upload_id).where(Upload.lock_owner == owner)
    return _touched(session, held.values(lock_until=clock.now() + LEASE))


@command
def displace(session: Session, *, upload_id: UUID, owner: str) -> int | None:
    """Become the owner in place of one whose time is over, who acknowledges nothing from now on.

    Returns the offset, or None when there is no such owner any more.
    """
    now = clock.now()
    lapsed = _receiving(upload_id).where(Upload.lock_until < now)
    taken = lapsed.values(lock_owner=owner, lock_until=now + LEASE).returning(Upload.offset_bytes)
    offset: int | None = session.scalar(taken.execution_options(synchronize_session=False))
    return offset


@command
def exchange(session: Session, *, upload_id: UUID, owner: str, rename: Callable[[], object]) -> None:
    """Do `rename` if `owner` still is the owner. Nobody becomes it meanwhile: `take` waits for this transaction."""
    mine = _receiving(upload_id).where(_owned(owner))
    if _touched(session, mine.values(lock_until=clock.now() + LEASE)):
        rename()


@command
def ask(session: Session, *, upload_id: UUID) -> None:
    """Ask whoever writes to let go: seen at their next renewal."""
    held = _receiving(upload_id).where(Upload.lock_owner.is_not(None), Upload.lock_owner.not_like(f"%{ASKED}"))
    _touched(session, held.values(lock_owner=Upload.lock_owner + ASKED))


@command
def advance(session: Session, *, upload_id: UUID, owner: str, offset: int, new_offset: int) -> None:
    """Acknowledge the bytes up to `new_offset`, which are on disk. Raises Conflict when someone else has the upload."""
    now = clock.now()
    mine = _receiving(upload_id).where(_owned(owner), Upload.offset_bytes == offset)
    values = {"offset_bytes": new_offset, "expires_at": now + LIFETIME, "lock_until": now + LEASE}
    if not _touched(session, mine.values(values)):
        raise Conflict(N_("Another request goes on with this upload."))


def _receiving(upload_id: UUID) -> Any:
    return update(Upload).where(Upload.id == upload_id, Upload.state == UploadState.RECEIVING)


def _owned(owner: str) -> ColumnElement[bool]:
    return Upload.lock_owner.in_((owner, owner + ASKED))


def _touched(session: Session, statement: Any) -> bool:
    quiet = statement.returning(Upload.id).execution_options(synchronize_session=False)
    return session.execute(quiet).first() is not None
