"""Everything in the database, to be compared: what an attack may not change."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Engine

from portal.db import Base

# What reading may write: the log of what left the server. (The mark that a browser is there is a column.)
ACCESS_LOG = frozenset({"downloads"})
MARKS = {("sittings", "seen_at")}
Rows = Counter[tuple[Any, ...]]
Contents = dict[str, Rows]


def contents(engine: Engine, *, without: frozenset[str] = frozenset()) -> Contents:
    """Each table's rows as the database has them, but for the marks that a browser is still there."""
    with engine.connect() as connection:
        return {
            name: Counter(map(tuple, connection.exec_driver_sql(f"SELECT {', '.join(columns(name))} FROM {name}")))
            for name in Base.metadata.tables
            if name not in without
        }


def changes(before: Contents, after: Contents) -> dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """By table: the rows that are gone or were another way before, and those that are there now."""
    return {
        name: (named(name, before[name] - after[name]), named(name, after[name] - before[name]))
        for name in before
        if before[name] != after[name]
    }


def named(table: str, rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(columns(table), row, strict=True)) for row in rows]


def columns(table: str) -> list[str]:
    names = (column.name for column in Base.metadata.tables[table].columns)
    return [name for name in names if (table, name) not in MARKS]
