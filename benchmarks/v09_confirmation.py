"""V9: confirming a payment: ledger, receipt number, record entry, outbox, next milestone, in one transaction."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.harness.results import Claim, report
from portal import config, create_app, migrating
from portal.web.installation import installation
from tests.worlds import World

PROJECTS, MILESTONES = 30, 10


def main() -> None:
    """Three hundred confirmations, one after the other, on SQLite with synchronous=FULL."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = config.load({}, instance=Path(folder) / "instance")
        migrating.upgrade(settings)
        app = create_app(settings)
        with installation(app).sessions() as session:
            took = [ms for _ in range(PROJECTS) for ms in confirmations(World.founded(app, session))]
    took = took[MILESTONES:]
    p95, rate = statistics.quantiles(took, n=20)[-1], 1000 / statistics.mean(took)
    report(
        "V9",
        "a payment confirmed, SQLite FULL, one writer",
        [
            Claim("p95, ms", f"{p95:.1f}", "≤ 15", p95 <= 15),
            Claim("a second", f"{rate:.0f}", "≥ 200", rate >= 200),
            Claim("median, ms", f"{statistics.median(took):.1f}", "", None),
        ],
        [f"{len(took)} confirmations; each settles a milestone and opens the next"],
    )


def confirmations(world: World) -> list[float]:
    """Milliseconds for each milestone of one project."""
    project = world.project(amounts=("100",) * MILESTONES)
    cleo, took = world.contact(project), []
    for position in range(1, MILESTONES + 1):
        payment = world.report(world.deliver(world.milestone(project, position), note="Done."), cleo)
        start = time.perf_counter()
        world.confirm(payment)
        took.append((time.perf_counter() - start) * 1000)
    return took


if __name__ == "__main__":
    main()
