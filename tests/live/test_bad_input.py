"""What no page of ours ever sends: refused in a word, nobody else notices, nothing is kept (G5, G6)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from statistics import quantiles

import pytest
import requests
import websocket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.live import handlers
from tests import scale
from tests.live.people import Listener, listening
from tests.live.stages import Stage
from tests.live.weighing import server_memory

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ODD = st.one_of(
    JSON,
    st.binary(max_size=200),
    st.fixed_dictionaries({"thread": JSON, "seq": JSON}),
    st.fixed_dictionaries({"thread": JSON}),
    st.fixed_dictionaries({"thread": JSON, "visible": JSON}),
)


def raw(stage: Stage, who: str = "cleo") -> websocket.WebSocket:
    """A WebSocket that has said who it is, and nothing else."""
    address = f"{stage.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    opened = websocket.create_connection(
        address, timeout=20, suppress_origin=True, header=[f"Cookie: {stage.people[who]['Cookie']}"]
    )
    assert opened.recv().startswith("0{")
    opened.send("40")
    assert opened.recv().startswith("40{")
    return opened


@pytest.mark.scaled
def test_any_content_of_any_event_is_answered_and_nobody_else_notices(stage: Stage):
    tried = 0
    with listening(stage.url, stage.people["owner"]) as [bystander]:
        socket = Listener(stage.url, stage.people["cleo"]).connect()

        @settings(max_examples=scale.cases(60, full=2000), deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from([*handlers.EVENTS, "join", "disconnecting", ""]), ODD)
        def send(event, content):
            nonlocal tried
            tried += 1
            if event in handlers.EVENTS:
                answer = socket.say(event, content)
                assert answer in (handlers.REFUSED, handlers.TOO_FAST), (event, content, answer)
            else:
                socket.client.emit(event, content)
            if tried % 15 == 0:
                time.sleep(1 if tried % 60 == 0 else 0.2)

        send()
        assert not bystander.gone.is_set()
        socket.leave()
    assert "Traceback" not in stage.studio.server.log.read_text()
    scale.figure("G6", "odd contents of events", payloads=tried)


def test_frames_no_browser_sends_end_that_socket_alone(stage: Stage):
    with listening(stage.url, stage.people["owner"]) as [bystander]:
        for nonsense in ("", "9", "42", '42["typing"', "42{}", "451-[]", "b", "x" * 1000, '42["typing",' + "[" * 5000):
            opened = raw(stage)
            opened.send(nonsense)
            opened.close()
        opened = raw(stage)
        opened.send_binary(b"\x00\xff" * 500)
        opened.close()
        time.sleep(0.5)
        assert not bystander.gone.is_set()
        assert stage.say("owner", "still here after the nonsense").status_code == 303


@pytest.mark.parametrize("size", [64 * 1024 + 2048, 1 << 20, 8 << 20])
def test_a_frame_above_the_limit_is_not_collected(stage: Stage, size):
    opened = raw(stage)
    before = server_memory(stage)
    with suppress(websocket.WebSocketException, OSError):
        opened.send('42["typing","' + "x" * size + '"]')
        while opened.recv():
            pass
    # Closed by the server, whatever of it was still on the way.
    with suppress(OSError):
        while opened.sock is not None and opened.sock.recv(4096):
            pass
    opened.shutdown()
    assert server_memory(stage) - before < 50 << 20


@pytest.mark.scaled
def test_a_burst_is_answered_with_too_fast_and_others_go_on(stage: Stage):
    count = scale.cases(1000, full=10_000)
    with listening(stage.url, stage.people["owner"], stage.people["cleo"]) as [owner, cleo]:
        before = server_memory(stage)
        for _ in range(count):
            cleo.client.emit("typing", {"thread": str(stage.ids["milestone"])})
        times = []
        for _ in range(20):
            begun = time.monotonic()
            assert requests.get(f"{stage.url}/projects", headers=stage.people["owner"], timeout=30).status_code == 200
            times.append(time.monotonic() - begun)
        assert not owner.gone.is_set()
        heard = [name for name, _ in owner.heard if name == "typing"]
        assert len(heard) < 20 + 5 * 60
        grown = server_memory(stage) - before
    scale.figure(
        "G5", "events in one burst", events=count, passed=len(heard), p95_ms=round(quantiles(times, n=20)[-1] * 1000)
    )
    assert grown < 50 << 20


READER = """
import sys, websocket
opened = websocket.create_connection(sys.argv[1], suppress_origin=True, header=["Cookie: " + sys.argv[2]])
opened.recv(); opened.send("40"); opened.recv()
print("ready", flush=True)
while True:
    if not opened.recv():
        break
"""


@pytest.mark.faults
def test_a_reader_that_stops_reading_holds_up_nobody(stage: Stage):
    """Stopped for a minute (a few seconds here) while others talk: they are told in time, and memory stays."""
    address = f"{stage.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    command = [sys.executable, "-c", READER, address, stage.people["cleo"]["Cookie"]]
    deaf = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert deaf.stdout is not None
    assert deaf.stdout.readline() == "ready\n"
    os.kill(deaf.pid, signal.SIGSTOP)
    try:
        with listening(stage.url, stage.people["viewer"]) as [other]:
            before, seconds, said, delays = server_memory(stage), scale.cases(4, full=60), 0, []
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                body = f"to somebody deaf {said} " + "x" * random.randint(10, 8000)
                begun = time.monotonic()
                if stage.say("owner", body, key=f"deaf-{said:06}").status_code == 303:
                    other.wait_for("fragment", lambda content, body=body: body[:30] in content["html"])
                    delays.append(time.monotonic() - begun)
                    said += 1
                time.sleep(0.2)
            grown = server_memory(stage) - before
        p95 = sorted(delays)[int(len(delays) * 0.95) - 1]
        scale.figure(
            "G5", "a reader stopped", seconds=seconds, messages=said, p95_ms=round(p95 * 1000), grown_mb=grown >> 20
        )
        assert grown < 50 << 20
        assert p95 < 1
    finally:
        os.kill(deaf.pid, signal.SIGCONT)
        deaf.kill()
        deaf.wait()
        deaf.stdout.close()
