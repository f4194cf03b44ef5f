"""Disk and database compared, at the start and now and then: what can be set right is, what nobody knows is set aside.

Nothing is deleted but what the database says is over (cancelled, expired, taken back). Files without a row go to the
quarantine; rows without their file are reported, for only a backup can help there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.adapters import clock, outside
from portal.adapters.storage import Found, LocalStorage
from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.models.message import Attachment
from portal.models.payment import Proof
from portal.services import mending, uploads
from portal.services.mending import Mended

# Another request may be between making a file and writing its row; a form keeps a proof for a day before it is sent.
YOUNG_SECONDS = 600
UNREPORTED_SECONDS = 25 * 60 * 60
# A proof not yet named, and what a frozen writer is parted from: see adapters/storage.py.
HALF_MADE = (".proof", ".copy")
log = structlog.get_logger()


@dataclass(slots=True)
class Report:
    """What was found: counts of what was done, files set aside, and stored files that are missing or damaged."""

    done: Counter[str] = field(default_factory=Counter)
    set_aside: list[str] = field(default_factory=list)
    missing: list[UUID] = field(default_factory=list)
    damaged: list[UUID] = field(default_factory=list)

    @property
    def unexplained(self) -> int:
        """How many things do not fit together and could not be explained; zero is the only good answer."""
        return len(self.set_aside) + len(self.missing) + len(self.damaged) + self.done[Mended.LOST]


def run(session: Session) -> Report:
    """Compare and repair everything. Safe at any time and in several processes: uploads at work are left alone."""
    storage, report = outside.of(session).storage, Report()
    storage.prepare()
    report.done["expired"] += len(uploads.expire(session))
    _mend_uploads(session, report)
    _sweep_parts(session, storage, report)
    _compare_files(session, storage, report)
    _compare_proofs(session, storage, report)
    session.rollback()
    if report.unexplained:
        log.error("storage_unexplained", set_aside=report.set_aside, missing=_words(report.missing),
                  damaged=_words(report.damaged), lost=report.done[Mended.LOST])  # fmt: skip
    return report


def _mend_uploads(session: Session, report: Report) -> None:
    running = list(session.scalars(select(Upload.id).where(Upload.state == UploadState.RECEIVING)))
    session.rollback()
    for upload_id in running:
        done = mending.mend(session, upload_id=upload_id)
        if done is not Mended.NOTHING:
            report.done[done] += 1


def _sweep_parts(session: Session, storage: LocalStorage, report: Report) -> None:
    states = {row.id: row.state for row in session.execute(select(Upload.id, Upload.state))}
    for part in storage.parts():
        state = states.get(part.id) if part.id else None
        if state is UploadState.RECEIVING:
            continue
        if state is not None and part.id is not None:
            storage.discard_part(part.id)
            report.done["swept"] += 1
        elif _is_left_over(part):
            _put_away(storage, part, report)
        else:
            _set_aside(storage, part, report)


def _is_left_over(part: Found) -> bool:
    """Whether a process that died is explanation enough: a place it never reserved, or a copy it never finished."""
    return (part.size == 0 and part.id is not None) or part.path.suffix in HALF_MADE


def _put_away(storage: LocalStorage, part: Found, report: Report) -> None:
    if _age(part) > YOUNG_SECONDS:
        storage.set_aside(part.path)
        report.done["left_over"] += 1


def _compare_files(session: Session, storage: LocalStorage, report: Report) -> None:
    # A file may be stored, and its row written, while we look. In this order it is in one of those that follow.
    found = {file.id or file.path: file for file in storage.stored()}
    running = set(session.scalars(select(Upload.id).where(Upload.state == UploadState.RECEIVING)))
    session.rollback()
    for row in _expected(session):
        file = found.pop(row.id, None)
        if file is None:
            report.missing.extend([] if storage.path(row.id).exists() else [row.id])
        elif file.size != row.bytes:
            report.damaged.append(row.id)
    for file_id in _over(session):
        storage.discard(file_id)
        report.done["swept"] += found.pop(file_id, None) is not None
    for file in found.values():
        if file.id not in running:
            _set_aside(storage, file, report)


def _expected(session: Session) -> Iterable[Row[UUID, int]]:
    """What has to be there. Files that wait for a message first: they may be sent, and found again, while we look."""
    waiting = select(Upload.id, Upload.length_bytes.label("bytes")).where(uploads.unsent())
    delivered = select(Deliverable.id, Deliverable.bytes).where(Deliverable.removed_at.is_(None))
    sent = select(Attachment.id, Attachment.bytes).where(Attachment.is_small.is_(False))
    return [row for each in (waiting, delivered, sent) for row in session.execute(each)]


def _over(session: Session) -> Iterable[UUID]:
    """What may be there no more: taken back, or given up when it was stored already."""
    taken_back = select(Deliverable.id).where(Deliverable.removed_at.is_not(None))
    given_up = select(Upload.id).where(Upload.state.in_(uploads.OVER))
    return [*session.scalars(taken_back), *session.scalars(given_up)]


def _compare_proofs(session: Session, storage: LocalStorage, report: Report) -> None:
    found = {file.id or file.path: file for file in storage.small()}
    attached = select(Attachment.id, Attachment.bytes).where(Attachment.is_small.is_(True))
    for row in (*session.execute(select(Proof.id, Proof.bytes)), *session.execute(attached)):
        file = found.pop(row.id, None)
        if file is not None and file.size != row.bytes:
            report.damaged.append(row.id)
        elif file is None and not (storage.proofs / str(row.id)).exists():
            report.missing.append(row.id)
    for file in found.values():
        if _age(file) > UNREPORTED_SECONDS:
            storage.set_aside(file.path)
            report.done["unreported"] += 1


def _age(file: Found) -> float:
    return clock.now().timestamp() - file.modified


def _set_aside(storage: LocalStorage, file: Found, report: Report) -> None:
    if _age(file) > YOUNG_SECONDS:
        report.set_aside.append(str(storage.set_aside(file.path).name))


def _words(ids: Iterable[UUID]) -> list[str]:
    return [str(each) for each in ids]
