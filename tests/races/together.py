"""Many who act at the same moment: in threads with a session each, or in processes of their own."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from portal import db
from portal.adapters import keys, outside, storage
from portal.config import Config
from portal.web.installation import installation
from tests import scale
from tests.worlds import fresh_session

PATIENCE_SECONDS = scale.cases(120, full=600)
Act = Callable[[Session], Any]
# A process forked from a clean one: the test's own has threads and open connections.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.races.together", "tests.races.confirming"])


def at_once(app: Flask, acts: Sequence[Act]) -> list[Any]:
    """What each act gave or raised, in order. All are let go at the same moment."""
    start = threading.Barrier(len(acts), timeout=PATIENCE_SECONDS)

    def one(act: Act) -> Any:
        with fresh_session(app) as session:
            start.wait()
            try:
                return act(session)
            except Exception as error:
                return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


def apart(settings: Config, act: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What `act(session, *arguments)` gave in a process for each, in order. `act` is a function of a module."""
    start = _processes.Barrier(len(arguments), timeout=PATIENCE_SECONDS)
    started = [spawn(settings, act, *given, start=start) for given in arguments]
    return [finished(*each) for each in started]


def spawn(settings: Config, act: Callable[..., Any], *given: Any, start: Any = None) -> tuple[BaseProcess, Connection]:
    """A process that does one thing with a database connection of its own, and where its answer will come from.

    Without a `start` to wait for, it says "ready" first.
    """
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=_alone, args=(theirs, start, settings, act, given), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def finished(process: BaseProcess, answers: Connection) -> Any:
    """The answer of a process, which is over then. Raises AssertionError when it gave none."""
    try:
        assert answers.poll(PATIENCE_SECONDS), "a process gave no answer in time"
        return answers.recv()
    except EOFError:
        raise AssertionError("a process died without an answer") from None
    finally:
        process.kill()
        process.join()
        answers.close()


def _alone(answers: Connection, start: Any, settings: Config, act: Callable[..., Any], given: tuple[Any, ...]) -> None:
    sessions = _sessions(settings)
    if start is None:
        answers.send("ready")
    else:
        start.wait()
    with sessions() as session:
        answers.send(act(session, *given))


def _sessions(settings: Config) -> sessionmaker[Session]:
    """As create_app makes them; the whole application would take a second of each process."""
    files = storage.LocalStorage(settings.storage_root)
    beyond = outside.Outside(keys.load(settings), settings.base_url, settings.mail_from.rpartition("@")[2], files)
    return db.make_sessions(db.make_engine(settings.database_url), outside=beyond)


def without(app: Flask, table: str, constraint: str) -> None:
    """For controls: drop a unique key."""
    engine = installation(app).engine
    quiet = _foreign_keys_off if engine.dialect.name == "sqlite" else nullcontext
    with engine.connect() as connection, quiet(connection), connection.begin():
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table(table) as batch:
            batch.drop_constraint(constraint, type_="unique")


def _foreign_keys_off(connection: Any) -> AbstractContextManager[None]:
    @contextmanager
    def off() -> Any:
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        yield
        driver.execute("PRAGMA foreign_keys=ON")

    return off()
