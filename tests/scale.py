"""How much of a long test is run: a part in `make test`, all of it in `make faults`; and what came out of it.

`make faults` sets MILEPOST_FULL, MILEPOST_SEED and MILEPOST_FIGURES (see tests/full.py). A failing run is made again
with the seed it printed.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

FULL = os.environ.get("MILEPOST_FULL") == "1"
SEED = int(os.environ.get("MILEPOST_SEED") or random.SystemRandom().randrange(1 << 32))


def cases(some: int, full: int) -> int:
    """How many: `full` is the number of reliability.md."""
    return full if FULL else some


def chance(name: str) -> random.Random:
    """Chance that comes out the same for the same seed and name. Prints the seed, which pytest shows on failure."""
    print(f"MILEPOST_SEED={SEED}")
    return random.Random(f"{SEED} {name}")


def figure(number: str, what: str, **counted: int | float | str) -> None:
    """A line for the report: the number of the promise in reliability.md, what was done, and what was counted."""
    print(f"{number} {what}: " + ", ".join(f"{name} {value}" for name, value in counted.items()))
    if place := os.environ.get("MILEPOST_FIGURES"):
        line = json.dumps({"number": number, "what": what, "counted": counted}, ensure_ascii=False)
        with Path(place).open("a") as kept:
            kept.write(line + "\n")
