"""What SQLite writes ahead of its database, and giving it back.

Each commit moves what was written ahead into the database as far as readers let it. Beginning the log anew takes a
moment without any reader, which a busy portal may not have for hours: the log would grow until the disk is full.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

LARGEST_BYTES = 64 * 1024 * 1024
# A reader that takes longer is waited for at the next turn.
PATIENCE_SECONDS = 5.0
# SQLite is asked again and again and never waits itself: waiting it keeps writers out, and readers on the old log.
AGAIN_SECONDS = 0.002


def shorten(engine: Engine, *, largest: int = LARGEST_BYTES) -> int | None:
    """Begin the log anew if it is larger than `largest` bytes: the bytes it gave back, or None when a reader was in
    the way for too long. 0 when there is nothing to do, as in PostgreSQL."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return 0
    size = _size(engine.url.database)
    if size <= largest:
        return 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    with closing(sqlite3.connect(engine.url.database, timeout=0, isolation_level=None)) as connection:
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > deadline:
                return None
            time.sleep(AGAIN_SECONDS)
    return size


def _size(database: str) -> int:
    try:
        return Path(f"{database}-wal").stat().st_size
    except FileNotFoundError:
        return 0
