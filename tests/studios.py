"""A studio on a real server: the world is made in its instance before it starts, and a browser's cookies with it."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import requests
from flask import Flask
from sqlalchemy import make_url

from portal import config, create_app, migrating
from portal.config import Config
from portal.models.milestone import Milestone
from portal.web.installation import installation
from tests.servers import Server
from tests.warm import WarmServer
from tests.worlds import Browser, Entered, World

COOKIE = "milepost"


@dataclass
class Studio:
    """The server, the ids of what is in it, and what a browser of its owner sends with each request."""

    server: Server
    app: Flask
    milestone_id: UUID
    owner: dict[str, str]
    client: dict[str, str]

    @property
    def uploads(self) -> str:
        """Where uploads are created."""
        return f"{self.server.url}/uploads"

    def metadata(self, name: str) -> str:
        """Upload-Metadata for a file of the milestone."""
        encoded = {"filename": name, "milestone": str(self.milestone_id)}
        return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in encoded.items())

    def tus(self, method: str, address: str, **changes: Any) -> requests.Response:
        """One request of the protocol, by hand."""
        headers = {"Tus-Resumable": "1.0.0"} | self.owner | changes.pop("headers", {})
        return requests.request(method, f"{self.server.url}{address}", headers=headers, timeout=120, **changes)

    def begin(self, name: str, length: int) -> str:
        """A reserved place: its address."""
        headers = {"Upload-Length": str(length), "Upload-Metadata": self.metadata(name)}
        answer = self.tus("POST", "/uploads", headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def patch(self, address: str, offset: int, body: Any) -> requests.Response:
        """Bytes from `offset` on."""
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.tus("PATCH", address, data=body, headers=headers)

    def offset(self, address: str) -> int:
        """Where the upload stands."""
        answer = self.tus("HEAD", address)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def get(self, address: str, who: dict[str, str] | None = None, **headers: str) -> requests.Response:
        """A GET whose body has not been read yet."""
        sent = (self.owner if who is None else who) | {key.replace("_", "-"): value for key, value in headers.items()}
        return requests.get(f"{self.server.url}{address}", headers=sent, timeout=120, stream=True)

    @contextmanager
    def look(self) -> Iterator[Any]:
        """A session on the server's database."""
        with installation(self.app).sessions() as session:
            yield session


# A database in which nothing has happened yet, once there was one.
_EMPTY: list[bytes] = []
Furnish = Callable[[World, Milestone, Entered], None]


@contextmanager
def opened(
    folder: Path,
    *,
    furnish: Furnish | None = None,
    environment: dict[str, str] | None = None,
    kind: type[Server] = WarmServer,
) -> Iterator[Studio]:
    """A running studio with one project, its first milestone open, one contact; and whatever `furnish` adds."""
    server = kind(folder / "instance", environment)
    settings = config.load({"PORT": str(server.port)}, instance=server.instance)
    _lay_tables(settings)
    app = create_app(settings)
    with installation(app).sessions() as session:
        studio = _furnished(server, app, World.founded(app, session), furnish)
    try:
        server.start()
        yield studio
    finally:
        server.end()
        installation(app).engine.dispose()


def _lay_tables(settings: Config) -> None:
    """All migrations for the first one; the same bytes for those after it."""
    address = make_url(settings.database_url)
    if address.get_backend_name() != "sqlite" or address.database is None:
        migrating.upgrade(settings)
    elif _EMPTY:
        Path(address.database).write_bytes(_EMPTY[0])
    else:
        migrating.upgrade(settings)
        with closing(sqlite3.connect(address.database)) as made:
            _EMPTY.append(made.serialize())


def _furnished(server: Server, app: Flask, world: World, furnish: Furnish | None) -> Studio:
    project = world.project()
    milestone, entered = world.milestone(project), world.contact(project)
    if furnish:
        furnish(world, milestone, entered)
    milestone_id = milestone.id
    owner = headers(world.browser(world.owner))
    return Studio(server, app, milestone_id, owner, headers(world.entered(entered.code)))


def headers(browser: Browser) -> dict[str, str]:
    """What this browser sends with each request."""
    token = browser.csrf()
    cookie = browser.client.get_cookie(COOKIE)
    assert cookie is not None
    return {"Cookie": f"{COOKIE}={cookie.value}", "X-CSRFToken": token}
