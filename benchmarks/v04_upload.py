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
from tests.servers import Server
from tests.studios import Studio, opened

SIZE, LARGE, CHUNK, ROUNDS = sizes.size(2_000_000_000), sizes.size(5_000_000_000), 64 << 20, sizes.times(5)
WANTED = {"gb_per_second": ("GB/s", "≥ 1.0"), "cpu_per_gb": ("CPU s/GB", "≤ 1.2")}
CLIENTS = {
    "tus-js-client": transfers.by_tus_js,
    "tuspy": transfers.by_tuspy,
    "bare socket": transfers.by_socket,
}


def main() -> None:
    """Three clients to both servers in turn."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        studio = stack.enter_context(opened(folder, kind=Server))
        peer = stack.enter_context(peers.tus_server(folder / "peer"))
        ours = Target(studio.uploads, studio.owner, studio.server.pid, str(studio.milestone_id))
        source, theirs = sizes.noise(folder / "source.bin", SIZE), Target(peer.url, {}, peer.pid)
        contenders = {}
        for name, client in CLIENTS.items():
            contenders[f"{name} to Milepost"] = partial(to_milepost, studio, ours, client, source)
            contenders[f"{name} to @tus/server"] = partial(to_peer, folder / "peer", theirs, client, source)
        found = interleaved(contenders, ROUNDS)
        large = sizes.hollow(folder / "large.bin", LARGE)
        with memory.Curve(lambda: ours.pid) as curve:
            to_milepost(studio, ours, transfers.by_socket, large)
    claims = [compared(name, what, found) for what in WANTED for name in CLIENTS]
    growth = Claim(f"memory growth for {LARGE / 1e9:g} GB, MB", f"{curve.growth:.1f}", "< 32", curve.growth < 32)
    notes = [f"memory in MB at each tenth of the large file: {curve.at_tenths()}"]
    report("V4", f"upload of {SIZE / 1e9:g} GB, 64 MB chunks, on SQLite", [*claims, growth], notes)


def to_milepost(studio: Studio, target: Target, client: transfers.Client, source: Path) -> Moved:
    """One upload; the file is taken back before the next one."""
    made, moved = transfers.upload(target, client, source, CHUNK)
    address = f"{studio.server.url}/deliverables/{made.rpartition('/')[2]}"
    requests.delete(address, headers=studio.owner, timeout=60).raise_for_status()
    os.sync()
    return moved


def to_peer(folder: Path, target: Target, client: transfers.Client, source: Path) -> Moved:
    """The same for the other one."""
    _made, moved = transfers.upload(target, client, source, CHUNK)
    for path in folder.iterdir():
        path.unlink()
    os.sync()
    return moved


def compared(client: str, what: str, found: dict[str, list[Moved]]) -> Claim:
    """Speed or processor time, as a share of the other's."""
    ours, theirs = (
        [getattr(one, what) for one in found[f"{client} to {each}"]] for each in ("Milepost", "@tus/server")
    )
    ratio, (unit, wanted) = statistics.median(ours) / statistics.median(theirs), WANTED[what]
    reached = ratio >= 1 if what == "gb_per_second" else ratio <= 1.2
    return Claim(f"{client}, {unit}", f"{spread(ours)}; {ratio:.2f} of @tus/server {spread(theirs)}", wanted, reached)


if __name__ == "__main__":
    main()
