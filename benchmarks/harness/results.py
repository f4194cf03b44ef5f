"""What came out: printed as it comes, and kept for RESULTS.md."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Claim:
    """One line of a result: what was measured, what performance.md asks for, and whether it is reached."""

    name: str
    measured: str
    wanted: str
    reached: bool | None


def interleaved(contenders: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Each contender in turn, over and over, so that a slow minute of the machine meets all of them."""
    found: dict[str, list[T]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            found[name].append(run())
    return found


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """The median, and the smallest and largest beside it."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def report(number: str, title: str, claims: Sequence[Claim], notes: Sequence[str] = ()) -> None:
    """Print a result, and keep it where `make bench` said."""
    print(f"{number} {title}")
    for claim in claims:
        verdict = {True: "reached", False: "short", None: "for the record"}[claim.reached]
        print(f"  {claim.name}: {claim.measured} · wanted {claim.wanted or '–'} · {verdict}")
    for note in notes:
        print(f"  {note}")
    if folder := os.environ.get("BENCH_RESULTS"):
        kept = {"number": number, "title": title, "claims": [asdict(claim) for claim in claims], "notes": list(notes)}
        (Path(folder) / f"{number}.json").write_text(json.dumps(kept, ensure_ascii=False))
