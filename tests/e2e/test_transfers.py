"""Long transfers over real sockets: those who may not go on are stopped, those who vanish keep what they sent."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import select as polling
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from urllib3.exceptions import HTTPError

from portal.access.actor import MemberActor
from portal.adapters import clock
from portal.models.client import Grant
from portal.models.deliverable import Deliverable, Download, Upload
from portal.models.sitting import Sitting
from portal.models.vendor import Member
from portal.services import grants, milestones, sittings
from portal.web.installation import installation
from tests.studios import Studio, opened

pytestmark = pytest.mark.e2e

MIB = 1 << 20
LARGE = 512 * MIB
TYPE = "application/offset+octet-stream"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path) as running:
        yield running


@pytest.fixture
def delivered(tmp_path: Path) -> Iterator[tuple[Studio, str]]:
    """A studio whose client has paid for a large file (sparse, so that it costs no room)."""
    made: list[str] = []

    def furnish(world, milestone, entered):
        file = world.store(milestone, "large.bin", b"x")
        path = installation(world.app).config.storage_root / "files" / str(file.id)[-2:] / str(file.id)
        path.chmod(0o600)
        os.truncate(path, LARGE)
        world.session.execute(Deliverable.__table__.update().values(bytes=LARGE))
        world.session.commit()
        milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
        world.pay(milestone, entered)
        made.append(f"/deliverables/{file.id}/file")

    with opened(tmp_path, furnish=furnish) as running:
        yield running, made[0]


class Wire:
    """A connection by hand: it sends when told, and no faster."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.connection = http.client.HTTPConnection("127.0.0.1", studio.server.port, timeout=60)

    def begin_patch(self, address: str, offset: int, length: int, **headers: str) -> None:
        self.connection.putrequest("PATCH", address)
        given = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), "Content-Type": TYPE}
        given |= {"Content-Length": str(length)} if length >= 0 else {"Transfer-Encoding": "chunked"}
        for name, value in (given | self.studio.owner | headers).items():
            self.connection.putheader(name, value)
        self.connection.endheaders()

    def send(self, content: bytes) -> None:
        self.connection.send(content)

    def answer(self) -> tuple[int, dict[str, str]]:
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())

    def vanish(self) -> None:
        """The cable is pulled: nothing is said."""
        sock = self.connection.sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()


@pytest.fixture
def wire(studio: Studio) -> Iterator[Wire]:
    made = Wire(studio)
    yield made
    made.connection.close()


def test_one_connection_takes_request_after_request(studio, wire):
    content = os.urandom(3 * MIB)
    address = studio.begin("a.bin", len(content))
    for offset in range(0, len(content), MIB):
        wire.begin_patch(address, offset, MIB)
        wire.send(content[offset : offset + MIB])
        status, told = wire.answer()
        assert (status, told["Upload-Offset"], told["Connection"]) == (204, str(offset + MIB), "keep-alive")
    is_stored(studio, address, content)


def test_bytes_that_come_with_the_headers_are_not_lost(studio):
    content = os.urandom(100_000)
    address = studio.begin("a.bin", len(content))
    headers = studio.owner | {"Host": f"127.0.0.1:{studio.server.port}", "Tus-Resumable": "1.0.0", "Upload-Offset": "0",
                              "Content-Type": TYPE, "Content-Length": str(len(content))}  # fmt: skip
    head = f"PATCH {address} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", studio.server.port), timeout=30) as raw:
        raw.sendall(head.encode() + b"\r\n" + content)
        assert raw.recv(65536).startswith(b"HTTP/1.1 204")
    is_stored(studio, address, content)


def test_bytes_in_chunks_of_unknown_number_are_taken(studio, wire):
    content = os.urandom(300_000)
    address = studio.begin("a.bin", len(content))
    wire.begin_patch(address, 0, -1)
    for at in range(0, len(content), 70_000):
        piece = content[at : at + 70_000]
        wire.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    wire.send(b"0\r\n\r\n")
    assert wire.answer()[0] == 204
    is_stored(studio, address, content)


def is_stored(studio: Studio, address: str, content: bytes) -> None:
    with studio.look() as session:
        made = session.get_one(Deliverable, UUID(address.rpartition("/")[2]))
        assert made.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("way", ["vanish", "close"])
def test_who_vanishes_in_the_middle_keeps_what_was_sent(studio, wire, way):
    content = os.urandom(8 * MIB)
    address = studio.begin("a.bin", len(content))
    wire.begin_patch(address, 0, len(content))
    wire.send(content[: 5 * MIB])
    time.sleep(1)
    wire.vanish() if way == "vanish" else wire.connection.close()
    offset = studio.offset(address)
    assert offset == 5 * MIB
    assert studio.patch(address, offset, content[offset:]).status_code == 204
    is_stored(studio, address, content)


