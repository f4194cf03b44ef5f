"""The stage of the access tests: one installation, two studios, and things of every kind on both sides."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone
from portal.models.outbox import Notice
from portal.models.payment import Payment
from portal.models.project import Project
from portal.rules.roles import Role
from portal.rules.webhooks import Happening
from portal.services import calls, chat, feeds, status_drafts, status_updates
from portal.services.chat import Said
from tests import letters, targets
from tests.access.people import INSIDERS, OUTSIDERS, People, gather, second_studio
from tests.worlds import Browser, Entered, World

# The smallest picture there is.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@dataclass
class Stage:
    """One installation with two studios, and the ids of things on both sides."""

    world: World
    people: People
    own: dict[str, Any]
    foreign: dict[str, Any]


def set_up(app: Flask, session: Session) -> Stage:
    """A paid and delivered milestone, a reported payment, an open upload, in both studios."""
    world, other = World.founded(app, session), second_studio(app, session)
    project, neighbour = world.project(), world.project(title="Next door")
    foreign = other.project(title="Far away")
    people = gather(world, other, project, neighbour, foreign)
    keep_tokens(people)
    own = things(world, project, people.full)
    theirs = things(other, foreign, other.contact(foreign, name="Ola Paid"))
    return Stage(world, people, own, theirs)


def things(world: World, project: Project, entered: Entered) -> dict[str, Any]:
    """Ids by the first word of the addresses they stand in."""
    session, step = world.session, world.milestone(project)
    world.deliver(step, ("plan.txt", b"the plan"))
    receipt = world.confirm(world.report(step, entered, proof=world.keep_proof()))
    second = world.milestone(project, 2)
    spare = world.member(Role.MEMBER, "Sam Spare")
    message, attachment = say(world, step, entered)
    made = targets.add(world, "http://127.0.0.1:9/", events=("payment.confirmed",))
    told = calls.add(session, targets.target(world, made), event=Happening.TEST, project_id=None, about={})
    session.commit()
    return {
        "vendors": world.owner.vendor_id,
        "messages": message,
        "attachments": attachment,
        "projects": project.id,
        "milestones": step.id,
        "second": second.id,
        "payments": session.scalars(select(Payment.id).where(Payment.project_id == project.id)).one(),
        "receipts": receipt,
        "deliverables": session.scalars(select(Deliverable.id).where(Deliverable.project_id == project.id)).one(),
        "grants": world.contact(project, name="Gil Spare").grant_id,
        "uploads": reserve(world, second.id),
        "members": spare.member_id,
        "calendar": feeds.make(session, actor=world.owner, contact_id=None, ticket=world.ticket()),
        "webhooks": made.webhook_id,
        "deliveries": told.id,
        "updates": an_update(world, project),
        "token": letters.token_of(session, "contact", entered.actor.latest.contact_id, world.owner.vendor_id),
        "mail": session.scalars(select(Notice.id).where(Notice.project_id == project.id).limit(1)).one(),
    }


def say(world: World, step: Milestone, entered: Entered) -> tuple[UUID, UUID]:
    """A message of the contact with a picture, and its id and the picture's."""
    picture = world.attachment("look.png", PICTURE)
    said = Said("Look at this", "key-of-the-stage", files=(picture,))
    return chat.post(world.session, actor=entered.actor, about=step, said=said), picture.id


def an_update(world: World, project: Project) -> UUID:
    """A status update that was sent."""
    draft = status_drafts.draft_now(world.session, actor=world.owner, project=project)
    return status_updates.send(world.session, actor=world.owner, draft=draft).id


def renew(stage: Stage, method: str, address: str) -> None:
    """What one person takes away at this address is there again for the next."""
    if (method, address) == ("DELETE", "/uploads/<uuid>"):
        # The one before is given up: there is room for five.
        ask(stage.people["owner"], "DELETE", fill("/uploads/<uuid>", stage.own))
        stage.own["uploads"] = reserve(stage.world, stage.own["second"])
    if address == "/settings/webhooks/<uuid>/removal":
        ask(stage.people["owner"], "POST", fill(address, stage.own))
        stage.own["webhooks"] = targets.add(stage.world, "http://127.0.0.1:9/").webhook_id


def reserve(world: World, milestone_id: UUID) -> UUID:
    """An upload under way in a milestone that is open."""
    browser = world.browser(world.owner)
    name, place = (base64.b64encode(text.encode()).decode() for text in ("film.mov", str(milestone_id)))
    headers = {"Upload-Length": "1000", "Upload-Metadata": f"filename {name},milestone {place}"}
    answer = browser.client.post(
        "/uploads", headers=headers | {"Tus-Resumable": "1.0.0", "X-CSRFToken": browser.csrf()}
    )
    assert answer.status_code == 201, answer.text
    return UUID(answer.headers["Location"].rsplit("/", 1)[1])


def ask(browser: Browser, method: str, address: str) -> Any:
    """One request with a valid CSRF token and an empty form. Who is in keeps its token; see `keep_tokens`."""
    token = browser._token or browser.csrf()
    if method == "POST" and not address.startswith("/uploads"):
        return browser.client.post(address, data={"csrf_token": token})
    headers = {"X-CSRFToken": token, "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    kind = "application/offset+octet-stream" if method == "PATCH" else None
    return browser.client.open(address, method=method, buffered=True, headers=headers, content_type=kind)


def keep_tokens(people: People) -> None:
    """Spare those who are in the page with a token before each request: theirs stays good while they stay."""
    for name in INSIDERS + OUTSIDERS:
        people[name]._token = people[name].csrf()


def fill(address: str, ids: dict[str, Any]) -> str:
    if address.startswith(("/brand/", "/static/")):
        plain = address.replace("<uuid:vendor_id>", str(ids["vendors"])).replace("<int:version>", "1")
        return plain.replace("<path:filename>", "css/base.css")
    # The word before an id says what it is the id of.
    word = address.partition("/<")[0].rpartition("/")[2]
    if address.startswith("/notices/<token>"):
        word = "token"
    return re.sub("<uuid>|<token>", str(ids[word]), address) if "/<" in address else address
