"""A project's page: where it stands, the milestone it is about now, and the way to all others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint

from portal.queries import projects
from portal.web import showing
from portal.web.actor import current_actor
from portal.web.gatehouse import Who, who
from portal.web.installation import db

bp = Blueprint("projects", __name__)


@bp.get("/projects/<uuid:project_id>")
@who(Who.PARTY)
def show(project_id: UUID) -> Any:
    """The project, or while it is a draft, its terms."""
    return showing.project(projects.overview(db(), current_actor(), project_id))
