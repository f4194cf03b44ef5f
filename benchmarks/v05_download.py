"""V5: a stored file leaving, alone and behind nginx, beside nginx with the same file; whole, and by pieces of 1 MiB."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.harness import peers, shelf, sizes, transfers
from benchmarks.harness.processes import cpu_seconds
from benchmarks.harness.results import Claim, interleaved, report, spread
from benchmarks.harness.transfers import Moved

SIZE, ROUNDS, CONNECTIONS, SECONDS, MIB = sizes.size(2_000_000_000), sizes.times(7), 4, 1.5, 1 << 20
LARGE, LATE = 5_000_000_000, 4_900_000_000
WAYS = {"Milepost": "≥ 0.8", "Milepost behind nginx": "≥ 0.9", "nginx": ""}


def main() -> None:
    """Three ways to the same bytes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        alone = stack.enter_context(shelf.stocked(folder / "alone", SIZE, LARGE))
        fronted = stack.enter_context(
            shelf.stocked(folder / "fronted", SIZE, LARGE, environment={"PORTAL_ACCEL": "nginx"})
        )
        front = stack.enter_context(peers.nginx(folder / "nginx", fronted.files, fronted.url))
        places = {
            "Milepost": (alone.url, alone.addresses, alone.client, [alone.pid]),
            "Milepost behind nginx": (front.url, fronted.addresses, fronted.client, [fronted.pid, front.pid]),
            "nginx": (front.url, [f"/static-files/{name}" for name in fronted.names], {}, [front.pid]),
        }
        found = measure(places)
    base = {what: statistics.median(speeds(found[f"nginx, {what}"])) for what in ("whole", "early", "late")}
    claims = [whole(way, found, base["whole"]) for way in WAYS] + [pieces(way, found, base["early"]) for way in WAYS]
    claims.append(early_and_late(found))
    report("V5", f"download of {SIZE / 1e9:g} GB, and of pieces of 1 MiB of {LARGE / 1e9:g} GB", claims, [
        f"behind nginx: X-Accel-Redirect, counted with nginx's processor time; pieces over {CONNECTIONS} connections",
        "CPU s/GB: " + ", ".join(f"{way} {spread([m.cpu_per_gb for m in found[f'{way}, whole']])}" for way in WAYS),
    ])  # fmt: skip


def measure(places: dict) -> dict[str, list[Moved]]:
    """Whole files, early and late pieces, each way in turn."""
    contenders = {}
    for way, (url, (file, large), headers, pids) in places.items():
        contenders[f"{way}, whole"] = partial(fetch_whole, url + file, headers, pids)
        contenders[f"{way}, early"] = partial(fetch_pieces, url + large, headers, pids, 0)
        contenders[f"{way}, late"] = partial(fetch_pieces, url + large, headers, pids, LATE)
    interleaved(contenders, 1)
    return interleaved(contenders, ROUNDS)


def fetch_whole(url: str, headers: dict[str, str], pids: list[int]) -> Moved:
    before, start = sum(map(cpu_seconds, pids)), time.monotonic()
    size = transfers.download(url, headers)
    return Moved(size, time.monotonic() - start, sum(map(cpu_seconds, pids)) - before)


def fetch_pieces(url: str, headers: dict[str, str], pids: list[int], first: int) -> Moved:
    counts, before, start = [0] * CONNECTIONS, sum(map(cpu_seconds, pids)), time.monotonic()

    def ask(place: int) -> None:
        with transfers.connected(url) as line:
            while time.monotonic() < start + SECONDS:
                counts[place] += transfers.fetch(line, url, headers, first, MIB)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Moved(sum(counts), time.monotonic() - start, sum(map(cpu_seconds, pids)) - before)


def speeds(samples: list[Moved]) -> list[float]:
    return [one.gb_per_second for one in samples]


def whole(way: str, found: dict[str, list[Moved]], base: float) -> Claim:
    return _compared(f"whole, {way}, GB/s", speeds(found[f"{way}, whole"]), base, WAYS[way], float(WAYS[way][2:] or 0))


def pieces(way: str, found: dict[str, list[Moved]], base: float) -> Claim:
    rates = [one.bytes / MIB / one.seconds for one in found[f"{way}, early"]]
    return _compared(f"pieces of 1 MiB, {way}, a second", rates, base * 1e9 / MIB, "≥ 0.3" if WAYS[way] else "", 0.3)


def early_and_late(found: dict[str, list[Moved]]) -> Claim:
    early, late = (statistics.median([m.cpu_per_gb for m in found[f"Milepost, {when}"]]) for when in ("early", "late"))
    return Claim("a piece at 4.9 GB costs what one at 0 does, CPU", f"{late / early:.2f}", "≤ 1.2", late / early <= 1.2)


def _compared(name: str, values: list[float], base: float, wanted: str, least: float) -> Claim:
    ratio = statistics.median(values) / base
    return Claim(name, f"{spread(values)}; {ratio:.2f} of nginx", wanted, ratio >= least if wanted else None)


if __name__ == "__main__":
    main()
