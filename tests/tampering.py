"""Whoever owns the database: changes rows behind the triggers, as the tests of verification need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import Connection, text

from portal.models.triggers import APPEND_ONLY, statements
from portal.web.installation import installation


@contextmanager
def tampering(app: Flask) -> Iterator[Connection]:
    """A connection on which triggers and foreign keys do not act; afterwards they do again."""
    engine = installation(app).engine
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if engine.dialect.name == "sqlite":
            driver.execute("PRAGMA foreign_keys=OFF")
            for table in APPEND_ONLY:
                for act in ("update", "delete"):
                    driver.execute(f"DROP TRIGGER {table}_no_{act}")
        else:
            driver.execute("SET session_replication_role = replica")
        yield connection
        connection.execute(text("SELECT 1"))
        connection.commit()
        if engine.dialect.name == "sqlite":
            for statement in statements("sqlite"):
                driver.execute(statement)
        connection.invalidate()
