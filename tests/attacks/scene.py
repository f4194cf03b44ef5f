"""Where attacks happen: two studios on one installation, and requests that would succeed if nothing were wrong."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules.roles import Role
from tests import scale
from tests.access.people import second_studio
from tests.worlds import Browser, Entered, World

TUS = {"Tus-Resumable": "1.0.0"}
# What does not depend on the database is tried on the quicker one.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# What is the same on both is tried on both only at full size.
both_at_full_size = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)][: scale.cases(1, full=2)],
    indirect=True,
)
Case = tuple[str, str]


@dataclass(frozen=True)
class Request:
    """Something a browser may send. `project_id`: the project it is about; `body` makes it an upload's."""

    browser: Browser
    method: str
    address: str
    form: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    project_id: UUID | None = None
    body: bytes | None = None

    @property
    def is_form(self) -> bool:
        """Whether it is sent as a form; the protocol of uploads and DELETE are not."""
        return self.method == "POST" and self.body is None

    def send(self, *, token: str | None = "own", **changes: Any) -> Any:
        """Send it. `token`: "own" for the browser's own, None for none; `form` and `headers` are added."""
        said = self.browser.csrf() if token == "own" else token
        headers = self.headers | changes.get("headers", {})
        if not self.is_form:
            headers |= {"X-CSRFToken": said} if said is not None else {}
            return self.browser.client.open(self.address, method=self.method, data=self.body or b"", headers=headers)
        form = ({"csrf_token": said} if said is not None else {}) | self.form | changes.get("form", {})
        return self.browser.client.open(self.address, method=self.method, data=form, headers=headers)


@dataclass
class Scene:
    """The attacked studio, the other one, and browsers of both owners."""

    world: World
    other: World
    owner: Browser
    stranger_owner: Browser

    @classmethod
    def of(cls, world: World) -> Scene:
        """Two founded studios."""
        other = second_studio(world.app, world.session)
        return cls(world, other, world.browser(world.owner), other.browser(other.owner))

    def step(self, **changes: Any) -> tuple[Project, Milestone]:
        """A started project and its first milestone."""
        project = self.world.project(**changes)
        return project, self.world.milestone(project)

    def delivered(self, **changes: Any) -> tuple[Project, Milestone, Entered]:
        """A project whose first milestone was delivered, and its contact."""
        project, step = self.step(**changes)
        return project, self.world.deliver(step, ("plan.txt", b"the plan")), self.world.contact(project)

    def colleague(self, role: Role = Role.MEMBER) -> Browser:
        """A browser of somebody new at the studio."""
        return self.world.browser(self.world.member(role))

    def reserve(self, milestone: Milestone, length: int = 10) -> str:
        """An upload under way: its address."""
        answer = Request(
            self.owner, "POST", "/uploads", headers=announcing(milestone.id, "film.mov", length), body=b""
        ).send()
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"])


def announcing(place_id: object, name: str, length: int, purpose: str = "milestone") -> dict[str, str]:
    """The headers that create an upload."""
    encoded, place = (base64.b64encode(text.encode()).decode() for text in (name, str(place_id)))
    return TUS | {"Upload-Length": str(length), "Upload-Metadata": f"filename {encoded},{purpose} {place}"}
