"""Many requests for one page over a few connections that stay open, by hand: a client library would be measured too."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from urllib.parse import urlsplit, urlunsplit

from benchmarks.harness.processes import cpu_seconds


@dataclass(frozen=True)
class Sample:
    """One run against one contender."""

    requests: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Processor time of the server for one request, in milliseconds."""
        return self.cpu_seconds / self.requests * 1000


def fire(url: str, headers: Mapping[str, str], *, pid: int, seconds: float = 3, connections: int = 8) -> Sample:
    """Ask for `url` as fast as `connections` can, and say what it cost the server's family of processes."""
    counts: list[int] = []
    before, start = cpu_seconds(pid), time.monotonic()
    until = start + seconds
    threads = [threading.Thread(target=_ask, args=(url, headers, until, counts)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    if len(counts) < connections:
        raise RuntimeError(f"{url} did not answer with 200")
    return Sample(sum(counts), took, cpu_seconds(pid) - before)


def _ask(url: str, headers: Mapping[str, str], until: float, counts: list[int]) -> None:
    parts = urlsplit(url)
    wanted = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    lines = [f"GET {wanted} HTTP/1.1", f"Host: {parts.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
    request = "\r\n".join([*lines, "", ""]).encode()
    done = 0
    with socket.create_connection((parts.hostname or "", parts.port or 80)) as line:
        reader = line.makefile("rb", 65536)
        while time.monotonic() < until:
            line.sendall(request)
            if not _read(reader):
                return
            done += 1
    counts.append(done)


def _read(reader: BufferedReader) -> bool:
    good = b" 200 " in reader.readline()
    length, chunked = 0, False
    while (header := reader.readline().lower()) not in (b"\r\n", b""):
        if header.startswith(b"content-length:"):
            length = int(header.split(b":")[1])
        chunked = chunked or header.startswith(b"transfer-encoding: chunked")
    if chunked:
        while size := int(reader.readline(), 16):
            reader.read(size + 2)
        reader.readline()
    else:
        reader.read(length)
    return good
