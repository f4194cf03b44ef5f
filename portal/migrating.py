"""Bringing a database to the present schema, and asking whether it is there. Alembic, without its ini file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as Settings
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event

from portal import db
from portal.config import Config

HERE = Path(__file__).resolve().parent
# One migration at a time, whoever starts it: the first letters of "milepost" as a number.
ADVISORY_LOCK = int.from_bytes(b"milepost"[:7], "big")


def upgrade(config: Config) -> None:
    """Migrate the database of `config` to the newest revision: all of it, or nothing at all."""
    upgrade_url(config.database_url)


def upgrade_url(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` to `revision`, in one transaction."""
    engine = db.make_engine(url)
    if engine.dialect.name == "sqlite":
        # Tables are rebuilt under their references; what that could break is looked for at the end.
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=OFF"))
    try:
        with engine.connect().execution_options(writing=True) as connection, connection.begin():
            _alone(connection)
            command.upgrade(_settings(connection=connection), revision)
            _check_references(connection)
    finally:
        engine.dispose()


def current_is_head(engine: Engine) -> bool:
    """Whether the database has the newest revision this code knows."""
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    return set(present) == _newest()


def draft(message: str) -> Path:
    """Write the next revision from what the models have and a fresh database has not (see script/new-migration)."""
    engine = db.make_engine("sqlite://")
    settings = _settings()
    known = list(ScriptDirectory.from_config(settings).walk_revisions())
    with engine.connect() as connection:
        settings.attributes |= {"connection": connection, "first": not known}
        if known:
            command.upgrade(settings, "head")
        made: Any = command.revision(settings, message, autogenerate=True, rev_id=f"{len(known) + 1:04d}")
    engine.dispose()
    return Path(made.path)


@cache
def _newest() -> frozenset[str]:
    """The newest revision this code knows; the files are read once."""
    return frozenset(ScriptDirectory.from_config(_settings()).get_heads())


def _settings(connection: Connection | None = None) -> Settings:
    settings = Settings()
    settings.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    settings.attributes["connection"] = connection
    return settings


def _folder() -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    inside = HERE / "migrations"
    return inside if (inside / "env.py").exists() else HERE.parent / "migrations"


def _alone(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise RuntimeError("The migration would leave references to rows that are not there; nothing was changed.")
