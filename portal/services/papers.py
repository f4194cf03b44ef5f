"""Receipts as PDF: drawn once from the frozen snapshot, outside of any transaction, and kept for good."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.adapters import clock, pdf
from portal.adapters.failpoints import failpoint
from portal.db import command, new_id
from portal.models.payment import PaymentMethod
from portal.models.receipt import Receipt, ReceiptPdf
from portal.models.vendor import Vendor
from portal.rules.errors import Unavailable

LOGO_TYPES = ("image/png", "image/jpeg")
log = structlog.get_logger()


def receipt_pdf(session: Session, receipt: Receipt) -> ReceiptPdf:
    """The kept PDF of a receipt; drawn now if nobody did before. Raises Unavailable where PDFs cannot be drawn.

    Ends the session's transaction before drawing. Two that draw at once get the same bytes: the first kept.
    """
    kept = _kept(session, receipt.id)
    if kept is not None:
        return kept
    facts, receipt_id = read(receipt), receipt.id
    logo = _logo(session, receipt.vendor_id, facts["brand"]["logo_sha256"])
    words = _words(receipt, facts) | {"has_logo": bool(logo)}
    # Drawing takes a while; no lock and no snapshot of the database is held meanwhile.
    session.rollback()
    drawn = pdf.draw(
        "receipt", words, languages=tuple(facts["languages"]), colour=facts["brand"]["colour"], pictures=logo
    )
    failpoint("paper.drawn")
    return keep_pdf(session, receipt_id=receipt_id, drawn=drawn)


def draw_missing(session: Session, *, most: int = 50) -> int:
    """Draw receipts that have no PDF yet, oldest first; how many were drawn. One that fails does not stop the rest."""
    without = (
        select(Receipt.id).outerjoin(ReceiptPdf, ReceiptPdf.receipt_id == Receipt.id).where(ReceiptPdf.id.is_(None))
    )
    waiting = session.scalars(without.order_by(Receipt.id).limit(most)).all()
    return sum(_draw_or_log(session, receipt_id) for receipt_id in waiting)


@command
def keep_pdf(session: Session, *, receipt_id: UUID, drawn: bytes) -> ReceiptPdf:
    """Keep the bytes as the receipt's PDF, unless it has one already; the kept one is returned."""
    receipt = session.get_one(Receipt, receipt_id)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {
        "id": new_id(),
        "vendor_id": receipt.vendor_id,
        "receipt_id": receipt_id,
        "pdf": drawn,
        "sha256": hashlib.sha256(drawn).hexdigest(),
        "drawn_at": clock.now(),
    }
    session.execute(insert(ReceiptPdf).values(row).on_conflict_do_nothing(index_elements=[ReceiptPdf.receipt_id]))
    failpoint("paper.keeping")
    return session.scalars(select(ReceiptPdf).where(ReceiptPdf.receipt_id == receipt_id)).one()


def read(receipt: Receipt) -> dict[str, Any]:
    """What is printed, as it was frozen: JSON values only."""
    facts: dict[str, Any] = json.loads(receipt.snapshot)
    return facts


def _draw_or_log(session: Session, receipt_id: UUID) -> bool:
    try:
        receipt_pdf(session, session.get_one(Receipt, receipt_id))
    except Unavailable as error:
        log.warning("receipt_not_drawn", receipt=str(receipt_id), reason=str(error))
    except Exception:
        session.rollback()
        log.exception("receipt_not_drawn", receipt=str(receipt_id))
    else:
        return True
    return False


def _kept(session: Session, receipt_id: UUID) -> ReceiptPdf | None:
    return session.scalar(select(ReceiptPdf).where(ReceiptPdf.receipt_id == receipt_id))


def _logo(session: Session, vendor_id: UUID, sha256: str | None) -> dict[str, bytes]:
    """The logo of the day of issue. Where another took its place meanwhile, the paper shows the initial instead."""
    vendor = session.get_one(Vendor, vendor_id)
    if not sha256 or not vendor.logo or vendor.logo_type not in LOGO_TYPES:
        return {}
    return {"logo": vendor.logo} if hashlib.sha256(vendor.logo).hexdigest() == sha256 else {}


def _words(receipt: Receipt, facts: dict[str, Any]) -> dict[str, Any]:
    return facts | {
        "amount_words": _amount_words(facts),
        "method_label": PaymentMethod(facts["method"]).label,
        "china": int(facts["currency"] == "CNY" or "zh_Hans" in facts["languages"]),
        "snapshot_sha256": receipt.snapshot_sha256,
        "signature": receipt.signature,
    }


def _amount_words(facts: dict[str, Any]) -> list[dict[str, str]]:
    """In each language of the paper; 大写 exists for CNY only, and where a paper has no other words, in English."""
    said = {"zh_Hans": facts["words_zh"], "en": facts["words_en"]}
    chosen = [language for language in facts["languages"] if said.get(language)] or ["en"]
    return [{"language": language, "text": said[language]} for language in chosen]
