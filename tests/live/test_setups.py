"""One smoke suite for every way of running: threads, gevent, and two processes that tell each other by Redis."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from portal.rules.presence import LINGER_SECONDS
from tests.live import stages
from tests.live.people import listening
from tests.live.stages import Stage
from tests.live.test_cut import GRACE_SECONDS, SOON_SECONDS
from tests.live.test_presence import GONE_SECONDS, PATIENCE_SECONDS, names, within
from tests.servers import free_port

SETUPS = {
    "threads": {},
    "gevent": {"PORTAL_SOCKETIO_ASYNC_MODE": "gevent"},
    "two processes": {"PORTAL_WORKERS": "2"},
}


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis of our own, or a skip that says why there is none."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not on this machine")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=SETUPS, scope="module")
def setup(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder, environment = tmp_path_factory.mktemp("setup"), dict(SETUPS[request.param])
    if "PORTAL_WORKERS" not in environment:
        with stages.opened(folder, environment) as made:
            yield made
        return
    with redis_server(folder) as url, stages.opened(folder, environment | {"PORTAL_REDIS_URL": url}) as made:
        yield made


def test_a_message_reaches_every_socket_of_both_sides_once(setup: Stage):
    crowd = [setup.people["owner"]] * 6 + [setup.people["cleo"]] * 6
    with listening(setup.url, *crowd) as sockets:
        for number in range(4):
            assert setup.say("owner", f"to everybody {number}").status_code == 303
        for socket in sockets:
            for number in range(4):
                socket.wait_for("fragment", lambda content, number=number: f"everybody {number}" in content["html"])
        time.sleep(0.5)
        for socket in sockets:
            told = [content["seq"] for content in socket.fragments() if "everybody" in content["html"]]
            assert len(told) == len(set(told)) == 4


def test_typing_and_reading_reach_the_other_side(setup: Stage):
    with listening(setup.url, setup.people["owner"], setup.people["cleo"]) as [owner, cleo]:
        assert cleo.say("typing", {"thread": str(setup.ids["milestone"])}) == {"ok": True}
        assert owner.wait_for("typing")["name"] == "Cleo Chen"
        setup.say("owner", "please read this")
        seq = cleo.wait_for("fragment", lambda content: "please read" in content["html"])["seq"]
        assert cleo.say("read", {"thread": str(setup.ids["milestone"]), "seq": seq}) == {"ok": True}
        owner.wait_for("fragment", lambda content: content["swap"] == "replace")


def test_who_is_here_is_told_to_the_other_side_in_every_process_and_when_they_leave(setup: Stage):
    content = {"thread": str(setup.ids["milestone"]), "visible": True}
    with listening(setup.url, *[setup.people["owner"]] * 6) as owners:
        for owner in owners:
            assert owner.say("here", content) == {"ok": True}
        with listening(setup.url, *[setup.people["cleo"]] * 6) as crowd:
            for cleo in crowd:
                assert cleo.say("here", content) == {"ok": True}
            for owner in owners:
                within(PATIENCE_SECONDS, lambda owner=owner: names(owner) == ["Cleo Chen"])
            for cleo in crowd:
                within(PATIENCE_SECONDS, lambda cleo=cleo: len(names(cleo)) == 1)
            assert cleo.say("here", content | {"visible": False}) == {"ok": True}
            time.sleep(LINGER_SECONDS + 1)
            assert [names(owner) for owner in owners] == [["Cleo Chen"]] * 6
        for owner in owners:
            within(GONE_SECONDS, lambda owner=owner: names(owner) == [])


def test_pages_are_served_beside_the_sockets(setup: Stage):
    with listening(setup.url, *[setup.people["cleo"]] * 20):
        for _ in range(20):
            answer = requests.get(f"{setup.url}/projects", headers=setup.people["owner"], timeout=30)
            assert answer.status_code == 200


def test_a_revoked_socket_is_cut_in_every_process(setup: Stage):
    with listening(setup.url, *[setup.people["viewer"]] * 8) as sockets:
        assert setup.post("owner", f"/grants/{setup.grants['viewer']}/revocation").status_code == 303
        for socket in sockets:
            assert socket.gone.wait(5)


def test_a_revoked_guest_is_not_here_any_more_in_any_process(setup: Stage):
    content = {"thread": str(setup.ids["milestone"]), "visible": True}
    with listening(setup.url, *[setup.people["owner"]] * 4, *[setup.people["cleo"]] * 4) as sockets:
        for socket in sockets:
            assert socket.say("here", content) == {"ok": True}
        for owner in sockets[:4]:
            within(PATIENCE_SECONDS, lambda owner=owner: names(owner) == ["Cleo Chen"])
        assert setup.post("owner", f"/grants/{setup.grants['cleo']}/revocation").status_code == 303
        begun = time.monotonic()
        for owner in sockets[:4]:
            within(SOON_SECONDS + GRACE_SECONDS, lambda owner=owner: names(owner) == [])
        assert time.monotonic() - begun < SOON_SECONDS + GRACE_SECONDS


def test_it_ends_soon_although_pages_are_open(setup: Stage):
    """The last of its file: the server is stopped."""
    with listening(setup.url, *[setup.people["owner"]] * 10):
        begun = time.monotonic()
        setup.studio.server.stop()
        assert time.monotonic() - begun < 10
    with suppress(requests.RequestException):
        assert requests.get(f"{setup.url}/healthz", timeout=2).status_code != 200
