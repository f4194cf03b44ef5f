"""Requests about conversations (see tests/attacks/deeds.py)."""

from __future__ import annotations

from portal.models.message import Message
from tests.attacks.scene import Request, Scene


def say_in_milestone(scene: Scene) -> Request:
    project, step = scene.step()
    return Request(scene.owner, "POST", f"/milestones/{step.id}/messages", said(scene), project_id=project.id)


def say_in_project(scene: Scene) -> Request:
    project, _ = scene.step()
    return Request(scene.owner, "POST", f"/projects/{project.id}/messages", said(scene), project_id=project.id)


def read_milestone(scene: Scene) -> Request:
    message = a_message(scene)
    address = f"/milestones/{message.thread_id}/messages/reading"
    return Request(scene.colleague(), "POST", address, {"seq": str(message.seq)}, project_id=message.project_id)


def read_project(scene: Scene) -> Request:
    project, _ = scene.step()
    scene.world.say(scene.world.owner, project, "About everything")
    address = f"/projects/{project.id}/messages/reading"
    return Request(scene.colleague(), "POST", address, {"seq": "2"}, project_id=project.id)


def correct(scene: Scene) -> Request:
    return about(scene, "versions", {"body": "Said better"})


def take_back(scene: Scene) -> Request:
    return about(scene, "deletion", {})


def about(scene: Scene, what: str, form: dict[str, str]) -> Request:
    message = a_message(scene)
    return Request(scene.owner, "POST", f"/messages/{message.id}/{what}", form, project_id=message.project_id)


def a_message(scene: Scene) -> Message:
    _, step = scene.step()
    return scene.world.session.get_one(Message, scene.world.say(scene.world.owner, step, "Said once"))


def said(scene: Scene) -> dict[str, str]:
    return {"body": "Something to say", "client_key": scene.world.ticket().key}
