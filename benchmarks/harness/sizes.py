"""How large and how often: as performance.md says, or a tenth with BENCH_SMALL=1, to see that everything runs."""

from __future__ import annotations

import os
from pathlib import Path

SMALL = os.environ.get("BENCH_SMALL") == "1"
BLOCK = 1 << 24


def size(full: int) -> int:
    """So many bytes, or a twentieth."""
    return full // 20 if SMALL else full


def times(full: int) -> int:
    """So many times, or once."""
    return 1 if SMALL else full


def noise(path: Path, length: int) -> Path:
    """A file of bytes that nothing can shorten, in memory once this returns."""
    block = os.urandom(BLOCK)
    with path.open("wb") as file:
        while length:
            length -= file.write(block[: min(BLOCK, length)])
        os.fsync(file.fileno())
    return path


def hollow(path: Path, length: int) -> Path:
    """A file of zeros that takes no room."""
    with path.open("wb") as file:
        file.truncate(length)
    return path
