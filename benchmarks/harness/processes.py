"""What a process and its children have used, read from /proc. Linux only."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and everything it has started that still runs."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(int(child) for child in task.read_text().split())
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the family so far, in seconds; also of children that have ended."""
    return sum(_cpu_ticks(member) for member in family(pid)) / TICKS


def resident_bytes(pid: int) -> int:
    """What the family holds in memory now; a page that several share is counted once, a part for each."""
    return sum(_shared_fairly(member) for member in family(pid))


def _shared_fairly(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


def _cpu_ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        # It ended a moment ago; its time is with its parent.
        return 0
    # The name may hold blanks and brackets; what counts comes after the last bracket.
    fields = text.rpartition(")")[2].split()
    return sum(int(fields[place]) for place in (11, 12, 13, 14))
