"""Somebody who uploads, without HTTP: for tests of what happens to the bytes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.adapters import outside
from portal.db import new_id
from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone
from portal.services import receiving, reserving
from portal.services.readings import About
from portal.services.receiving import Incoming
from portal.services.reserving import Announced, Limits
from portal.services.uploads import Slip
from tests.worlds import World

ANYTHING_GOES = Limits(keep_free=0)


class Sender:
    """Somebody at the vendor who uploads into one milestone."""

    def __init__(
        self, world: World, milestone: Milestone, session: Session | None = None, actor: Actor | None = None
    ) -> None:
        self.session, self.actor = session or world.session, actor or world.owner
        self.milestone = milestone
        self.storage = outside.of(self.session).storage

    def begin(self, name: str = "plan.pdf", length: int = 10, limits: Limits = ANYTHING_GOES) -> UUID:
        """Reserve a place."""
        upload_id = new_id()
        self.storage.create_part(upload_id)
        reserving.for_milestone(
            self.session, actor=self.actor, milestone=self.milestone, upload_id=upload_id,
            announced=Announced(name, length), limits=limits,
        )  # fmt: skip
        return upload_id

    def send(self, upload_id: UUID, offset: int, content: bytes, **changes: Any) -> Slip:
        """One request with `content`, in pieces of seven bytes."""
        pieces = [memoryview(content[at : at + 7]) for at in range(0, len(content), 7)]
        values = {"announced": len(content), "pieces": pieces, "still_here": lambda: True} | changes
        return receiving.receive(self.session, by=self.actor, upload_id=upload_id, incoming=Incoming(offset, **values))

    def upload(self, name: str, content: bytes) -> Deliverable:
        """All of it."""
        upload_id = self.begin(name, len(content))
        self.send(upload_id, 0, content)
        return self.session.get_one(Deliverable, upload_id)

    def stand(self, upload_id: UUID) -> Slip:
        """Where it stands."""
        return receiving.stand(self.session, by=self.actor, upload_id=upload_id)


class Attacher(Sender):
    """Somebody who uploads what is to go with a message; `about` is a project or a milestone."""

    def __init__(self, world: World, about: About, session: Session | None = None, actor: Actor | None = None) -> None:
        self.session, self.actor = session or world.session, actor or world.owner
        self.about = about
        self.storage = outside.of(self.session).storage

    def begin(self, name: str = "film.mov", length: int = 10, limits: Limits = ANYTHING_GOES) -> UUID:
        """Reserve a place."""
        upload_id = new_id()
        self.storage.create_part(upload_id)
        reserving.for_message(
            self.session, actor=self.actor, about=self.about, upload_id=upload_id,
            announced=Announced(name, length), limits=limits,
        )  # fmt: skip
        return upload_id

    def ready(self, name: str = "film.mov", content: bytes = b"0123456789") -> UUID:
        """All of it, waiting for its message."""
        upload_id = self.begin(name, len(content))
        self.send(upload_id, 0, content)
        return upload_id
