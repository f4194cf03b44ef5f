"""V6: all files of a milestone as one ZIP, beside one file of the same size; and 25 GB of it in constant memory."""

from __future__ import annotations

import statistics
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.harness import memory, shelf, sizes, transfers
from benchmarks.harness.results import Claim, interleaved, report, spread
from benchmarks.harness.shelf import Shelf
from benchmarks.harness.transfers import Moved

SIZE, LARGE, FILES, ROUNDS = sizes.size(2_000_000_000), sizes.size(5_000_000_000), 5, sizes.times(7)


def main() -> None:
    """The ZIP holds a single file, so that both move the same bytes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        with shelf.stocked(folder / "one", SIZE) as one:
            contenders = {
                "archive": partial(fetch, one, one.archive),
                "plain": partial(fetch, one, one.addresses[0]),
            }
            interleaved(contenders, 1)
            found = interleaved(contenders, ROUNDS)
        with shelf.stocked(folder / "many", 0, *[LARGE] * FILES) as many:
            transfers.download(many.url + many.addresses[0], many.client, 0, 1 << 20)
            with memory.Curve(lambda: many.pid) as curve:
                whole = fetch(many, many.archive)
    report("V6", f"ZIP of {SIZE / 1e9:g} GB, and of {whole.bytes / 1e9:.3g} GB", claims(found, curve), [
        f"memory in MB at each tenth of the large one: {curve.at_tenths()}",
        f"the large one: {whole.gb_per_second:.2f} GB/s",
    ])  # fmt: skip


def claims(found: dict[str, list[Moved]], curve: memory.Curve) -> list[Claim]:
    """Speed beside speed."""
    speeds = {what: [one.gb_per_second for one in samples] for what, samples in found.items()}
    cpu = {what: [one.cpu_per_gb for one in samples] for what, samples in found.items()}
    ratio = statistics.median(speeds["archive"]) / statistics.median(speeds["plain"])
    return [
        Claim("GB/s", f"{spread(speeds['archive'])}; plain {spread(speeds['plain'])}", "", None),
        Claim("GB/s of plain", f"{ratio:.2f}", "≥ 0.5", ratio >= 0.5),
        Claim("CPU s/GB", f"{spread(cpu['archive'])}; plain {spread(cpu['plain'])}", "", None),
        Claim("memory growth, MB", f"{curve.growth:.1f}", "< 32", curve.growth < 32),
    ]


def fetch(stocked: Shelf, address: str) -> Moved:
    """All of it, looked at by nobody."""
    return transfers.measured([stocked.pid], partial(transfers.download, stocked.url + address, stocked.client))


if __name__ == "__main__":
    main()
