"""A process that reads the libraries once and forks for each trial: reading them is most of what a short test takes.

Run in a copy, it takes orders on standard input, one a line, and answers each with pytest's exit status. Nothing of
Milepost is imported before the fork, nor anything that pytest wants to read itself.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Sequence

import pytest

LIBRARIES = (
    "alembic.command", "argon2", "babel.numbers", "cryptography.hazmat.primitives.asymmetric.ed25519", "flask",
    "flask_babel", "flask_login", "flask_wtf", "huey", "PIL.Image", "psycopg", "segno",
    "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite", "sqlalchemy.orm", "structlog", "werkzeug.test",
    "wtforms", "zipstream",
)  # fmt: skip
STOPPED = -1


def main() -> None:
    """Until standard input ends."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        print(run(order["arguments"], order["output"], order["keep_compiled"], order["seconds"]), flush=True)


def run(arguments: Sequence[str], output: str, keep_compiled: bool, seconds: float) -> int:
    """One run of pytest in a process of its own; STOPPED when it takes longer than `seconds`."""
    child = os.fork()
    if child == 0:
        _be_pytest(arguments, output, keep_compiled)
    deadline, status = time.monotonic() + seconds, None
    while status is None and time.monotonic() < deadline:
        time.sleep(0.05)
        ended, state = os.waitpid(child, os.WNOHANG)
        status = os.waitstatus_to_exitcode(state) if ended else None
    # What it started and left behind goes as well.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if status is None:
        os.waitpid(child, 0)
    return STOPPED if status is None else status


def _be_pytest(arguments: Sequence[str], output: str, keep_compiled: bool) -> None:
    os.setsid()
    for number, place in ((0, os.devnull), (1, output), (2, output)):
        os.dup2(os.open(place, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), number)
    if not keep_compiled:
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.dont_write_bytecode = True
    status = 3
    try:
        status = int(pytest.main(list(arguments)))
    finally:
        sys.stdout.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
