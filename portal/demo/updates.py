"""Status updates of the demo: drafted from what was told before, read and sent, or still waiting."""

from __future__ import annotations

from portal.demo.desk import Desk
from portal.models.project import Project
from portal.rules.rhythm import Choice, Rhythm
from portal.services import status_drafts, status_plans, status_updates

EVERY_SECOND_FRIDAY = Choice(Rhythm.BIWEEKLY, weekday=4, hour=10)


def send(desk: Desk, project: Project) -> None:
    """Vera asks for one, reads it and sends it as it is."""
    draft = status_drafts.draft_now(desk.session, actor=desk.vera, project=project)
    status_updates.send(desk.session, actor=desk.vera, draft=draft)


def wait(desk: Desk, project: Project) -> None:
    """There is a rhythm from now on, and a draft that nobody has read yet."""
    status_plans.choose(desk.session, actor=desk.vera, project=project, choice=EVERY_SECOND_FRIDAY)
    status_drafts.draft_now(desk.session, actor=desk.vera, project=project)
