"""What the tables hold, to see whether a request wrote anything."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from portal.db import Base
from portal.web.installation import installation

# Counting tries, and when a browser was last seen, goes on for those who are refused too: that is their purpose.
COUNTING = ("buckets", "sittings")
NUMBERS = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"}


class Kept:
    """Compares the tables with what they were a moment ago; quickly where nobody wrote at all."""

    def __init__(self, app: Flask) -> None:
        self._engine = installation(app).engine
        self._watch = self._engine.connect()
        self._version, self._digests = self._look(), digests(self._engine)

    def changed(self) -> list[str]:
        """The tables that are not what they were when this was asked last."""
        if (version := self._look()) == self._version:
            return []
        self._version, before = version, self._digests
        self._digests = digests(self._engine)
        return [name for name in before if before[name] != self._digests[name]]

    def close(self) -> None:
        """Give the connection back."""
        self._watch.close()

    def _look(self) -> Any:
        """A number that is another one after every write: of other connections, or the next of all transactions."""
        found = self._watch.execute(text(NUMBERS[self._engine.dialect.name])).scalar()
        self._watch.rollback()
        return found


def digests(engine: Any) -> dict[str, str]:
    """One digest for each table but those that count."""
    tables = [table for name, table in Base.metadata.tables.items() if name not in COUNTING]
    with engine.connect() as connection:
        return {table.name: _digest(connection.execute(select(table)).all()) for table in tables}


def _digest(rows: Any) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode("utf-8", "backslashreplace")).hexdigest()
