"""What a running process asks of the kernel, in order: strace attached to a worker of a server."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

WATCHED = "write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg,ftruncate"
LINE = re.compile(r"(\d+) +(.*)")
CALL = re.compile(r"(\w+)\((.*)")


@dataclass
class Call:
    """One system call: its place in the order when it began and when it had ended, what it was about, what it gave."""

    name: str
    words: str
    begun: int
    ended: int = -1

    @property
    def went_well(self) -> bool:
        """Whether it gave no error."""
        return self.ended >= 0 and re.search(r"= -1 ", self.words) is None

    def is_about(self, *parts: str) -> bool:
        """Whether all of these are in its arguments."""
        return all(part in self.words for part in parts)


def require(*tool: str) -> None:
    """Skips by name where strace is missing or may not attach."""
    if shutil.which("strace") is None:
        pytest.skip("strace: it is not on this machine (Debian package: strace)")
    with subprocess.Popen(["sleep", "30"]) as victim:
        tried = subprocess.Popen(["strace", "-p", str(victim.pid)], stderr=subprocess.PIPE, text=True)
        first = tried.stderr.readline() if tried.stderr else ""
        tried.kill()
        victim.kill()
        tried.communicate()
    if "attached" not in first:
        pytest.skip(f"strace: it may not look into other processes here ({first.strip()})")


@contextmanager
def attached(pid: int, log: Path, *options: str, watched: str = WATCHED) -> Iterator[None]:
    """strace on all threads of `pid`; what it saw is complete in `log` when the block is over."""
    command = ["strace", "-f", "-y", "-s", "80", "-o", str(log), "-e", f"trace={watched}", *options, "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert tracer.stderr is not None
        while "attached" not in (line := tracer.stderr.readline()):
            assert line, "strace did not attach"
        # The other threads are attached one after the other, right behind the first.
        time.sleep(0.3)
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=30)


def calls(log: Path) -> list[Call]:
    """In the order in which they began."""
    found: list[Call] = []
    running: dict[str, Call] = {}
    for place, line in enumerate(log.read_text(errors="replace").splitlines()):
        thread, rest = (LINE.match(line) or re.match(r"()(.*)", line)).groups()  # type: ignore[union-attr]  # it always matches
        if "resumed>" in rest and thread in running:
            call = running.pop(thread)
            call.words, call.ended = call.words + rest, place
        elif begun := CALL.match(rest):
            call = Call(begun[1], begun[2], place)
            found.append(call)
            if "<unfinished" in rest:
                running[thread] = call
            else:
                call.ended = place
    return found


def in_order(found: list[Call], *steps: tuple[str, tuple[str, ...]]) -> list[Call]:
    """The first calls that follow each other as `steps` say, each begun after the one before had ended well.

    Raises with what is missing.
    """
    taken: list[Call] = []
    for name, parts in steps:
        after = taken[-1].ended if taken else -1
        match = (
            call for call in found
            if call.begun > after and call.name.startswith(name) and call.is_about(*parts) and call.went_well
        )  # fmt: skip
        following = next(match, None)
        assert following is not None, f"no {name} of {parts} after {[f'{c.name} {c.words[:90]}' for c in taken]}"
        taken.append(following)
    return taken
