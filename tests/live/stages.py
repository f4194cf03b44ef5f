"""A running server with two studios, and everybody who could open a socket on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import requests

from portal.models.client import Grant
from portal.models.milestone import Milestone
from portal.rules.roles import Role, Scope
from portal.services import grants
from tests import studios
from tests.access.people import second_studio
from tests.servers import Server
from tests.studios import Studio
from tests.warm import WarmServer
from tests.worlds import Entered, World

Headers = dict[str, str]


@dataclass
class Stage:
    """The server, the browsers of everybody by name, and the ids of conversations on both sides."""

    studio: Studio
    people: dict[str, Headers]
    ids: dict[str, UUID]
    grants: dict[str, UUID] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is."""
        return self.studio.server.url

    def post(self, who: str, address: str, **form: str) -> requests.Response:
        """A form of somebody's browser, without following what it answers."""
        headers = self.people[who]
        return requests.post(f"{self.url}{address}", headers=headers, data=form, timeout=60, allow_redirects=False)

    def say(self, who: str, body: str, about: str = "milestone", key: str = "") -> requests.Response:
        """Say something by the form."""
        noun = "projects" if about.endswith("project") else "milestones"
        form = {"body": body, "client_key": key or f"key of {body}"[:60].ljust(10, "-")}
        return self.post(who, f"/{noun}/{self.ids[about]}/messages", **form)


@contextmanager
def opened(folder: Path, environment: dict[str, str] | None = None, kind: type[Server] = WarmServer) -> Iterator[Stage]:
    """Everything in place, and the server running."""
    made: dict[str, Any] = {}

    def furnish(world: World, milestone: Milestone, entered: Entered) -> None:
        made.update(_furnished(world, milestone, entered))

    with studios.opened(folder, furnish=furnish, environment=environment, kind=kind) as studio:
        yield Stage(studio, made["people"], made["ids"], made["grants"])


def _furnished(world: World, milestone: Milestone, entered: Entered) -> dict[str, Any]:
    project_id = milestone.project_id
    project = milestone.project
    viewer = world.contact(project, frozenset({Scope.VIEW}), name="Vic View")
    payer = world.contact(project, frozenset({Scope.PAY}), name="Li Pay")
    gone = world.contact(project, name="Rex Revoked")
    neighbour_project = world.project(title="Next door")
    neighbour = world.contact(neighbour_project, name="Nia Next")
    other = second_studio(world.app, world.session)
    foreign = other.project(title="Far away")
    stranger = other.contact(foreign, name="Ola Other")
    browsers = {
        "owner": world.browser(world.owner),
        "member": world.browser(world.member(Role.MEMBER)),
        "cleo": world.entered(entered.code),
        "viewer": world.entered(viewer.code),
        "payer": world.entered(payer.code),
        "revoked": world.entered(gone.code),
        "neighbour": world.entered(neighbour.code),
        "other owner": other.browser(other.owner),
        "other contact": other.entered(stranger.code),
        "nobody": world.stranger(),
    }
    people = {name: studios.headers(browser) for name, browser in browsers.items()}
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, gone.grant_id))
    return {
        "people": people,
        "ids": {
            "milestone": milestone.id,
            "project": project_id,
            "neighbour project": neighbour_project.id,
            "foreign": other.milestone(foreign).id,
            "foreign project": foreign.id,
        },
        "grants": {"cleo": entered.grant_id, "viewer": viewer.grant_id},
    }
