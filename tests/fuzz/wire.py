"""Bytes sent to a real server as they are, and what came back before it closed or fell silent."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Server

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Came:
    """An answer, or b"" where the connection was closed without one."""

    data: bytes
    seconds: float

    @property
    def status(self) -> int:
        """0 for no answer at all."""
        line = self.data.split(b"\r\n", 1)[0].split(b" ")
        return int(line[1]) if len(line) > 1 and line[1].isdigit() else 0

    @property
    def headers(self) -> dict[str, str]:
        """By name, in small letters."""
        head = self.data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in head)}


def send(server: Server, *pieces: bytes, silence: float = 1, hang_up: bool = False) -> Came:
    """Send all pieces as far as they are taken, then read until the end or until nothing came for a while."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # It had enough; what it said is still there to be read.
        return _read(connection, begun, silence)


def _read(connection: socket.socket, begun: float, silence: float) -> Came:
    data, last = b"", time.monotonic()
    connection.settimeout(10)
    try:
        while piece := connection.recv(1 << 16):
            data, last = data + piece, time.monotonic()
            connection.settimeout(silence)
    except OSError:
        pass
    return Came(data, last - begun)


def processes(server: Server) -> list[Path]:
    """The server's processes, by their folders in /proc."""
    return [path.parent for path in Path("/proc").glob("[0-9]*/stat") if _group(path) == server.pid]


def _group(path: Path) -> int:
    try:
        return int(path.read_text().rpartition(")")[2].split()[2])
    except OSError:
        return 0


def memory(server: Server, what: str = "VmRSS") -> int:
    """Bytes of memory of all its processes together; VmHWM for the most there ever was."""
    return sum(_status(path, what) for path in processes(server))


def _status(path: Path, what: str) -> int:
    lines = (path / "status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:")), 0)


def worked(server: Server) -> float:
    """Seconds of processor time it has used."""
    fields = [(path / "stat").read_text().rpartition(")")[2].split() for path in processes(server)]
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS
