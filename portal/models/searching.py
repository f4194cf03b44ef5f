"""How conversations are searched: an index of three-character pieces, which finds Chinese as well (stack.md).

SQLite has a table of its own kind for it, kept in step by triggers; PostgreSQL an index, where its extension is to be
had. Without it searching only takes longer: what is found is always compared with the text itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, MetaData, event, text

from portal.db import Base

TABLE = "message_texts"
INDEX = "message_index"
_ADD = f"INSERT INTO {INDEX} (rowid, text) VALUES (new.id, new.text)"  # noqa: S608  # made of constants
_TAKE = f"INSERT INTO {INDEX} ({INDEX}, rowid, text) VALUES ('delete', old.id, old.text)"  # noqa: S608  # made of constants
_OPTIONS = f"text, content='{TABLE}', content_rowid='id', tokenize='trigram'"
_ON_SQLITE = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5({_OPTIONS})",
    f"CREATE TRIGGER IF NOT EXISTS {TABLE}_added AFTER INSERT ON {TABLE} BEGIN {_ADD}; END",
    f"CREATE TRIGGER IF NOT EXISTS {TABLE}_taken AFTER DELETE ON {TABLE} BEGIN {_TAKE}; END",
    f"CREATE TRIGGER IF NOT EXISTS {TABLE}_changed AFTER UPDATE ON {TABLE} BEGIN {_TAKE}; {_ADD}; END",
)
_ON_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX IF NOT EXISTS ix_{TABLE}_trigram ON {TABLE} USING gin (text gin_trgm_ops)",
)
_AVAILABLE = "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"


def install(connection: Connection) -> None:
    """Make the index of `message_texts`, which is there. May be run again without harm."""
    statements: tuple[str, ...] = _ON_SQLITE
    if connection.dialect.name == "postgresql":
        statements = _ON_POSTGRESQL if connection.scalar(text(_AVAILABLE)) else ()
    for statement in statements:
        connection.exec_driver_sql(statement)


def is_ours(name: str) -> bool:
    """Whether a table or index belongs to searching and so to no model."""
    return name.startswith(INDEX) or name == f"ix_{TABLE}_trigram"


def _install(metadata: MetaData, connection: Connection, **_: Any) -> None:
    if TABLE in metadata.tables:
        install(connection)


event.listen(Base.metadata, "after_create", _install)
