"""Originals on their way out, and files taken back. Nothing here leaves but through the gate."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response
from flask_babel import gettext as _

from portal.access import doors
from portal.access.actor import MemberActor
from portal.access.policy import Action, authorize
from portal.adapters import outside
from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone
from portal.queries import delivered
from portal.rules.errors import NotFound
from portal.services import deliverables
from portal.services.downloads import Leaving
from portal.web import archives, files, gates
from portal.web.actor import current_actor
from portal.web.files import SEALED, Body
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, is_fragment, redirect_to
from portal.web.installation import db

bp = Blueprint("deliverables", __name__)

SHOWN_INLINE = ("image/png", "image/jpeg", "image/webp")


@bp.get("/deliverables/<uuid:deliverable_id>/file")
@who(Who.PARTY)
def download(deliverable_id: UUID) -> Response:
    """The original."""
    found = doors.get_deliverable(db(), current_actor(), deliverable_id)
    if found.removed_at is not None:
        raise NotFound
    gates.require_open(found, found.milestone_id)
    leaving = _leaving("file", found, found.milestone_id, found.id)
    return files.send(_body(found), leaving, _guard(found.project_id, found.milestone_id))


@bp.get("/milestones/<uuid:milestone_id>/archive.zip")
@who(Who.PARTY)
def download_archive(milestone_id: UUID) -> Response:
    """Everything that was delivered last; for the vendor before that, what would be delivered now."""
    milestone = doors.get_milestone(db(), current_actor(), milestone_id)
    found = delivered.files(db(), milestone, including_drafts=isinstance(current_actor(), MemberActor))
    if not found:
        raise NotFound
    gates.require_open(milestone, milestone.id)
    name = f"{milestone.project.title} - {milestone.position} {milestone.title}.zip"
    leaving = _leaving("archive", milestone, milestone.id)
    content = [_body(file) for file in found]
    return archives.send(name, content, leaving, _guard(milestone.project_id, milestone.id))


@bp.get("/milestones/<uuid:milestone_id>/manifest.txt")
@who(Who.PARTY)
def show_manifest(milestone_id: UUID) -> Response:
    """The manifest exactly as it was hashed. Open before payment too: it says no more than the page does."""
    milestone = doors.get_milestone(db(), current_actor(), milestone_id)
    submission = delivered.submission(db(), milestone)
    if submission is None:
        raise NotFound
    response = make_response(submission.manifest)
    response.headers.update(SEALED)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = 'inline; filename="manifest.txt"'
    response.set_etag(submission.manifest_sha256)
    return response


@bp.delete("/deliverables/<uuid:deliverable_id>")
@who(Who.MEMBER)
def remove(deliverable_id: UUID) -> Any:
    """Take a file back before it is delivered."""
    _take_back(deliverable_id)
    response = make_response("", 204)
    response.headers["HX-Trigger"] = "files-changed"
    return response


@bp.post("/deliverables/<uuid:deliverable_id>/removal")
@who(Who.MEMBER)
def create_removal(deliverable_id: UUID) -> Any:
    """The same, for a form: without JavaScript the page of the milestone follows."""
    page = f"/milestones/{_take_back(deliverable_id)}"
    if is_fragment():
        response = make_response("", 204)
        response.headers["HX-Trigger"] = "files-changed"
        return response
    flash(_("The file was taken back."), "good")
    return redirect_to(page)


@bp.get("/payments/<uuid:payment_id>/proof")
@who(Who.PARTY)
def show_proof(payment_id: UUID) -> Response:
    """What the client attached to a payment: pictures in the page, anything else as an attachment."""
    actor = current_actor()
    proof = doors.get_proof(db(), actor, payment_id)
    payment = doors.get_payment(db(), actor, payment_id)
    authorize(actor, Action.SEE_MONEY, payment)
    storage = outside.of(db()).storage
    body = Body(
        proof.id, proof.name, proof.media_type, proof.bytes, proof.sha256, payment.reported_at,
        partial(storage.open_small, proof.id, proof.bytes), proof.media_type in SHOWN_INLINE,
    )  # fmt: skip
    return files.send_small(body, _leaving("proof", payment, payment.milestone_id))


def _take_back(deliverable_id: UUID) -> UUID:
    found = doors.get_deliverable(db(), current_actor(), deliverable_id)
    milestone_id = found.milestone_id
    back_to(f"/milestones/{milestone_id}")
    deliverables.remove(db(), actor=current_actor(), deliverable=found)
    return milestone_id


def _body(file: Deliverable) -> Body:
    """Only ids and numbers: the session is closed when the last bytes leave."""
    opens = partial(outside.of(db()).storage.open, file.id, file.bytes)
    body = Body(file.id, file.name, file.media_type, file.bytes, file.sha256, file.stored_at, opens)
    return replace(body, is_damaged=file.damaged_at is not None)


def _guard(project_id: UUID, milestone_id: UUID) -> Any:
    return gates.guard(current_actor(), project_id, milestone_id)


def _leaving(
    what: str, thing: Deliverable | Milestone | Any, milestone_id: UUID, deliverable_id: UUID | None = None
) -> Leaving:
    return Leaving(what, thing.vendor_id, thing.project_id, milestone_id, deliverable_id)
