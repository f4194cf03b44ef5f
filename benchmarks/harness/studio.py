"""A studio to measure: the project of performance.md V1 on a real server, and the bare page beside it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks.harness import growth
from portal.models.milestone import Milestone
from tests.servers import ROOT, Server, free_port
from tests.studios import Studio, headers, opened
from tests.worlds import Entered, World

MILESTONES, FILES_EACH, MESSAGES = 10, 5, 30


@dataclass(frozen=True)
class Measured:
    """The project that is measured, and what its client's browser sends."""

    project: str
    client: dict[str, str]


@dataclass(frozen=True)
class Bare:
    """The bare application: where it answers, and its process."""

    url: str
    pid: int


@contextmanager
def furnished(others: int = 0) -> Iterator[tuple[Studio, Measured]]:
    """A server with a project of ten milestones: five paid, the sixth delivered; five files each; thirty
    messages about it. And `others` more."""
    found: list[Measured] = []

    def furnish(world: World, _first: Milestone, _entered: Entered) -> None:
        project = world.project(title="Measured", amounts=("1000",) * MILESTONES)
        cleo = world.contact(project)
        for position in range(1, MILESTONES // 2 + 1):
            _deliver(world, world.milestone(project, position))
            world.pay(world.milestone(project, position), cleo)
        _deliver(world, world.milestone(project, MILESTONES // 2 + 1))
        _talk(world, world.milestone(project, MILESTONES // 2 + 1), cleo)
        found.append(Measured(str(project.id), headers(world.entered(cleo.code))))
        growth.grow(world, others)

    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        opened(Path(folder), furnish=furnish, kind=Server) as studio,
    ):
        yield studio, found[0]


@contextmanager
def bare(studio: Studio) -> Iterator[Bare]:
    """The bare page, on the same database."""
    port = free_port()
    database = studio.server.instance / "portal.db"
    command = [sys.executable, "-m", "benchmarks.harness.bare", str(database), str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}/"
        for _ in range(100):
            with suppress(OSError), urlopen(url, timeout=2):
                break
            time.sleep(0.1)
        yield Bare(url, process.pid)
    finally:
        process.terminate()
        process.wait()


def _talk(world: World, milestone: Milestone, cleo: Entered) -> None:
    speakers = (world.owner, world.contact_actor(cleo.grant_id))
    for number in range(MESSAGES):
        world.say(speakers[number % 2], milestone, f"Number {number}: a line as people write it, with **some** marks.")


def _deliver(world: World, milestone: Milestone) -> None:
    files = [(f"file {milestone.position}-{number}.txt", b"x" * 1000 * number) for number in range(1, FILES_EACH + 1)]
    world.deliver(milestone, *files)
