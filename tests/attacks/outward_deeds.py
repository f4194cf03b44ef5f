"""Requests about what leaves the house: targets that are told, and calendar links (see tests/attacks/deeds.py)."""

from __future__ import annotations

from uuid import UUID

from portal.rules.webhooks import Happening
from portal.services import calls, feeds, webhooks
from tests import targets
from tests.attacks.scene import Request, Scene

FORM = {"name": "Books", "format": "milepost", "address": "https://hooks.example.org/in", "robot_key": "",
        "events": "project.started"}  # fmt: skip
ADDRESS = "https://hooks.example.org/in"


def add_target(scene: Scene) -> Request:
    return Request(scene.owner, "POST", "/settings/webhooks", FORM | {"idempotency_key": scene.world.ticket().key})


def change_target(scene: Scene) -> Request:
    return about(scene, "", {"name": "Renamed", "events": "project.started"})


def new_secret(scene: Scene) -> Request:
    return about(scene, "/secret", {"idempotency_key": scene.world.ticket().key})


def try_target(scene: Scene) -> Request:
    return about(scene, "/test", {})


def pause_target(scene: Scene) -> Request:
    return about(scene, "/pause", {})


def resume_target(scene: Scene) -> Request:
    webhook_id = a_target(scene)
    session = scene.world.session
    webhooks.pause(session, actor=scene.world.owner, webhook=session.get_one(webhooks.Webhook, webhook_id))
    return Request(scene.owner, "POST", f"/settings/webhooks/{webhook_id}/resumption")


def remove_target(scene: Scene) -> Request:
    return about(scene, "/removal", {})


def repeat_delivery(scene: Scene) -> Request:
    made = targets.add(scene.world, ADDRESS)
    told = calls.add(
        scene.world.session, targets.target(scene.world, made), event=Happening.TEST, project_id=None, about={}
    )
    # It was tried, and did not arrive.
    told.attempts = 1
    scene.world.session.commit()
    return Request(scene.owner, "POST", f"/settings/deliveries/{told.id}/repeat")


def make_link(scene: Scene) -> Request:
    return Request(scene.colleague(), "POST", "/calendar", {"idempotency_key": scene.world.ticket().key})


def end_link(scene: Scene) -> Request:
    feeds.make(scene.world.session, actor=scene.world.owner, contact_id=None, ticket=scene.world.ticket())
    return Request(scene.world.browser(scene.world.owner), "POST", "/calendar/revocation")


def about(scene: Scene, what: str, form: dict[str, str]) -> Request:
    return Request(scene.owner, "POST", f"/settings/webhooks/{a_target(scene)}{what}", form)


def a_target(scene: Scene) -> UUID:
    return targets.add(scene.world, ADDRESS).webhook_id
