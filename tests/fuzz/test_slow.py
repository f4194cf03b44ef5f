"""I1: people whose requests arrive slowly, or who read slowly, do not keep the others waiting."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import requests

from tests import scale
from tests.servers import Server, serving

pytestmark = pytest.mark.faults
PAGES = 10
SLOW = {
    "nothing": "nothing comes", "head": "the head comes byte by byte", "body": "the body comes byte by byte",
    "answer": "the answer is not read",
}  # fmt: skip
# As few threads as the settings allow beside the sixty-four there usually are: what is slow must not need one.
THREADS = {"PORTAL_THREADS": "8"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("slow") / "instance", THREADS) as running:
        yield running


def begin(server: Server, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(sent)
    return connection


def starts(server: Server) -> dict[str, bytes]:
    """How each kind of slow request begins."""
    host = f"Host: 127.0.0.1:{server.port}\r\n".encode()
    page = b"GET /setup HTTP/1.1\r\n" + host
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ncode="
    return {
        "nothing": b"",
        "head": page + b"X-A: ",
        "body": b"POST /setup HTTP/1.1\r\n" + host + form,
        "answer": (page + b"\r\n") * 2,
    }


@contextmanager
def slow(server: Server, start: bytes, count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as held:
        yield [held.enter_context(begin(server, start)) for _ in range(count)]


def page_seconds(server: Server, connections: list[socket.socket], drop: bytes) -> list[float]:
    """How long each page took, while every connection gets one byte more in between."""
    took = []
    for _ in range(PAGES):
        for connection in connections:
            with suppress(OSError):
                connection.sendall(drop)
        begun = time.monotonic()
        assert requests.get(f"{server.url}/setup", timeout=20).status_code == 200
        took.append(time.monotonic() - begun)
    return sorted(took)


@pytest.mark.parametrize("kind", SLOW)
def test_requests_that_arrive_slowly_hold_nobody_up(server: Server, kind: str) -> None:
    count, start = scale.cases(30, 500), starts(server)[kind]
    with slow(server, start, count) as connections:
        took = page_seconds(server, connections, b"a" if kind in ("head", "body") else b"")
    slowest = took[int(PAGES * 0.95) - 1]
    assert slowest < 1
    scale.figure("I1", f"slow connections, {SLOW[kind]}", connections=count, p95_seconds=round(slowest, 3))


def test_a_request_in_small_pieces_is_answered_as_one(server: Server) -> None:
    form = b"code=" + b"x" * 995
    whole = starts(server)["body"].removesuffix(b"code=") + form
    with begin(server, whole[:1]) as connection:
        for at in range(1, len(whole), 97):
            connection.sendall(whole[at : at + 97])
            time.sleep(0.005)
        assert connection.recv(12) == b"HTTP/1.1 400"


def test_a_request_that_never_arrives_is_given_up(server: Server) -> None:
    """Only in `make faults`, because there is nothing to do but to wait for it."""
    for _ in range(scale.cases(0, 1)):
        with begin(server, b"GET /setup HTTP/1.1\r\n") as connection:
            connection.settimeout(40)
            begun = time.monotonic()
            assert connection.recv(1) == b""
            assert time.monotonic() - begun < 35
