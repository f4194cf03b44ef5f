"""What SQLite writes ahead of its database, and giving it back.

Each commit moves what was written ahead into the database as far as readers let it. Beginning the log anew takes a
moment without any reader, which a busy portal may not have for hours: the log would grow until the disk is full.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

LARGEST_BYTES = 64 * 1024 * 1024
# Whoever wants to write waits meanwhile; a reader that takes longer is waited for at the next turn.
PATIENCE_SECONDS = 1.0


def shorten(engine: Engine, *, largest: int = LARGEST_BYTES) -> int | None:
    """Begin the log anew if it is larger than `largest` bytes: the bytes it gave back, or None when a reader was in
    the way for too long. 0 when there is nothing to do, as in PostgreSQL."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return 0
    size = _size(engine.url.database)
    if size <= largest:
        return 0
    with closing(sqlite3.connect(engine.url.database, timeout=PATIENCE_SECONDS, isolation_level=None)) as connection:
        is_busy, _pages, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return None if is_busy else size


def _size(database: str) -> int:
    try:
        return Path(f"{database}-wal").stat().st_size
    except FileNotFoundError:
        return 0
