"""V1: what the project page costs, for the client and for the vendor, beside the least a Flask page can cost."""

from __future__ import annotations

import statistics
from functools import partial

from benchmarks.harness import load, studio
from benchmarks.harness.results import Claim, interleaved, report, spread

ROUNDS = 5


def main() -> None:
    """Both pages and the bare one in turn, eight connections each."""
    with studio.furnished() as (running, measured), studio.bare(running) as bare:
        address = f"{running.server.url}/projects/{measured.project}"
        fire = partial(load.fire, pid=running.server.pid)
        contenders = {
            "client": partial(fire, address, measured.client),
            "vendor": partial(fire, address, running.owner),
            "bare": partial(load.fire, bare.url, {}, pid=bare.pid),
        }
        for warm in contenders.values():
            warm(seconds=1)
        found = interleaved(contenders, ROUNDS)
    cpu = {name: [sample.cpu_ms for sample in samples] for name, samples in found.items()}
    rate = {name: [sample.per_second for sample in samples] for name, samples in found.items()}
    ratio = statistics.median(rate["client"]) / statistics.median(rate["bare"])
    report(
        "V1",
        "the project page: 10 milestones, 30 files delivered, 30 messages, session, authorization",
        [
            Claim("client, CPU ms", spread(cpu["client"]), "≤ 4", statistics.median(cpu["client"]) <= 4),
            Claim("vendor, CPU ms", spread(cpu["vendor"]), "", None),
            Claim("bare Flask and Core, CPU ms", spread(cpu["bare"]), "", None),
            Claim("client, requests/s of bare", f"{ratio:.2f}", "≥ 0.5", ratio >= 0.5),
        ],
        [f"requests/s: client {spread(rate['client'], '.0f')}, bare {spread(rate['bare'], '.0f')}; 8 connections"],
    )


if __name__ == "__main__":
    main()
