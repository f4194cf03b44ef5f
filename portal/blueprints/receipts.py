"""Receipts: the page, and the paper itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext as _

from portal.access import doors
from portal.access.policy import Action, authorize
from portal.models.receipt import Receipt
from portal.queries import receipts as reads
from portal.rules import filenames
from portal.services import papers
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.installation import db

bp = Blueprint("receipts", __name__)


@bp.get("/receipts/<uuid:receipt_id>")
@who(Who.PARTY)
def show(receipt_id: UUID) -> Any:
    """What the receipt says, in the reader's language."""
    receipt = _found(receipt_id)
    return render_template("receipts/show.html", receipt=reads.page(db(), receipt))


@bp.get("/receipts/<uuid:receipt_id>.pdf")
@who(Who.PARTY)
def download(receipt_id: UUID) -> Response:
    """The kept bytes, drawn now if the job has not come to it yet."""
    receipt = _found(receipt_id)
    name = _("Receipt %(number)s", number=receipt.label)
    kept = papers.receipt_pdf(db(), receipt)
    response = make_response(kept.pdf)
    response.content_type = "application/pdf"
    response.headers["Content-Disposition"] = filenames.content_disposition(f"{name}.pdf")
    response.set_etag(kept.sha256)
    response.make_conditional(request)
    return response


def _found(receipt_id: UUID) -> Receipt:
    receipt = doors.get_receipt(db(), current_actor(), receipt_id)
    authorize(current_actor(), Action.SEE_MONEY, receipt)
    return receipt
