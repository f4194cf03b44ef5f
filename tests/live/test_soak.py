"""Many pages open for a while: everybody hears everything, memory stays, and a storm of returns is weathered."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import browser, scale
from tests.live import stages
from tests.live.stages import Stage
from tests.live.weighing import server_memory

CROWD = Path(__file__).with_name("crowd.cjs")
# How many sockets each way of holding them is for, and how many here.
KINDS = {"threading": (300, 40), "gevent": (1000, 60)}
PER_SECOND = 10


class Crowd:
    """Many sockets of one person, in a program of their own."""

    def __init__(self, stage: Stage, who: str, count: int) -> None:
        command = [browser.node_or_skip(), str(CROWD), stage.url, stage.people[who]["Cookie"], str(count)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=browser.ROOT
        )
        self.wait()

    def wait(self) -> None:
        """Until all are connected."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def drop(self) -> float:
        """Lose every connection at once; the seconds until all are back."""
        begun = time.monotonic()
        self._tell("drop")
        self.wait()
        return time.monotonic() - begun

    def end(self) -> dict[str, Any]:
        """What was heard."""
        self._tell("end")
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        self._process.wait(timeout=20)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        return said

    def _tell(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()


@contextmanager
def running(folder: Path, kind: str) -> Iterator[Stage]:
    with stages.opened(folder, {"PORTAL_SOCKETIO_ASYNC_MODE": kind}) as made:
        yield made


def talk(stage: Stage, seconds: float) -> int:
    """Two people in turn, at an even rate; how many messages."""
    said, deadline, started = 0, time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < deadline:
        body = f"sent-{int(time.time() * 1000)}- number {said}"
        answer = stage.say(("owner", "cleo")[said % 2], body, key=f"soak-key-{started:.3f}-{said}")
        assert answer.status_code in (303, 429), answer.text
        said += answer.status_code == 303
        time.sleep(max(0.0, started + (said + 1) / PER_SECOND - time.monotonic()))
    return said


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
def test_a_crowd_hears_everything_and_memory_stays(tmp_path: Path, kind: str) -> None:
    full, some = KINDS[kind]
    count, seconds = scale.cases(some, full=full), scale.cases(4, full=120)
    with running(tmp_path, kind) as stage:
        crowd = Crowd(stage, "cleo", count)
        talk(stage, 2)
        before = server_memory(stage)
        said = talk(stage, seconds)
        grown = server_memory(stage) - before
        back = crowd.drop()
        page = requests.get(f"{stage.url}/projects", headers=stage.people["owner"], timeout=60)
        assert page.status_code == 200
        more = talk(stage, 1)
        time.sleep(2)
        heard = crowd.end()
    assert heard["twice"] == 0
    assert heard["orderly"] == count
    assert min(heard["heard"]) >= said + more
    scale.figure(
        "G5", f"a crowd on {kind}", sockets=count, messages=said + more,
        per_second=round(said / seconds, 1), p99_ms=heard["p99"],
        grown_mb=grown >> 20, back_s=round(back, 1),
    )  # fmt: skip
    assert grown < 50 << 20
