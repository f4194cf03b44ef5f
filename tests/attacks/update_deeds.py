"""Requests about status updates (see tests/attacks/deeds.py)."""

from __future__ import annotations

from portal.models.status_update import StatusDraft
from portal.services import status_drafts
from tests.attacks.scene import Request, Scene

RHYTHM = {"rhythm": "weekly", "weekday": "0", "hour": "9", "send_after_days": "3"}
TEXT = {"done": "We drew.", "next": "We build.", "waiting": "", "risks": "", "money": "Half is paid.", "version": "1"}


def choose_rhythm(scene: Scene) -> Request:
    project, _ = scene.step()
    return Request(scene.owner, "POST", f"/projects/{project.id}/rhythm", RHYTHM, project_id=project.id)


def draft_update(scene: Scene) -> Request:
    project, _ = scene.step()
    return Request(scene.owner, "POST", f"/projects/{project.id}/updates", project_id=project.id)


def revise_update(scene: Scene) -> Request:
    return about(scene, "text")


def send_update(scene: Scene) -> Request:
    return about(scene, "sending")


def skip_update(scene: Scene) -> Request:
    return about(scene, "dismissal")


def about(scene: Scene, what: str) -> Request:
    draft = a_draft(scene)
    return Request(scene.owner, "POST", f"/updates/{draft.id}/{what}", TEXT, project_id=draft.project_id)


def a_draft(scene: Scene) -> StatusDraft:
    project, _ = scene.step()
    return status_drafts.draft_now(scene.world.session, actor=scene.world.owner, project=project)
