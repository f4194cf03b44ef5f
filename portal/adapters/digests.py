"""SHA-256 of files, and of running uploads: kept in this process so that no byte is read twice, or made again."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO, Protocol
from uuid import UUID

MOST = 1000
AHEAD = 2
WORTH_HANDING_OVER = 256 << 10


class Digest(Protocol):
    """What hashlib calls a hash object."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def copy(self) -> Digest: ...
    def hexdigest(self) -> str: ...


def of_file(file: BinaryIO) -> str:
    """The SHA-256 (hex) of an open file from where it stands to its end."""
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # the stub asks for a method it has


class DigestBeside:
    """A hash that is taken on a thread of its own while its caller reads and writes: hashing costs more than both.

    The bytes given must stay as they are until `AHEAD` more were given, or `state` was asked for.
    """

    def __init__(self, state: Digest) -> None:
        self._state = state
        self._thread = ThreadPoolExecutor(1, "digest")
        self._running: deque[Future[None]] = deque()

    def __enter__(self) -> DigestBeside:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._thread.shutdown()

    def update(self, data: memoryview) -> None:
        """Take these bytes in, soon; a few at once, since handing them over would take longer."""
        if len(data) < WORTH_HANDING_OVER:
            self._wait_until(0)
            self._state.update(data)
        else:
            self._running.append(self._thread.submit(self._state.update, data))
            self._wait_until(AHEAD)

    @property
    def state(self) -> Digest:
        """The hash over everything given."""
        self._wait_until(0)
        return self._state

    def _wait_until(self, left: int) -> None:
        while len(self._running) > left:
            self._running.popleft().result()


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
