"""Clients that do not give up, and somebody who kills what serves them."""

from __future__ import annotations

import math
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import requests

from tests.servers import Server

T = TypeVar("T")
LOST = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
LONGEST_SECONDS = 60
EVERY_WHOLE = 4


def patiently(act: Callable[[], T]) -> T:
    """Try until the server is there again."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            return act()
        except (*LOST, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def workers(server: Server) -> list[int]:
    """The processes that serve requests."""
    return [int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]


class Killer(threading.Thread):
    """Kills the worker at random moments, and every fourth time the whole server, which is then started again.

    A moment is counted from when the portal answers again: who is killed while starting has nothing to lose.
    It comes after up to four more of what `progress` counts, too, so that a slow machine gets something done.
    What `between` does is done after a start of the whole, before anything is killed again.
    """

    def __init__(
        self,
        server: Server,
        chance: random.Random,
        kills: int,
        between: Callable[[], object] = lambda: None,
        progress: Callable[[], float] = lambda: math.inf,
    ) -> None:
        super().__init__()
        self.server, self.chance, self.wanted, self.between, self.progress = server, chance, kills, between, progress
        self.kills, self.enough = 0, threading.Event()
        self.failure: Exception | None = None

    def run(self) -> None:
        """Until there were enough of them, or somebody has seen enough."""
        try:
            while self.kills < self.wanted and self._moment_comes():
                self.kills += 1
                self._kill()
        except Exception as error:
            self.failure = error

    def _moment_comes(self) -> bool:
        enough = self.progress() + self.chance.randint(0, 4)
        while not self.enough.wait(self.chance.uniform(0.02, 0.8)):
            if self.progress() >= enough:
                return True
        return False

    def _kill(self) -> None:
        if self.kills % EVERY_WHOLE:
            for worker in workers(self.server):
                os.kill(worker, signal.SIGKILL)
            self.server.wait()
        else:
            self.server.kill()
            self.server.start()
            self.between()
