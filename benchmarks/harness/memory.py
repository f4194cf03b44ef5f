"""What a server holds in memory while something runs, looked at again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from benchmarks.harness.processes import resident_bytes

MB = 1_000_000
EVERY_SECONDS = 0.1


class Curve(threading.Thread):
    """A family's memory (PSS) in bytes inside a with statement, ten times a second; the first is from before.

    `pid` is asked each time, since a server that is started again is another process.
    """

    def __init__(self, pid: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self.pid, self.seen, self._enough = pid, [resident_bytes(pid())], threading.Event()

    def __enter__(self) -> Curve:
        self.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._enough.set()
        self.join()

    def run(self) -> None:
        """Until the with statement ends."""
        while not self._enough.wait(EVERY_SECONDS):
            self.seen.append(resident_bytes(self.pid()))

    @property
    def growth(self) -> float:
        """The most above the first, in megabytes."""
        return (max(self.seen) - self.seen[0]) / MB

    def at_tenths(self) -> str:
        """The curve in eleven numbers, in megabytes."""
        last = len(self.seen) - 1
        return " ".join(f"{self.seen[last * tenth // 10] / MB:.0f}" for tenth in range(11))
