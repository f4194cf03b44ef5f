"""Targets of a world, added through the service a person would use, and calls made by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from portal.models.webhook import Delivery, Webhook
from portal.notifications import calling
from portal.rules.webhooks import CHOOSABLE
from portal.services import webhooks
from portal.services.webhooks import Made, Wanted
from portal.web.installation import installation
from tests.receivers import Receiver, answers, receiving
from tests.worlds import World

# What each kind answers when it took something, and where the text stands in what it is sent.
ROBOTS: dict[str, tuple[bytes, Callable[[Any], str]]] = {
    "slack": (b"ok", lambda said: said["text"]),
    "wecom": (b'{"errcode":0}', lambda said: said["markdown"]["content"]),
    "dingtalk": (b'{"errcode":0}', lambda said: said["markdown"]["text"]),
    "feishu": (b'{"code":0}', lambda said: said["content"]["text"]),
}
EVERYTHING = tuple(happening.value for happening in CHOOSABLE)


def add(world: World, address: str, *, private: bool = True, **changes: Any) -> Made:
    """A target that is told everything, in our own format."""
    wanted = Wanted(
        **{"name": "Accounting", "format": "milepost", "address": address, "robot_key": "", "events": EVERYTHING}
        | changes
    )
    return webhooks.add(
        world.session, actor=world.owner, vendor=world.vendor, wanted=wanted, private=private, ticket=world.ticket()
    )


@contextmanager
def robot(world: World, kind: str, locale: str, **changes: Any) -> Iterator[tuple[Receiver, Callable[[], list[str]]]]:
    """A robot of a studio that speaks `locale`: the receiver behind it, and what people read there."""
    world.vendor.locale = locale
    world.session.commit()
    yes, read = ROBOTS[kind]
    with receiving(answers(200, yes)) as receiver:
        add(world, receiver.url, format=kind, robot_key="SECkey", **changes)
        yield receiver, lambda: [read(heard.json) for heard in receiver.heard]


def call(world: World, *, private: bool = True) -> int:
    """Do what is due, here and now; how many deliveries were sent."""
    return calling.call_due(installation(world.app).sessions, private=private)


def deliveries(world: World) -> list[Delivery]:
    """All there are, as they are now, in the order in which they were queued."""
    world.session.rollback()
    return list(world.session.scalars(select(Delivery).order_by(Delivery.id)))


def target(world: World, made: Made) -> Webhook:
    """The target as it is now."""
    world.session.rollback()
    return world.session.get_one(Webhook, made.webhook_id)


def story(world: World) -> None:
    """One milestone delivered, reported and paid: six facts that matter outside, the start among them."""
    project = world.project()
    cleo = world.contact(project)
    world.pay(world.deliver(world.milestone(project), note="Workshop held."), cleo)


TOLD_BY_STORY = [
    "milestone.opened", "project.started", "milestone.submitted", "payment.reported", "payment.confirmed",
    "milestone.settled", "milestone.opened",
]  # fmt: skip


def key_of(address: str) -> str:
    """What a robot's address is secret for."""
    return re.sub(r"^.*=", "", urlsplit(address).query)
