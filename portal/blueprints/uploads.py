"""tus 1.0.0: uploads that can be interrupted. Creation, checksum, expiration, termination; same origin only.

`X-HTTP-Method-Override` is not honoured, on purpose: a method means what it says.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any
from uuid import UUID
from wsgiref.handlers import format_date_time

from flask import Blueprint, Response, jsonify, make_response, request, url_for

from portal.access import doors, presence
from portal.access.actor import Actor, ContactActor
from portal.access.policy import authorize
from portal.models.deliverable import Upload, UploadState
from portal.rules import errors, tus
from portal.rules.errors import TooLarge
from portal.rules.wording import N_
from portal.services import receiving, uploads
from portal.services.receiving import Incoming
from portal.services.reserving import Announced, Limits
from portal.services.uploads import Slip
from portal.web import inflow
from portal.web.actor import current_actor
from portal.web.errors import sentence, status_of
from portal.web.gatehouse import Who, who
from portal.web.installation import db, installation

bp = Blueprint("uploads", __name__)

STATUS: dict[type[errors.DomainError], int] = {
    tus.BadTus: 400,
    tus.Gone: 410,
    tus.WrongVersion: 412,
    tus.WrongType: 415,
    tus.Busy: 423,
    tus.ChecksumMismatch: 460,
}


@bp.url_value_preprocessor
def _lift_the_limit(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Forms are small, files are not. Runs before anything looks at the body; the protocol's own type is no form."""
    if request.mimetype == tus.CONTENT_TYPE:
        request.max_content_length = installation().config.max_file_bytes


@bp.after_request
def _speak_tus(response: Response) -> Response:
    response.headers["Tus-Resumable"] = tus.VERSION
    return response


@bp.errorhandler(errors.DomainError)
def _refuse(error: errors.DomainError) -> Response:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None) or status_of(error)
    response = make_response(jsonify({"error": {"code": error.code, "message": sentence(error)}}), status)
    if isinstance(error, tus.WrongVersion):
        response.headers["Tus-Version"] = tus.VERSION
    if isinstance(error, tus.Busy):
        response.headers["Retry-After"] = "2"
    return response


@bp.route("/uploads", methods=["OPTIONS"])
@bp.route("/uploads/<uuid:upload_id>", methods=["OPTIONS"])
@who(Who.ANYONE)
def describe(upload_id: UUID | None = None) -> Response:
    """What this server speaks. The same for every upload, existing or not."""
    response = make_response("", 204)
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = ",".join(tus.EXTENSIONS)
    response.headers["Tus-Checksum-Algorithm"] = ",".join(tus.CHECKSUM_BYTES)
    response.headers["Tus-Max-Size"] = str(installation().config.max_file_bytes)
    return response


@bp.post("/uploads")
@who(Who.PARTY)
def create_upload() -> Response:
    """Reserve a place, quota and room for one file: of a milestone, or of a message that is about to be sent."""
    tus.require_version(request.headers.get("Tus-Resumable"))
    length, metadata = _length(), tus.read_metadata(request.headers.get("Upload-Metadata"))
    slip = _begin(
        metadata,
        actor=current_actor(),
        announced=Announced(metadata.get("filename") or metadata.get("name") or "", length),
        limits=Limits(installation().config.max_file_bytes),
    )
    response = _standing(slip, 201)
    response.headers["Location"] = url_for(".receive_bytes", upload_id=slip.id)
    return response


@bp.route("/uploads/<uuid:upload_id>", methods=["HEAD"])
@who(Who.PARTY)
def show_offset(upload_id: UUID) -> Response:
    """Where to go on from."""
    tus.require_version(request.headers.get("Tus-Resumable"))
    _find(upload_id)
    slip = receiving.stand(db(), by=current_actor(), upload_id=upload_id)
    response = _standing(slip, 200)
    response.headers["Upload-Length"] = str(slip.length)
    purpose, place = ("conversation", slip.thread_id) if slip.thread_id else ("milestone", slip.milestone_id)
    response.headers["Upload-Metadata"] = f"filename {_base64(slip.name)},{purpose} {_base64(str(place))}"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.patch("/uploads/<uuid:upload_id>")
@who(Who.PARTY)
def receive_bytes(upload_id: UUID) -> Response:
    """Take the bytes from the offset on; the last of them make the file."""
    tus.require_version(request.headers.get("Tus-Resumable"))
    tus.require_content_type(request.headers.get("Content-Type"))
    offset = tus.read_offset(request.headers.get("Upload-Offset"))
    checksum = tus.read_checksum(request.headers.get("Upload-Checksum"))
    project_id = _find(upload_id).project_id
    actor, session = current_actor(), db()
    held = actor.key_for(project_id) if isinstance(actor, ContactActor) else None
    incoming = Incoming(
        offset=offset,
        announced=inflow.announced(request.environ),
        pieces=inflow.pieces(request.environ),
        still_here=lambda: presence.still_here(session, actor, held),
        checksum=checksum,
    )
    return _standing(receiving.receive(session, by=actor, upload_id=upload_id, incoming=incoming), 204)


@bp.delete("/uploads/<uuid:upload_id>")
@who(Who.PARTY)
def cancel_upload(upload_id: UUID) -> Response:
    """Give it up; its place is free at once."""
    tus.require_version(request.headers.get("Tus-Resumable"))
    uploads.cancel(db(), actor=current_actor(), upload=_find(upload_id))
    return make_response("", 204)


def _find(upload_id: UUID) -> Upload:
    upload = doors.get_upload(db(), current_actor(), upload_id)
    authorize(current_actor(), uploads.needed_for(upload), upload)
    return upload


def _length() -> int:
    if "Upload-Defer-Length" in request.headers:
        raise tus.BadTus(
            N_("Say how long the file is before you send it; this server does not take files without end.")
        )
    most = installation().config.max_file_bytes
    length = tus.read_length(request.headers.get("Upload-Length"), most)
    if length is None:
        raise TooLarge(N_("A file may have at most %(most)s bytes. Split it or make it smaller."), most=most)
    return length


def _begin(metadata: dict[str, str], *, actor: Actor, announced: Announced, limits: Limits) -> Slip:
    purpose, place_id = _place(metadata)
    if purpose == "milestone":
        milestone = doors.get_workplace(db(), actor, place_id)
        return receiving.begin(db(), actor=actor, milestone=milestone, announced=announced, limits=limits)
    about = doors.get_about(db(), actor, place_id)
    return receiving.begin_attachment(db(), actor=actor, about=about, announced=announced, limits=limits)


def _place(metadata: dict[str, str]) -> tuple[str, UUID]:
    """What the file is for, and the id of that. One of the two, for what is sent to a client is not what they buy."""
    named = [purpose for purpose in ("milestone", "conversation") if purpose in metadata]
    try:
        (purpose,) = named
        return purpose, UUID(metadata[purpose])
    except ValueError:
        raise tus.BadTus(
            N_("Say what the file is for, in the metadata: either “milestone” or “conversation”, with its id.")
        ) from None


def _standing(slip: Slip, status: int) -> Response:
    response = make_response("", status)
    response.headers["Upload-Offset"] = str(slip.offset)
    if slip.state is UploadState.RECEIVING:
        response.headers["Upload-Expires"] = _http_date(slip.expires_at)
    return response


def _http_date(moment: datetime) -> str:
    return format_date_time(moment.timestamp())


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
