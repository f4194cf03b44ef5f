"""The ground tests stand on: one folder and one database of each kind a process, laid anew for each test.

Making an application costs more than most tests do with it: its address map is compiled, and every statement and
template the first time it is used. So applications are kept, by their settings, and what they work on is changed.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from portal import create_app, logs, migrating, worker
from portal.config import Config
from portal.notifications.calling import Switchboard
from portal.web.installation import installation
from tests import guarded_answers
from tests.postgres import Server

# In memory where there is such a place: what the tests of pages write need not outlive anything. Tests of what
# does (tests/faults, tests/e2e) have servers and folders of their own.
MEMORY = Path("/dev/shm")
DATABASE = "ground"
KEPT = {"codes.key", "record.key", "session.key"}


class Ground:
    """The folder, and the applications that stand on it."""

    def __init__(self, folder: Path) -> None:
        self.instance = folder / "instance"
        self._sqlite, self._template = folder / "portal.db", folder / "template.db"
        self._applications: dict[Config, Flask] = {}
        self._responses: list[Any] = []

    def lay_sqlite(self) -> str:
        """A fresh SQLite database; its address is always the same."""
        if not self._template.exists():
            lay_tables(f"sqlite:///{self._template}")
        # A new file: whoever still holds the old one keeps it, and disturbs nobody.
        for ending in ("", "-wal", "-shm"):
            Path(f"{self._sqlite}{ending}").unlink(missing_ok=True)
        shutil.copy(self._template, self._sqlite)
        return f"sqlite:///{self._sqlite}"

    def lay_postgres(self, server: Server) -> str:
        """A fresh PostgreSQL database; its address is always the same."""
        return server.lay(DATABASE, template=lay_tables)

    def clear(self) -> None:
        """An instance as after its first start: its keys and nothing else."""
        for path in self.instance.glob("*"):
            if path.name != "keys":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in self.instance.glob("keys/*"):
            if path.name not in KEPT:
                path.unlink()

    @contextmanager
    def application(self, settings: Config) -> Iterator[Flask]:
        """The application with these settings, shared by all tests. Whoever changes it needs one of its own."""
        app = self._applications.get(settings)
        if app is None:
            app = self._applications[settings] = self._make(settings)
        before = dict(app.view_functions), dict(app.config), app.request_class
        with self._used(app):
            yield app
        assert before == (app.view_functions, app.config, app.request_class), "the next test would find it changed"

    @contextmanager
    def application_of_its_own(self, settings: Config) -> Iterator[Flask]:
        """As the portal makes it when it starts, to be changed and thrown away."""
        app = self._make(settings)
        with self._used(app):
            yield app

    @contextmanager
    def _used(self, app: Flask) -> Iterator[None]:
        """What a test left open is closed afterwards.

        A download that is given up writes to its log: neither in the next test's database, nor whenever the garbage
        collector comes by, which may be in the middle of a transaction.
        """
        # The streams of the test before are closed.
        logs.configure()
        try:
            yield
        finally:
            while self._responses:
                self._responses.pop().close()
            _stop_timers()
            if jobs := app.extensions.pop(worker.EXTENSION, None):
                jobs.huey.storage.close()
                _wait_for_calls(jobs.board)
            installation(app).engine.dispose()

    def _make(self, settings: Config) -> Flask:
        app = create_app(settings)
        app.testing = False
        app.config["PROPAGATE_EXCEPTIONS"] = False
        app.test_client_class = _remembering(self._responses)
        guarded_answers.watch(app)
        return app


def _wait_for_calls(board: Switchboard) -> None:
    """Whoever still calls somebody would do so in the database of the next test."""
    end = time.monotonic() + 15
    while not board.idle and time.monotonic() < end:
        time.sleep(0.01)


def _stop_timers() -> None:
    """Bytes that left are counted by a timer a second later: no test's in the database of the next."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
            thread.join()


def _remembering(responses: list[Any]) -> type[FlaskClient]:
    class Remembering(FlaskClient):
        """Notes the files it got, so that they can be closed: nothing else goes on after it was asked for."""

        def open(self, *args: Any, **kwargs: Any) -> Any:
            response = super().open(*args, **kwargs)
            if "Content-Disposition" in response.headers:
                responses.append(response)
            return response

    return Remembering


def lay_tables(url: str) -> None:
    """The schema in an empty database, by the migrations that a real one gets."""
    migrating.upgrade_url(url)


def in_memory() -> Path | None:
    """A folder that outlives nothing and waits for no disk, if there is one."""
    return MEMORY if MEMORY.is_dir() else None


@contextmanager
def laid(elsewhere: Path) -> Iterator[Ground]:
    """A ground in memory, or `elsewhere`; its folder goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="milepost-tests-", dir=in_memory() or elsewhere))
    try:
        yield Ground(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
