"""The bytes of a running upload: one file, held by one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from portal.adapters.failpoints import failpoint

COPY_BYTES = 1 << 20
EAGER_BYTES = 8 << 20


class Missing(Exception):
    """There is no such file in storage."""


class Held(Exception):
    """Another writer, perhaps in another process, has this part."""


class Part:
    """A running upload's bytes, open and held by this object alone until it is closed."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd = fd
        self._fresh = 0

    def __enter__(self) -> Part:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_current(self) -> bool:
        """Whether the path still names this file: it may have been replaced under our hands."""
        return _same(self._fd, self.path)

    @property
    def size(self) -> int:
        """Bytes in the file, acknowledged or not."""
        return os.fstat(self._fd).st_size

    def write(self, data: memoryview, offset: int) -> None:
        """Put all of `data` at `offset`. Raises OSError (a full disk, say) with an unknown part of it written."""
        written = 0
        while written < len(data):
            written += os.pwrite(self._fd, data[written:], offset + written)
        self._fresh += written
        if self._fresh >= EAGER_BYTES:
            self._hurry(offset + written)

    def _hurry(self, end: int) -> None:
        """Have the disk begin with what was written, instead of all at once when it is asked to be done."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._fd, max(0, end - self._fresh), self._fresh, os.POSIX_FADV_DONTNEED)
        self._fresh = 0

    def sync(self) -> None:
        """Return once the bytes are on the disk. After an OSError they may never get there: cut and write again."""
        failpoint("upload.written")
        os.fsync(self._fd)
        failpoint("upload.synced")

    def cut(self, length: int) -> None:
        """Forget everything behind `length`."""
        if self.size > length:
            os.ftruncate(self._fd, length)

    def read(self, first: int, end: int) -> Iterator[bytes]:
        """The bytes from `first` up to `end`, in pieces."""
        while first < end and (piece := os.pread(self._fd, min(COPY_BYTES, end - first), first)):
            yield piece
            first += len(piece)

    def close(self) -> None:
        """Let go. Closing twice does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def hold(path: Path) -> Part:
    """The part at `path`, held. Raises Held when another writer has it, Missing when there is none."""
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        raise Missing(path.name) from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _same(fd, path):
            raise BlockingIOError
    except BlockingIOError:
        os.close(fd)
        raise Held(path.name) from None
    return Part(path, fd)


def _same(fd: int, path: Path) -> bool:
    """Whether the path still names the open file: it may have been replaced between opening and locking."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(fd), path.stat())
    return False
