"""Who may open a socket at all (reliability.md G1): pages of this portal, for people who are in."""

from __future__ import annotations

import pytest
import requests
import socketio
import websocket

from tests import scale
from tests.live.people import Listener
from tests.live.stages import Stage

OWN = "http://127.0.0.1:{port}"
FOREIGN = [
    "null",
    "https://evil.example",
    "http://evil.example:{port}",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:{port}.evil.example",
    "http://evil.127.0.0.1:{port}",
    "http://127.0.0.1:{port}@evil.example",
    "http://localhost:{port}",
    "HTTP://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "http://[",
]


def shaken(stage: Stage, origin: str | None, **more: str) -> int:
    """The status of a handshake."""
    address = f"{stage.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    port = stage.url.rpartition(":")[2]
    sent = origin.format(port=port) if origin else None
    try:
        websocket.create_connection(
            address, origin=sent, suppress_origin=origin is None, timeout=10,
            header=[f"{name}: {value}" for name, value in ({"Cookie": stage.people["owner"]["Cookie"]} | more).items()],
        ).close()  # fmt: skip
    except websocket.WebSocketBadStatusException as error:
        return int(error.status_code)
    return 101


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_somebody_else_opens_no_socket(stage, origin):
    assert shaken(stage, origin) in (400, 403)


@pytest.mark.parametrize("origin", [OWN, None])
def test_our_own_pages_and_programs_do(stage, origin):
    assert shaken(stage, origin) == 101
    scale.figure("G1", "origins × websocket and polling", cases=2 * (len(FOREIGN) + 2))


@pytest.mark.parametrize("origin", [*FOREIGN, OWN, ""])
def test_there_is_no_polling_for_anybody(stage, origin):
    """What is not a WebSocket is a page that does not exist."""
    headers = {"Origin": origin.format(port=stage.url.rpartition(":")[2])} if origin else {}
    for address in ("/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4&transport=websocket"):
        answer = requests.get(f"{stage.url}{address}", headers=stage.people["owner"] | headers, timeout=10)
        assert answer.status_code == 404
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_host_that_is_not_ours_opens_none(stage):
    assert shaken(stage, "http://evil.example", Host="evil.example") in (400, 403)


@pytest.mark.parametrize("who", ["nobody", "revoked"])
def test_whoever_is_not_in_is_not_let_in(stage, who):
    with pytest.raises(socketio.exceptions.ConnectionError):
        Listener(stage.url, stage.people[who]).connect()


@pytest.mark.parametrize("who", ["owner", "member", "cleo", "viewer", "payer", "other contact"])
def test_whoever_is_in_is(stage, who):
    Listener(stage.url, stage.people[who]).connect().leave()
