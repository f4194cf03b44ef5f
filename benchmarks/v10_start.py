"""V10: from the command to the first page, and what the portal holds in memory with its jobs running."""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from benchmarks.harness.processes import resident_bytes
from benchmarks.harness.results import Claim, report, spread
from tests.servers import Server

ROUNDS = 5
MB = 1_000_000


def main() -> None:
    """An installation that exists, started again and again."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server = Server(Path(folder) / "instance")
        runs = [first_page(server) for _ in range(ROUNDS + 1)][1:]
    seconds, megabytes = [run[0] for run in runs], [run[1] for run in runs]
    report(
        "V10",
        "start and footprint",
        [
            Claim("first page after the command, s", spread(seconds), "≤ 2", statistics.median(seconds) <= 2),
            Claim("resident, MB", spread(megabytes, ".0f"), "≤ 160", statistics.median(megabytes) <= 160),
        ],
        ["master and one worker process; memory they share is counted once (PSS)"],
    )


def first_page(server: Server) -> tuple[float, float]:
    """Seconds until /login came, and megabytes a moment later."""
    start = time.monotonic()
    server.spawn()
    try:
        while True:
            with suppress(OSError), urlopen(f"{server.url}/enter", timeout=2) as answer:
                answer.read()
                break
            time.sleep(0.01)
        took = time.monotonic() - start
        time.sleep(2)
        return took, resident_bytes(server.pid) / MB
    finally:
        server.stop()


if __name__ == "__main__":
    main()