def test_asking_where_it_stands_frees_a_silent_connection_within_five_seconds(studio, wire):
    content = os.urandom(4 * MIB)
    address = studio.begin("a.bin", len(content))
    wire.begin_patch(address, 0, len(content))
    wire.send(content[:MIB])
    time.sleep(0.5)
    begun = time.monotonic()
    assert studio.offset(address) == MIB
    assert time.monotonic() - begun < 5
    assert studio.patch(address, MIB, content[MIB:]).status_code == 204
    is_stored(studio, address, content)


@pytest.mark.parametrize("end", ["logged out", "disabled"])
def test_an_upload_stops_when_its_sender_may_not_go_on(studio, wire, end):
    address = studio.begin("a.bin", 64 * MIB)
    wire.begin_patch(address, 0, 64 * MIB)
    wire.send(bytes(MIB))
    with studio.look() as session:
        throw_out(session, end)
    begun = time.monotonic()
    while not is_answered(wire) and time.monotonic() - begun < 20:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            wire.send(bytes(64 << 10))
        time.sleep(0.1)
    assert time.monotonic() - begun < 10
    with studio.look() as session:
        assert session.scalars(select(Upload.offset_bytes)).one() < 8 * MIB


def is_answered(wire: Wire) -> bool:
    """Whether the server has answered, or hung up, before it had everything."""
    return bool(polling.select([wire.connection.sock], [], [], 0)[0])


def throw_out(session, end: str) -> None:
    if end == "disabled":
        session.execute(Member.__table__.update().values(disabled_at=clock.now()))
        session.commit()
        return
    member = select(Sitting.id).where(Sitting.member_id.is_not(None)).order_by(Sitting.created_at.desc())
    for sitting_id in session.scalars(member).all():
        sittings.log_out(session, sitting_id=sitting_id)


@pytest.mark.parametrize("end", ["revoked", "rotated", "left"])
def test_a_running_download_stops_when_the_code_is_gone(delivered, end):
    studio, address = delivered
    answer = studio.get(address, studio.client)
    assert answer.status_code == 200
    got = len(answer.raw.read(4 * MIB))
    with studio.look() as session:
        take_away(session, end)
    with contextlib.suppress(HTTPError):
        while piece := answer.raw.read(MIB):
            got += len(piece)
            time.sleep(0.005)
    # What was on its way already, and the piece that was being sent.
    assert got < 64 * MIB
    row = wait_for_end(studio)
    assert got <= row.sent_bytes < got + 64 * MIB
    assert studio.get(address, studio.client, Range="bytes=0-0").status_code != 206


def take_away(session, end: str) -> None:
    grant = session.scalars(select(Grant)).one()
    if end == "left":
        sitting = session.scalars(select(Sitting.id).where(Sitting.member_id.is_(None))).one()
        sittings.leave(session, sitting_id=sitting)
        return
    member = session.scalars(select(Member)).one()
    owner = MemberActor(member.id, member.vendor_id, member.name, member.role, member.locale, member.time_zone)
    act = grants.revoke if end == "revoked" else grants.rotate
    act(session, actor=owner, grant=grant)


def wait_for_end(studio: Studio) -> Download:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        with studio.look() as session:
            row = session.scalars(select(Download)).one()
            if row.ended_at is not None:
                return row
        time.sleep(0.1)
    raise AssertionError("the download never ended")


def test_a_download_cut_by_the_reader_is_counted_within_a_piece(delivered):
    studio, address = delivered
    answer = studio.get(address, studio.client)
    got = len(answer.raw.read(40 * MIB))
    answer.close()
    row = wait_for_end(studio)
    assert got <= row.sent_bytes < got + 32 * MIB


def test_whole_ranges_and_archive_arrive_unharmed(delivered):
    studio, address = delivered
    whole = studio.get(address, studio.client)
    assert sum(len(piece) for piece in whole.iter_content(MIB)) == LARGE
    for first, last in [(0, 0), (5, 3 * MIB), (LARGE - 7, LARGE - 1)]:
        part = studio.get(address, studio.client, Range=f"bytes={first}-{last}")
        assert (part.status_code, len(part.content)) == (206, last - first + 1)
    archive = studio.get(f"/milestones/{studio.milestone_id}/archive.zip", studio.client)
    assert sum(len(piece) for piece in archive.iter_content(MIB)) == int(archive.headers["Content-Length"])


def test_one_connection_serves_download_after_download(delivered):
    studio, address = delivered
    connection = http.client.HTTPConnection("127.0.0.1", studio.server.port, timeout=30)
    for n in range(5):
        connection.request("GET", address, headers=studio.client | {"Range": f"bytes={n}-{n + 3 * MIB - 1}"})
        answer = connection.getresponse()
        assert (answer.status, len(answer.read())) == (206, 3 * MIB)
    connection.close()
