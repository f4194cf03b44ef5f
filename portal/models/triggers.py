"""Tables in which rows are only ever added: the database itself refuses to change or delete them (domain.md §10).

`grant_uses` is not among them: who entered when is personal data that may have to be forgotten one day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, event

from portal.db import Base

APPEND_ONLY = (
    "entries",
    "ledger_entries",
    "credit_entries",
    "receipts",
    "receipt_pdfs",
    "approvals",
    "submissions",
    "releases",
    "message_versions",
    "status_updates",
)

_FUNCTION = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation'; END $$"
)


def statements(dialect: str, tables: Sequence[str] = APPEND_ONLY) -> list[str]:
    """The DDL that makes `tables` append-only on "sqlite" or "postgresql". May be run again without harm."""
    if dialect == "postgresql":
        return [_FUNCTION, *(statement for table in tables for statement in _on_postgresql(table))]
    return [statement for table in tables for statement in _on_sqlite(table)]


def _on_postgresql(table: str) -> list[str]:
    row = f"{table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"
    whole = f"{table}_not_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
    return [f"CREATE OR REPLACE TRIGGER {what} EXECUTE FUNCTION refuse_change()" for what in (row, whole)]


def _on_sqlite(table: str) -> list[str]:
    # INSERT OR REPLACE deletes silently unless recursive_triggers is on, which db.make_engine sees to.
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act.lower()} BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for act in ("UPDATE", "DELETE")
    ]


def _install(metadata: MetaData, connection: Connection, **_: Any) -> None:
    present = [table for table in APPEND_ONLY if table in metadata.tables]
    for statement in statements(connection.dialect.name, present):
        connection.exec_driver_sql(statement)


event.listen(Base.metadata, "after_create", _install)
