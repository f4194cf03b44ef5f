"""V7: from saying something to N pages that show it, kept for good, beside a server in Node that keeps nothing."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from benchmarks.harness import peers, sizes
from benchmarks.harness.results import Claim, interleaved, report, spread
from portal.models.milestone import Milestone
from tests.servers import Server
from tests.studios import headers, opened
from tests.worlds import Entered, World

RATE, SECONDS, ROUNDS, SENDERS = 10, 6 if not sizes.SMALL else 2, sizes.times(3), 4
# How many pages each way of holding sockets is meant for, and what of Node's p99 is wanted at most.
KINDS = {"threading": ((50, 200), 4.0), "gevent": ((50, 200, 1000), 1.5)}


@dataclass(frozen=True)
class Room:
    """One conversation on a server: what its listeners and its speakers send."""

    url: str
    path: str
    listener: str | None
    senders: list[dict[str, str]]


def main() -> None:
    """Every number of pages with every kind of server, Node beside each."""
    claims = []
    with ExitStack() as stack:
        node = Room(stack.enter_context(peers.chat_server()), "/", None, [{}])
        rooms = {kind: stack.enter_context(_room(kind)) for kind in KINDS}
        for kind, (counts, most) in KINDS.items():
            for count in counts:
                both = {name: partial(_p99, room, count) for name, room in (("ours", rooms[kind]), ("node", node))}
                interleaved(both, 1)
                claims.append(_claim(kind, count, most, interleaved(both, ROUNDS)))
    report("V7", f"a message, kept, to N pages; {RATE} a second", claims, ["milliseconds from sending to showing, p99"])


def _claim(kind: str, count: int, most: float, found: dict[str, list[float]]) -> Claim:
    ratio = statistics.median(found["ours"]) / statistics.median(found["node"])
    said = f"{spread(found['ours'], '.0f')} ms; Node {spread(found['node'], '.0f')} ms; {ratio:.1f} ×"
    return Claim(f"{kind}, {count} pages", said, f"≤ {most:g} ×", ratio <= most)


def _p99(room: Room, count: int) -> float:
    plan = asdict(room) | {"sockets": count, "rate": RATE, "seconds": SECONDS, "run": uuid.uuid4().hex[:8]}
    command = [peers.program("node"), str(peers.PEERS / "chat_load.mjs"), json.dumps(plan)]
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)
    if done["arrived"] < done["wanted"]:
        raise RuntimeError(f"only {done['arrived']} of {done['wanted']} messages arrived")
    return float(done["p99"])


@contextmanager
def _room(kind: str) -> Iterator[Room]:
    """A server with one conversation, and four people who speak in it."""
    senders: list[dict[str, str]] = []

    def furnish(world: World, milestone: Milestone, _entered: Entered) -> None:
        people = [world.contact(milestone.project, name=f"Sender {number}") for number in range(SENDERS)]
        senders.extend(headers(world.entered(person.code)) for person in people)

    environment = {"PORTAL_SOCKETIO_ASYNC_MODE": kind}
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        opened(Path(folder), furnish=furnish, environment=environment, kind=Server) as studio,
    ):
        path = f"/milestones/{studio.milestone_id}/messages"
        yield Room(studio.server.url, path, studio.client["Cookie"], senders)


if __name__ == "__main__":
    main()
