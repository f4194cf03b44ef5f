"""The portal without its imports: processes forked from one that has them already, so that many kills are affordable.
Templates are compiled there, too.

They are the real thing from there on: a session and a process group of their own, `portal run` or a piece of program.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers import ROOT, Server

STOVE = r"""
import importlib, json, os, signal, sys, tempfile, traceback
import portal.cli, portal.server, portal.worker, portal.services.papers
from portal import config, create_app
from portal.adapters import failpoints
from portal.web.installation import installation
from tests import templates_once

# What every fresh process would compile again is kept for those forked from here.
templates_once.share()
with tempfile.TemporaryDirectory() as folder:
    app = create_app(config.load({}, instance=folder))
    for name in app.jinja_env.list_templates(filter_func=lambda name: not name.startswith("pdf/")):
        app.jinja_env.get_template(name)
    installation(app).engine.dispose()
    del app
signal.signal(signal.SIGCHLD, signal.SIG_IGN)

def become(order):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for fd in (1, 2):
        os.dup2(log, fd)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(order["environment"])
    importlib.reload(failpoints)
    sys.argv[1:] = order["arguments"]
    try:
        exec(order["program"], {"__name__": "__main__"})
    except BaseException as error:
        if not isinstance(error, SystemExit) or error.code:
            traceback.print_exc()
    sys.stdout.flush()
    os._exit(0)

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        become(json.loads(line))
    print(pid, flush=True)
"""
SERVE = "import portal.cli; portal.cli.main(['run'])"


class Process:
    """A process that is not ours to wait for, but whose end can be seen: the part of Popen that is used here."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._watch: int | None = None
        # One that is over already has no number any more.
        try:
            self._watch = os.pidfd_open(pid)
        except ProcessLookupError:
            self._watch = None

    def poll(self) -> int | None:
        """None while it runs."""
        return None if self._watch is not None and not self._ended(0) else 0

    def wait(self, timeout: float | None = None) -> int:
        """Until it is over; raises TimeoutExpired."""
        if self._watch is not None and not self._ended(timeout):
            raise subprocess.TimeoutExpired("portal", timeout or 0)
        return 0

    def kill(self) -> None:
        """kill -9."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _ended(self, timeout: float | None) -> bool:
        if self._watch is None:
            return True
        if not select.select([self._watch], [], [], timeout)[0]:
            return False
        os.close(self._watch)
        self._watch = None
        return True


class Stove:
    """Keeps a process warm to fork others from."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", STOVE], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, program: str, *arguments: str, log: Path, environment: dict[str, str] | None = None) -> Process:
        """A new process that runs `program`."""
        order: dict[str, Any] = {"program": program, "arguments": arguments, "log": str(log)}
        order["environment"] = dict(os.environ) | (environment or {})
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Process(int(self._process.stdout.readline()))

    def close(self) -> None:
        """Let it go cold."""
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait(timeout=20)


_STOVES: list[Stove] = []


def stove() -> Stove:
    """The one of this test run, lit when it is first needed."""
    if not _STOVES:
        _STOVES.append(Stove())
    return _STOVES[0]


def put_out() -> None:
    """At the end of the test run."""
    while _STOVES:
        _STOVES.pop().close()


class WarmServer(Server):
    """`portal run`, started in a tenth of the time."""

    def spawn(self) -> Any:
        """Begin to serve."""
        own = {"PORTAL_INSTANCE": str(self.instance), "PORT": str(self.port)} | self._environment
        self._process = stove().start(SERVE, log=self.log, environment=own)
        return self._process
