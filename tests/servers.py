"""A real server of our own for tests: `portal run` on a temporary instance, killed and restarted at will."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
# Below what Linux gives out by itself (32768 and up).
SELDOM_USED = range(15_000, 32_000)


class Server:
    """One instance and the process group that serves it."""

    def __init__(self, instance: Path, environment: dict[str, str] | None = None) -> None:
        self.instance = instance
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = instance.parent / f"{instance.name}.log"
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve, and return when the portal says it is ready."""
        self.spawn()
        self.wait()

    def wait(self) -> None:
        """Return when the portal says it is ready."""
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"The server did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Begin to serve."""
        environment = os.environ | {"PORTAL_INSTANCE": str(self.instance), "PORT": str(self.port)} | self._environment
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "portal", "run"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self._process

    @property
    def pid(self) -> int:
        """Of the master process; its group is named after it."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """kill -9 for the whole group: nothing is flushed, nothing says goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to finish."""
        self._end(signal.SIGTERM)

    def end(self) -> None:
        """No more of it, the quick way: saying goodbye takes two seconds, and is tested where it matters."""
        self.kill()

    def setup_token(self) -> str:
        """The token that was printed for the first visit."""
        found = re.search(r"/setup with this token: (\S+)", self.log.read_text())
        assert found, self.log.read_text()
        return found[1]

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        try:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, how)
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def _ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


@contextmanager
def serving(instance: Path, environment: dict[str, str] | None = None) -> Iterator[Server]:
    """A server that is up for the length of a with statement."""
    server = Server(instance, environment)
    server.start()
    try:
        yield server
    finally:
        server.end()


def free_port() -> int:
    """A port of the loopback that nobody uses right now, and that the system gives nobody who asks for any.

    A server that is killed and started again wants the same one: meanwhile nobody's outgoing connection may have it.
    """
    for port in random.SystemRandom().sample(SELDOM_USED, len(SELDOM_USED)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")
