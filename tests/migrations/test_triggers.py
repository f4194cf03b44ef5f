"""The database itself refuses to change what is only ever added to."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import Engine, Enum, insert, text
from sqlalchemy.exc import DBAPIError

from portal import db, migrating
from portal.adapters import clock
from portal.db import Base, UtcDateTime
from portal.models.triggers import APPEND_ONLY, statements

SAMPLES = {"int": 1, "str": "x", "bytes": b"x", "UUID": uuid4(), "date": date(2026, 2, 28)}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request, tmp_path):
    """A migrated database without foreign keys in the way, so that one row of each table is enough."""
    if request.param == "sqlite":
        yield from prepared(f"sqlite:///{tmp_path}/portal.db")
        return
    with request.getfixturevalue("postgres_server").database() as url:
        yield from prepared(url)


def prepared(url: str):
    migrating.upgrade_url(url)
    engine = db.make_engine(url)
    yield engine
    engine.dispose()


def with_one_row(engine: Engine, table: str) -> None:
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        on_sqlite = engine.dialect.name == "sqlite"
        driver.execute("PRAGMA foreign_keys=OFF" if on_sqlite else "SET session_replication_role = replica")
        connection.execute(insert(Base.metadata.tables[table]).values(row_of(table)))
        connection.commit()
        connection.invalidate()


def row_of(table: str) -> dict[str, object]:
    values = {column.name: sample(column) for column in Base.metadata.tables[table].columns}
    return values | ({"kind": "granted"} if table == "credit_entries" else {})


def sample(column) -> object:
    if isinstance(column.type, UtcDateTime):
        return clock.now()
    if isinstance(column.type, Enum):
        return next(iter(column.type.enum_class))
    return SAMPLES[column.type.python_type.__name__]


def refusal(engine: Engine, statement: str) -> str:
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.exec_driver_sql(statement)
    return str(caught.value.orig)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_rows_are_never_changed_or_deleted(engine, table):
    with_one_row(engine, table)
    column = next(column.name for column in Base.metadata.tables[table].columns if not column.foreign_keys)
    assert f"{table} is append-only" in refusal(engine, f"UPDATE {table} SET {column} = {column}")
    assert f"{table} is append-only" in refusal(engine, f"DELETE FROM {table}")
    with engine.connect() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1


def test_a_row_is_not_replaced_by_an_insert_on_sqlite(tmp_path):
    url = f"sqlite:///{tmp_path}/portal.db"
    migrating.upgrade_url(url)
    engine = db.make_engine(url)
    with_one_row(engine, "receipt_pdfs")
    assert "append-only" in refusal(engine, "INSERT OR REPLACE INTO receipt_pdfs SELECT * FROM receipt_pdfs")


@pytest.mark.postgres
def test_a_table_is_not_emptied_on_postgresql(postgres_server):
    with postgres_server.database() as url:
        migrating.upgrade_url(url)
        engine = db.make_engine(url)
        assert "append-only" in refusal(engine, "TRUNCATE entries")
        engine.dispose()


def test_installing_the_triggers_again_does_no_harm(engine):
    with engine.begin() as connection:
        for statement in statements(engine.dialect.name):
            connection.exec_driver_sql(statement)


def test_other_tables_are_free(engine):
    with engine.begin() as connection:
        assert connection.exec_driver_sql("DELETE FROM grant_uses").rowcount == 0


def test_the_tables_that_only_grow_are_these(engine):
    """Taken from the database, so that a table forgotten in models and migration alike is missed."""
    growing = {"entries", "ledger_entries", "credit_entries", "receipts", "receipt_pdfs", "approvals"}
    growing |= {"submissions", "releases", "message_versions", "status_updates"}
    asked = (
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'"
        if engine.dialect.name == "sqlite"
        else "SELECT DISTINCT event_object_table FROM information_schema.triggers"
    )
    with engine.connect() as connection:
        assert set(connection.scalars(text(asked))) == growing
