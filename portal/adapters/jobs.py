"""Jobs behind the requests: a queue in the instance folder, or in PostgreSQL where the database is there.

The queue holds hints, never facts: what is to be done stands in the database, and is found again if a hint is lost.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path
from typing import IO, Any

import structlog
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.serializer import SignedSerializer

from portal.config import Config

WORKERS = 2
LONGEST_SLEEP_SECONDS = 1
GOODBYE_SECONDS = 20
STANDBY_SECONDS = 5
HEALTH_SECONDS = 10
log = structlog.get_logger()

__all__ = ["Holder", "crontab", "queue"]


def queue(config: Config) -> Huey:
    """The queue of this installation. What it holds is signed, so that nobody else's bytes are ever unpickled."""
    shared: dict[str, Any] = {"results": False, "serializer": SignedSerializer(config.secret_key, salt="jobs")}
    if config.database_url.startswith("postgresql"):
        address = config.database_url.replace("postgresql+psycopg:", "postgresql:", 1)
        # Asking once a second costs less than a connection that listens for each thread.
        return PostgresHuey("portal", dsn=address, blocking=False, **shared)
    # No fsync: what a power cut takes away here is still to be found in the database.
    return SqliteHuey("portal", filename=str(config.instance / "jobs.db"), fsync=False, **shared)


class Holder:
    """Does the jobs of an instance, in threads of this process, while no other process of the instance does."""

    def __init__(self, huey: Huey, instance: Path) -> None:
        self._huey = huey
        self._path = instance / "jobs.lock"
        self._leaving = threading.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin, as soon as it is our turn."""
        self._thread.start()

    def stop(self) -> None:
        """Let the jobs under way finish, for at most 20 seconds."""
        self._leaving.set()
        self._thread.join(GOODBYE_SECONDS)

    @property
    def working(self) -> bool:
        """Whether it is this process that does the jobs."""
        return self._begun.is_set() and not self._leaving.is_set()

    def _run(self) -> None:
        with self._path.open("a") as lock:
            while not _hold(lock):
                if self._leaving.wait(STANDBY_SECONDS):
                    return
            self._work()
        self._huey.storage.close()

    def _work(self) -> None:
        consumer = _Consumer(
            self._huey, workers=WORKERS, max_delay=LONGEST_SLEEP_SECONDS, shutdown_timeout=GOODBYE_SECONDS
        )
        log.info("jobs_begin", process=os.getpid())
        consumer.start()
        self._begun.set()
        while not self._leaving.wait(HEALTH_SECONDS):
            consumer.check_worker_health()
        consumer.stop(graceful=True)


class _Consumer(Consumer):  # type: ignore[misc]  # Huey ships no types
    """Without signal handlers: it lives in a thread of a process that has its own."""

    def _set_signal_handlers(self) -> None:
        pass


def _hold(lock: IO[str]) -> bool:
    """The lock is the kernel's: it is free again as soon as its process is gone, however that went."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
