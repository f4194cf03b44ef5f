"""Disks that get full: a small one of memory where mounting is allowed, else a limit on the size of files."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MIB = 1 << 20
BLOCK = 4096


class SmallDisk:
    """A file system of its own, with a file that takes the room it is told to take."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ballast = root / "ballast"

    def leave(self, free: int) -> None:
        """Fill it until `free` bytes are left, to the block."""
        room = shutil.disk_usage(self.root).free
        with self._ballast.open("ab") as file:
            while room - free >= BLOCK:
                piece = min(room - free, MIB) // BLOCK * BLOCK
                file.write(bytes(piece))
                file.flush()
                room = shutil.disk_usage(self.root).free

    def clear(self) -> None:
        """Give all of it back."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def mounted(folder: Path, size: int) -> Iterator[SmallDisk]:
    """A tmpfs of `size` bytes, or a skip that says why there is none."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"small disk: mounting is not allowed here ({made.stderr.strip()})")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def limited(pids: list[int], most: int) -> Iterator[None]:
    """No file of these processes may grow beyond `most` bytes: what a full disk looks like without one."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            if os.path.exists(f"/proc/{pid}"):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
