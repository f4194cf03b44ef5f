"""SHA-256 of files, and of running uploads: kept in this process so that no byte is read twice, or made again."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import BinaryIO, Protocol
from uuid import UUID

MOST = 1000


class Digest(Protocol):
    """What hashlib calls a hash object."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def copy(self) -> Digest: ...
    def hexdigest(self) -> str: ...


def of_file(file: BinaryIO) -> str:
    """The SHA-256 (hex) of an open file from where it stands to its end."""
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # the stub asks for a method it has


class RunningDigests:
    """The state of each upload's hash at the offset it is known for. The longest unused are forgotten first."""

    def __init__(self) -> None:
        self._states: OrderedDict[UUID, tuple[int, Digest]] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, upload_id: UUID, offset: int) -> Digest | None:
        """A copy of the state over the first `offset` bytes, if this process has it."""
        if offset == 0:
            return hashlib.sha256()
        with self._guard:
            known, state = self._states.get(upload_id, (-1, None))
            return state.copy() if state is not None and known == offset else None

    def put(self, upload_id: UUID, offset: int, state: Digest) -> None:
        """Keep the state over the first `offset` bytes, all of which are on disk."""
        with self._guard:
            self._states[upload_id] = (offset, state.copy())
            self._states.move_to_end(upload_id)
            while len(self._states) > MOST:
                self._states.popitem(last=False)

    def drop(self, upload_id: UUID) -> None:
        """Forget an upload that is over."""
        with self._guard:
            self._states.pop(upload_id, None)
