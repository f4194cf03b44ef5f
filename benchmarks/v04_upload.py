"""V4: 2 GB arriving in chunks of 64 MB, hashed and synced, beside @tus/server, which does neither; 5 GB in memory."""

from __future__ import annotations

import os
import statistics
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import requests

from benchmarks.harness import memory, peers, sizes, transfers
from benchmarks.harness.results import Claim, interleaved, report, spread
from benchmarks.harness.transfers import Moved, Target
from tests.studios import Studio, opened

SIZE, LARGE, CHUNK, ROUNDS = sizes.size(2_000_000_000), sizes.size(5_000_000_000), 64 << 20, sizes.times(5)
CLIENTS = {"tus-js-client": transfers.by_tus_js, "tuspy": transfers.by_tuspy, "bare socket": transfers.by_socket}


def main() -> None:
    """Three clients to both servers in turn."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        studio = stack.enter_context(opened(folder))
        peer = stack.enter_context(peers.tus_server(folder / "peer"))
        ours = Target(studio.uploads, studio.owner, studio.server.pid, str(studio.milestone_id))
        source, theirs = sizes.noise(folder / "source.bin", SIZE), Target(peer.url, {}, peer.pid)
        contenders = {}
        for name, client in CLIENTS.items():
            contenders[f"{name} to Milepost"] = partial(to_milepost, studio, ours, client, source)
            contenders[f"{name} to @tus/server"] = partial(to_peer, folder / "peer", theirs, client, source)
        found = interleaved(contenders, ROUNDS)
        curve = in_memory(studio, ours, sizes.hollow(folder / "large.bin", LARGE))
    claims = [claim for name in CLIENTS for claim in compared(name, found)]
    growth = Claim(f"memory growth for {LARGE / 1e9:g} GB, MB", f"{curve.growth:.1f}", "< 32", curve.growth < 32)
    notes = [f"memory in MB at each tenth of the large file: {curve.at_tenths()}"]
    report("V4", f"upload of {SIZE / 1e9:g} GB, 64 MB chunks, on SQLite", [*claims, growth], notes)


def to_milepost(studio: Studio, target: Target, client, source: Path) -> Moved:
    """One upload; the file is taken back and the disk is quiet before the next one."""
    made: list[str] = []
    moved = transfers.measured(source.stat().st_size, target.pid, lambda: made.append(client(target, source, CHUNK)))
    address = f"{studio.server.url}/deliverables/{made[0].rpartition('/')[2]}"
    requests.delete(address, headers=studio.owner, timeout=60).raise_for_status()
    os.sync()
    return moved


def to_peer(folder: Path, target: Target, client, source: Path) -> Moved:
    """The same for the other one."""
    moved = transfers.measured(source.stat().st_size, target.pid, lambda: client(target, source, CHUNK))
    for path in folder.iterdir():
        path.unlink()
    os.sync()
    return moved


def in_memory(studio: Studio, target: Target, large: Path) -> memory.Curve:
    """What the server holds while a large file arrives; it is warm already."""
    with memory.Curve(lambda: target.pid) as curve:
        to_milepost(studio, target, transfers.by_socket, large)
    return curve


def compared(client: str, found: dict[str, list[Moved]]) -> list[Claim]:
    """Speed and processor, with their ratios."""
    ours, theirs = found[f"{client} to Milepost"], found[f"{client} to @tus/server"]
    speed, cpu = (
        [[getattr(one, what) for one in side] for side in (ours, theirs)] for what in ("gb_per_second", "cpu_per_gb")
    )
    faster = statistics.median(speed[0]) / statistics.median(speed[1])
    dearer = statistics.median(cpu[0]) / statistics.median(cpu[1])
    return [
        Claim(f"{client}, GB/s", f"{spread(speed[0])}; @tus/server {spread(speed[1])}", "", None),
        Claim(f"{client}, GB/s of @tus/server", f"{faster:.2f}", "≥ 1.0", faster >= 1),
        Claim(f"{client}, CPU s/GB", f"{spread(cpu[0])}; @tus/server {spread(cpu[1])}", "", None),
        Claim(f"{client}, CPU of @tus/server", f"{dearer:.2f}", "≤ 1.2", dearer <= 1.2),
    ]


if __name__ == "__main__":
    main()
