"""How fast one socket may speak: twenty events at once, five a second after that (reliability.md G5)."""

from __future__ import annotations

import threading
import time

BURST, PER_SECOND = 20.0, 5.0
_buckets: dict[str, tuple[float, float]] = {}
_guard = threading.Lock()


def may(sid: str) -> bool:
    """Whether it may say one thing more now. What is too much is not answered to, and costs nothing."""
    now = time.monotonic()
    with _guard:
        tokens, filled = _buckets.get(sid, (BURST, now))
        tokens = min(BURST, tokens + (now - filled) * PER_SECOND)
        _buckets[sid] = (tokens - 1 if tokens >= 1 else tokens, now)
    return tokens >= 1


def forget(sid: str) -> None:
    """It left."""
    with _guard:
        _buckets.pop(sid, None)
