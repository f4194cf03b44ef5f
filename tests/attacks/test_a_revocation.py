"""Access that was taken ends at once: open pages, running downloads, running uploads, on a real server (A8)."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import requests

from portal.access.doors import get_grant
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.models.vendor import Member
from portal.services import grants, members
from portal.services.receiving import PULSE_SECONDS
from portal.web.outflow import CHECK_BYTES, CHECK_SECONDS
from tests import scale
from tests.attacks import a_instances
from tests.studios import Studio, headers, opened
from tests.worlds import Entered, World

MIB = 1 << 20
SIZE = 32 * MIB
FIRST = MIB // 2
SET_UPS = {
    "one process, SQLite": ("sqlite", "1"),
    "two processes, SQLite": ("sqlite", "2"),
    "two processes, PostgreSQL": ("postgresql", "2"),
}
pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


@dataclass
class Scene:
    """A running studio; a client with a paid file, and a colleague of the owner who uploads."""

    studio: Studio
    world: World
    client: dict[str, str]
    grant_id: UUID
    files: tuple[str, str]
    colleague: dict[str, str]
    member_id: UUID
    next_step: UUID
    opened: contextlib.ExitStack

    def get(self, address: str, **more: str) -> requests.Response:
        return self.studio.get(address, self.client, **more)

    def revoke(self) -> None:
        """As the vendor's page does it, in another process than the server's."""
        with self.studio.look() as session:
            grants.revoke(session, actor=self.world.owner, grant=get_grant(session, self.world.owner, self.grant_id))

    def dismiss(self) -> None:
        """End the colleague's access."""
        with self.studio.look() as session:
            members.disable(session, actor=self.world.owner, member=session.get_one(Member, self.member_id))


@pytest.fixture(params=list(SET_UPS)[: scale.cases(1, full=3)])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    kind, processes = SET_UPS[request.param]
    kept: dict[str, Any] = {}

    def furnish(world: World, milestone: Milestone, entered: Entered) -> None:
        file = world.store(milestone, "film.mov", bytes(SIZE))
        world.deliver(milestone, note="")
        world.pay(milestone, entered)
        colleague = world.member()
        ways = f"/deliverables/{file.id}/file", f"/milestones/{milestone.id}/archive.zip"
        kept.update(world=world, grant_id=entered.grant_id, files=ways, colleague=headers(world.browser(colleague)),
                    member_id=colleague.member_id, next_step=second(world, milestone).id)  # fmt: skip

    with (
        a_instances.prepared(kind, request, tmp_path),
        opened(tmp_path, furnish=furnish, environment={"PORTAL_WORKERS": processes}) as studio,
        contextlib.ExitStack() as connections,
    ):
        yield Scene(studio, client=studio.client, opened=connections, **kept)


def second(world: World, first: Milestone) -> Milestone:
    """The milestone that is open once the first is paid."""
    return world.milestone(world.session.get_one(Project, first.project_id), 2)


class Connection:
    """A request sent by hand, so that its body can go, and its answer come, as slowly as wanted."""

    def __init__(self, scene: Scene, request: str, who: dict[str, str], **headers: str) -> None:
        self.sock = scene.opened.enter_context(socket.socket())
        # A small window: what the connection itself holds must not be mistaken for what the server sent on.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.sock.settimeout(30)
        self.sock.connect(("127.0.0.1", scene.studio.server.port))
        lines = {"Host": f"127.0.0.1:{scene.studio.server.port}", "Connection": "close"} | who | headers
        text = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items()), "", ""]
        self.sock.sendall("\r\n".join(text).encode())

    def read(self, most: int) -> int:
        """Read on until so many bytes, or until there are no more; how many there were."""
        got = 0
        with contextlib.suppress(ConnectionError):
            while got < most and (piece := self.sock.recv(1 << 16)):
                got += len(piece)
        return got

    def send_slowly(self) -> str:
        """Bytes, now and then, until the server answers; the line it answers with."""
        with contextlib.suppress(ConnectionError):
            while not select.select([self.sock], [], [], 0.1)[0]:
                self.sock.sendall(bytes(1 << 14))
        return self.sock.recv(1 << 12).split(b"\r\n")[0].decode()


def uploading(scene: Scene, who: dict[str, str], purpose: str) -> Connection:
    """A file on its way into the next milestone, or for a message about it."""
    name, place = (base64.b64encode(text.encode()).decode() for text in ("film.mov", str(scene.next_step)))
    told = {"Upload-Length": str(SIZE), "Upload-Metadata": f"filename {name},{purpose} {place}"}
    begun = scene.studio.tus("POST", "/uploads", headers=who | told)
    assert begun.status_code == 201, begun.text
    sent = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Length": str(SIZE),
            "Content-Type": "application/offset+octet-stream"}  # fmt: skip
    address = urlsplit(begun.headers["Location"]).path
    return Connection(scene, f"PATCH {address}", who, **sent)


def test_whatever_was_open_when_access_ends_ends_with_it(scene: Scene) -> None:
    assert [whole(scene, way) for way in scene.files] == [True, True]
    uploads = [uploading(scene, scene.colleague, "milestone"), uploading(scene, scene.client, "conversation")]
    downloads = [Connection(scene, f"GET {way}", scene.client) for way in scene.files]
    assert all(download.read(FIRST) >= FIRST for download in downloads)
    time.sleep(CHECK_SECONDS + 0.2)
    scene.revoke()
    scene.dismiss()
    ended = time.monotonic()
    refused(scene)
    left = [download.read(SIZE) for download in downloads]
    answers = [upload.send_slowly() for upload in uploads]
    seconds = time.monotonic() - ended
    scale.figure("A8", "after access ended: bytes of downloads, seconds of an upload", file=left[0], archive=left[1],
                 of=SIZE, uploads=answers, seconds=round(seconds, 1))  # fmt: skip
    # The piece that was on its way: a slow reader gets less than what leaves between two questions at full speed.
    assert all(0 < count < CHECK_BYTES - MIB for count in left), left
    assert answers == ["HTTP/1.1 403 FORBIDDEN"] * 2
    # Asked every few seconds; the file itself would have taken minutes.
    assert seconds < PULSE_SECONDS + 20


def whole(scene: Scene, way: str) -> bool:
    """The control: while access lasts, all of it comes."""
    return Connection(scene, f"GET {way}", scene.client).read(2 * SIZE) > SIZE


def refused(scene: Scene) -> None:
    """The next request of every kind is turned away."""
    assert scene.get("/projects").url.endswith("/enter")
    assert scene.get(f"/milestones/{scene.studio.milestone_id}", HX_Request="true").headers["HX-Redirect"] == "/enter"
    for way in scene.files:
        assert scene.get(way, Accept="application/json").status_code == 401
        assert scene.get(way, Accept="application/json", Range="bytes=100-199").status_code == 401
    for who in (scene.colleague, scene.client):
        assert scene.studio.tus("POST", "/uploads", headers=who).status_code == 401
