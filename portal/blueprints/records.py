"""The record of a project: readable, and as a file that anyone can check without Milepost."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for

from portal.access import doors
from portal.access.policy import Action, authorize
from portal.queries import records as reads
from portal.web import happenings
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.installation import db, installation

bp = Blueprint("records", __name__)


@bp.get("/projects/<uuid:project_id>/record")
@who(Who.PARTY)
def show(project_id: UUID) -> Any:
    """The timeline, the newest entry first."""
    number = request.args.get("page", 1, type=int)
    record = reads.page(db(), current_actor(), project_id, number)
    return render_template(
        "records/show.html", record=record, happenings=happenings, page_address=partial(_address, project_id)
    )


@bp.get("/projects/<uuid:project_id>/record.jsonl")
@who(Who.PARTY)
def export(project_id: UUID) -> Response:
    """All of it, streamed, in the format of verify_milepost.py."""
    project = doors.get_project(db(), current_actor(), project_id)
    authorize(current_actor(), Action.SEE_MONEY, project)
    response = Response(_lines(installation().sessions, project.id), content_type="application/jsonl; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=record.jsonl"
    return response


def _address(project_id: UUID, page: int) -> str:
    return url_for("records.show", project_id=project_id, page=page)


def _lines(sessions: Any, project_id: UUID) -> Iterator[bytes]:
    # The request's own session ends before the last line has left.
    with sessions() as session:
        yield from reads.export(session, project_id)
