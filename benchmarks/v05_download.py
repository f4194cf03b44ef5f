"""V5: a stored file leaving, alone and behind nginx, beside nginx with the same file; whole, and by pieces of 1 MiB."""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.harness import peers, shelf, sizes, transfers
from benchmarks.harness.results import Claim, interleaved, report, spread
from benchmarks.harness.transfers import PIECE, Moved

SIZE, ROUNDS, SECONDS = sizes.size(2_000_000_000), sizes.times(7), 1.5
LARGE, LATE = 5_000_000_000, 4_900_000_000
# What of nginx's speed is wanted for the whole file and for pieces.
WANTED = {"Milepost": (0.8, 0.3), "Milepost behind nginx": (0.9, 0.3), "nginx": (None, None)}
Found = dict[str, list[Moved]]


def main() -> None:
    """Three ways to the same bytes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        alone = stack.enter_context(shelf.stocked(folder / "alone", SIZE, LARGE))
        behind = stack.enter_context(
            shelf.stocked(folder / "behind", SIZE, LARGE, environment={"PORTAL_ACCEL": "nginx"})
        )
        nginx = stack.enter_context(peers.nginx(folder / "nginx", behind.files, behind.url))
        contenders = {}
        for way, url, addresses, headers, pids in (
            ("Milepost", alone.url, alone.addresses, alone.client, [alone.pid]),
            ("Milepost behind nginx", nginx.url, behind.addresses, behind.client, [behind.pid, nginx.pid]),
            ("nginx", nginx.url, [f"/static-files/{name}" for name in behind.names], {}, [nginx.pid]),
        ):
            file, large = (url + address for address in addresses)
            moves = {
                "whole": partial(transfers.download, file, headers),
                "early": partial(transfers.pieces, large, headers, 0, SECONDS),
                "late": partial(transfers.pieces, large, headers, LATE, SECONDS),
            }
            contenders |= {f"{way}, {what}": partial(transfers.measured, pids, move) for what, move in moves.items()}
        interleaved(contenders, 1)
        found = interleaved(contenders, ROUNDS)
    claims = [compared(way, what, found) for what in ("whole", "early", "late") for way in WANTED]
    costs = ", ".join(f"{way} {spread([m.cpu_per_gb for m in found[f'{way}, whole']])}" for way in WANTED)
    notes = [
        "behind nginx: X-Accel-Redirect, nginx’s processor time counted too; pieces over 4 connections",
        f"CPU s/GB of whole files: {costs}",
    ]
    title = f"download of {SIZE / 1e9:g} GB, and of pieces of 1 MiB of {LARGE / 1e9:g} GB"
    report("V5", title, [*claims, early_and_late(found)], notes)


def compared(way: str, what: str, found: Found) -> Claim:
    """Speed, as a share of nginx's own."""
    ours, base = ([one.gb_per_second for one in found[f"{each}, {what}"]] for each in (way, "nginx"))
    ratio, wanted = statistics.median(ours) / statistics.median(base), WANTED[way][what != "whole"]
    name, unit, form = f"whole, {way}", "GB/s", ".2f"
    if what != "whole":
        name, unit, form = f"pieces at {'0' if what == 'early' else '4.9 GB'}, {way}", "a second", ".0f"
        ours = [speed * 1e9 / PIECE for speed in ours]
    said = f"{spread(ours, form)} {unit}; {ratio:.2f} of nginx"
    return Claim(name, said, f"≥ {wanted}" if wanted else "", ratio >= wanted if wanted else None)


def early_and_late(found: Found) -> Claim:
    """A piece costs the same wherever it is."""
    early, late = (statistics.median(one.cpu_per_gb for one in found[f"Milepost, {at}"]) for at in ("early", "late"))
    return Claim("CPU of a piece at 4.9 GB, of one at 0", f"{late / early:.2f}", "≤ 1.2", late / early <= 1.2)


if __name__ == "__main__":
    main()
