"""The database: naming, engine settings, and `@command`: one intention of a person, one transaction, then speak."""

from __future__ import annotations

import functools
import random
import sqlite3
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import uuid_utils
from sqlalchemy import Connection, DateTime, Engine, MetaData, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

P = ParamSpec("P")
T = TypeVar("T")
Listener = Callable[[Any], None]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TRIES = 5


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware UTC in Python on both databases (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Refuses naive instants: a time without a zone is a bug upstream."""
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Gives the zone back that SQLite dropped."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """The root of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime()}


def new_id() -> UUID:
    """A UUIDv7: ordered by time, safe in addresses."""
    return UUID(int=uuid_utils.uuid7().int)


def make_engine(url: str) -> Engine:
    """An engine with the settings of reliability.md §2 for its database."""
    # What a statement was given is in no error, and so in no log: codes, hashes and accounts are among it.
    if url.startswith("sqlite"):
        engine = create_engine(
            url, connect_args={"timeout": 10, "check_same_thread": False}, pool_size=20, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True, hide_parameters=True)


def make_sessions(engine: Engine, **info: Any) -> sessionmaker[Session]:
    """The session factory of one application. `info` is what every session carries: `outside`, `note` and `tell`."""
    return sessionmaker(engine, info=info)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # Python's driver would begin transactions lazily and only before writes; we begin them ourselves.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "busy_timeout=10000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writing one fails at once when another wrote meanwhile,
    # in spite of the timeout. So a command takes the write lock at its first breath.
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def command(verb: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """Make `verb(session, …)` one transaction: all of it is kept, or none; afterwards its events are told.

    The outermost command begins, commits and speaks; a command called inside another joins it. Whatever
    the session read before is forgotten and read again under the lock. A busy SQLite is tried again whole.
    """

    @functools.wraps(verb)
    def run(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if session.info.get("in_command"):
            return verb(session, *args, **kwargs)
        return _outermost(session, lambda: verb(session, *args, **kwargs))

    run.is_command = True  # type: ignore[attr-defined]  # read by the architecture tests
    return run


def _outermost(session: Session, act: Callable[[], T]) -> T:
    for attempt in range(BUSY_TRIES):
        try:
            result = _once(session, act)
            break
        except OperationalError as error:
            if attempt == BUSY_TRIES - 1 or not _busy(error):
                raise
            time.sleep(random.uniform(0.01, 0.05) * (attempt + 1))  # noqa: S311  # jitter, not a secret
    _speak(session)
    return result


def _once(session: Session, act: Callable[[], T]) -> T:
    session.rollback()
    session.info["in_command"] = True
    session.info["announced"], session.info["closing"] = [], {}
    try:
        session.connection(execution_options={"writing": True})
        result = act()
        for closing in session.info["closing"].values():
            closing()
        _note(session)
        session.commit()
        return result
    except BaseException:
        session.rollback()
        session.info["announced"] = []
        raise
    finally:
        session.info["in_command"] = False


def _busy(error: OperationalError) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    return "database is locked" in str(error.orig) or code in ("40001", "40P01")


def before_keeping(session: Session, key: Hashable, closing: Callable[[], None]) -> None:
    """Have `closing` done once for `key`, as the last thing inside the running transaction."""
    session.info.setdefault("closing", {})[key] = closing


def announce(session: Session, fact: object) -> None:
    """Remember `fact`, a frozen dataclass of `rules.events`, to be told once the transaction is kept."""
    session.info.setdefault("announced", []).append(fact)


def _note(session: Session) -> None:
    """Write down what the facts of the transaction entail for those outside, in the transaction itself."""
    note = session.info.get("note")
    if note is not None and session.info["announced"]:
        note(session, tuple(session.info["announced"]))


def _speak(session: Session) -> None:
    facts, session.info["announced"] = session.info.get("announced", []), []
    tell = session.info.get("tell")
    for fact in facts:
        if tell is not None:
            tell(fact)


def lock_row(session: Session, table: str, row_id: UUID) -> None:
    """Hold one row until the transaction ends. SQLite needs nothing: a command already holds the only write lock.

    What the session read of it before may be old by then: read it again. Rows that only refer to this one can still
    be written, as its id never changes; a stronger lock would make two that hold two such rows wait for each other.
    """
    if session.get_bind().dialect.name == "postgresql":
        held = text(f"SELECT 1 FROM {table} WHERE {table}.id = :id FOR NO KEY UPDATE")  # noqa: S608  # a constant
        session.execute(held, {"id": row_id})


def lock_table(session: Session, table: str) -> None:
    """Be the only writer of a table until the transaction ends, where counting its rows must hold (as lock_row)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
