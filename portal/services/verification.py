"""Is everything as it was written down? Changes nothing, and says every contradiction it finds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adapters import digests, outside
from portal.adapters.storage import Damaged, Missing
from portal.models.deliverable import Deliverable
from portal.models.entry import Entry
from portal.models.message import Attachment
from portal.models.outbox import Notice
from portal.models.payment import Payment, Proof
from portal.models.project import Project
from portal.models.receipt import Counter, Receipt, ReceiptPdf
from portal.queries import present
from portal.rules import chain, numbering, replay


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not right, and in which project (None: in the installation)."""

    project_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, and what is wrong with it."""

    projects: int
    entries: int
    findings: list[Finding]


def verify(session: Session, *, project: Project | None = None, files: bool = False) -> Verdict:
    """Check one project, or all of them and the numbers of their papers; with `files`, read every stored byte too."""
    _hold_still(session)
    chosen = [project.id] if project is not None else list(session.scalars(select(Project.id).order_by(Project.id)))
    findings: list[Finding] = []
    entries = 0
    for project_id in chosen:
        mine = session.get_one(Project, project_id)
        entries += mine.head_seq
        checks = _project(session, mine, files=files)
        findings += [Finding(project_id, reason) for reason in checks]
    if project is None:
        findings += [Finding(None, reason) for reason in _numbers(session)]
    session.rollback()
    return Verdict(len(chosen), entries, findings)


def _hold_still(session: Session) -> None:
    """One snapshot for all statements, so that what is written meanwhile contradicts nothing."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _project(session: Session, project: Project, *, files: bool) -> Iterator[str]:
    receipts = list(session.scalars(select(Receipt).where(Receipt.project_id == project.id).order_by(Receipt.number)))
    yield from _record(session, project, _anchors(session, project, receipts))
    for receipt in receipts:
        yield from _receipt(session, receipt)
    if files:
        yield from _stored(session, project)


def _record(session: Session, project: Project, anchors: list[tuple[int, str]]) -> Iterator[str]:
    mine = select(Entry).where(Entry.vendor_id == project.vendor_id, Entry.project_id == project.id)
    entries = list(session.scalars(mine.order_by(Entry.seq)))
    rows = [(entry.seq, entry.body, entry.prev, entry.hash) for entry in entries]
    wrong = chain.verify(str(project.id), rows, heads=dict(anchors))
    if wrong is not None:
        yield f"Entry {wrong.seq} of the record: {wrong.reason}"
    yield from _contradicting(anchors)
    last = (rows[-1][0], rows[-1][3]) if rows else (0, chain.GENESIS)
    if (project.head_seq, project.head_hash) != last:
        yield f"The record ends at entry {last[0]}, but the project names entry {project.head_seq} or another hash."
    if wrong is None:
        yield from _told(session, project, entries)


def _told(session: Session, project: Project, entries: Iterable[Entry]) -> Iterator[str]:
    recorded: replay.Facts = {}
    for entry in entries:
        try:
            body = json.loads(entry.body)
            replay.tell(recorded, body)
        except (AttributeError, KeyError, TypeError, ValueError):
            yield f"Entry {entry.seq} of the record cannot follow from those before it."
            continue
        milestone = str(entry.milestone_id) if entry.milestone_id else None
        if (body.get("kind"), body.get("milestone")) != (entry.kind, milestone):
            yield f"Entry {entry.seq} of the record is filed as something else than it says."
    yield from replay.differences(recorded, present.facts(session, project))
    if project.terms is not None and _sha256(project.terms.encode()) != project.terms_sha256:
        yield "The terms do not match their hash."


def _anchors(session: Session, project: Project, receipts: Iterable[Receipt]) -> list[tuple[int, str]]:
    """Heads that left the record: printed on receipts (whose signature is ours) and sent with notices."""
    keys = outside.of(session).keys
    signed = [receipt for receipt in receipts if keys.genuine(receipt.snapshot_sha256.encode(), receipt.signature)]
    heads = {json.loads(receipt.snapshot)["head"] for receipt in signed}
    heads |= set(session.scalars(select(Notice.head).where(Notice.project_id == project.id).distinct()))
    return sorted(_head(text) for text in heads)


def _contradicting(anchors: list[tuple[int, str]]) -> Iterator[str]:
    for (seq, one), (other_seq, other) in pairwise(anchors):
        if seq == other_seq and one != other:
            yield f"Two papers or notices name different heads for entry {seq} of the record."


def _receipt(session: Session, receipt: Receipt) -> Iterator[str]:
    name, digest = f"Receipt {receipt.label}", _sha256(receipt.snapshot.encode())
    if digest != receipt.snapshot_sha256:
        yield f"{name}: its contents do not match their hash."
    if not outside.of(session).keys.genuine(digest.encode(), receipt.signature):
        yield f"{name}: its signature is not from this installation."
    printed = json.loads(receipt.snapshot).get("number")
    if not printed == receipt.label == numbering.label(receipt.series, receipt.number):
        yield f"{name}: its number is not the one printed on it."
    for pdf in session.scalars(select(ReceiptPdf).where(ReceiptPdf.receipt_id == receipt.id)):
        if _sha256(pdf.pdf) != pdf.sha256:
            yield f"{name}: its PDF does not match its hash."


def _numbers(session: Session) -> Iterator[str]:
    """Numbers run from 1 without a gap in each series, up to where the counter stands."""
    given: dict[tuple[UUID, str], list[int]] = {}
    rows = select(Receipt.vendor_id, Receipt.series, Receipt.number).order_by(Receipt.number)
    for vendor_id, series, number in session.execute(rows):
        given.setdefault((vendor_id, series), []).append(number)
    counters = {(row.vendor_id, row.series): row.value for row in session.scalars(select(Counter))}
    for key in sorted(given.keys() | counters.keys(), key=str):
        last = counters.get(key, 0)
        if given.get(key, []) != list(range(1, last + 1)):
            yield f"The receipts of the series {key[1]} are not numbered from 1 to {last} without a gap."


def _stored(session: Session, project: Project) -> Iterator[str]:
    storage = outside.of(session).storage
    files = select(Deliverable).where(Deliverable.project_id == project.id, Deliverable.removed_at.is_(None))
    for file in session.scalars(files.order_by(Deliverable.id)):
        yield from _bytes(f"File {file.id}", partial(storage.open, file.id, file.bytes), file.sha256)
    proofs = select(Proof).join(Payment, Payment.id == Proof.payment_id).where(Payment.project_id == project.id)
    for proof in session.scalars(proofs.order_by(Proof.id)):
        yield from _bytes(f"Proof {proof.id}", partial(storage.open_small, proof.id, proof.bytes), proof.sha256)
    sent = select(Attachment).where(Attachment.project_id == project.id).order_by(Attachment.id)
    for each in session.scalars(sent):
        opens = storage.open_small if each.is_small else storage.open
        yield from _bytes(f"Attachment {each.id}", partial(opens, each.id, each.bytes), each.sha256)


def _bytes(name: str, opening: Callable[[], BinaryIO], sha256: str) -> Iterator[str]:
    try:
        with opening() as file:
            digest = digests.of_file(file)
    except Missing:
        yield f"{name} is not in storage."
    except Damaged:
        yield f"{name} does not have the size it was stored with."
    else:
        if digest != sha256:
            yield f"{name} is not what was stored: its hash is another."


def _head(text: str) -> tuple[int, str]:
    seq, _, digest = text.partition(":")
    return int(seq), digest


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
