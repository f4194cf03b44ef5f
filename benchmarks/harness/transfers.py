"""Large files in both directions, by clients people use and by bare sockets, with what it cost the server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
from tusclient.client import TusClient

from benchmarks.harness.peers import program
from benchmarks.harness.processes import cpu_seconds
from tests.servers import ROOT

GB = 1_000_000_000
BUFFER = PIECE = 1 << 20
TUS_JS = ROOT / "tests" / "e2e" / "tus_js_upload.cjs"


@dataclass(frozen=True)
class Moved:
    """One transfer: bytes, seconds on the clock, processor seconds of the server's family."""

    bytes: int
    seconds: float
    cpu_seconds: float

    @property
    def gb_per_second(self) -> float:
        """Speed, in 10⁹ bytes a second."""
        return self.bytes / GB / self.seconds

    @property
    def cpu_per_gb(self) -> float:
        """Processor seconds of the server for 10⁹ bytes."""
        return self.cpu_seconds / self.bytes * GB


@dataclass(frozen=True)
class Target:
    """A tus server: where uploads are created, what each request carries, and its process."""

    url: str
    headers: Mapping[str, str]
    pid: int
    milestone: str = "none"


def measured(pids: Iterable[int], move: Callable[[], int]) -> Moved:
    """What `move`, which answers how many bytes went, took; and what it cost these processes and their families."""
    before, start = sum(map(cpu_seconds, pids)), time.monotonic()
    size = move()
    return Moved(size, time.monotonic() - start, sum(map(cpu_seconds, pids)) - before)


Client = Callable[[Target, Path, int], str]


def upload(target: Target, client: Client, path: Path, chunk: int) -> tuple[str, Moved]:
    """One upload by `client` in chunks: the address it got, and what it took."""
    made: list[str] = []

    def move() -> int:
        made.append(client(target, path, chunk))
        return path.stat().st_size

    moved = measured([target.pid], move)
    return made[0], moved


def by_tus_js(target: Target, path: Path, chunk: int) -> str:
    """tus-js-client in Node; the upload's address."""
    command = [program("node"), str(TUS_JS), str(path), target.url, target.milestone, json.dumps(dict(target.headers))]
    environment = os.environ | {"NODE_MODULES": str(ROOT / "node_modules")}
    done = subprocess.run([*command, str(chunk)], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def by_tuspy(target: Target, path: Path, chunk: int) -> str:
    """tuspy in this process; the upload's address."""
    client = TusClient(target.url, headers=dict(target.headers))
    with path.open("rb") as stream:
        metadata = {"filename": path.name, "milestone": target.milestone}
        uploader = client.uploader(file_stream=stream, metadata=metadata, chunk_size=chunk)
        uploader.upload()
    return str(uploader.url)


def by_socket(target: Target, path: Path, chunk: int) -> str:
    """A bare socket fed by the kernel, so that the server is all there is to wait for; the upload's address."""
    size = path.stat().st_size
    metadata = f"filename {_base64(path.name)},milestone {_base64(target.milestone)}"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": metadata}
    made = requests.post(target.url, headers=headers | dict(target.headers), timeout=60)
    made.raise_for_status()
    address = urljoin(target.url, made.headers["Location"])
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "", parts.port or 80)) as line, path.open("rb") as file:
        for offset in range(0, size, chunk):
            count = min(chunk, size - offset)
            line.sendall(_request("PATCH", address, _chunk_headers(target, offset, count)))
            line.sendfile(file, offset, count)
            _require(_answer_head(line), b"204")
    return address


def download(url: str, headers: Mapping[str, str], first: int | None = None, count: int = 0) -> int:
    """Fetch a file, or `count` bytes of it, and look at none of them; how many came."""
    with connected(url) as line:
        return fetch(line, url, headers, first, count)


def pieces(url: str, headers: Mapping[str, str], first: int, seconds: float, connections: int = 4) -> int:
    """Fetch the same piece of 1 MiB over and over for a while, on several connections; how many bytes came."""
    until = time.monotonic() + seconds

    def ask(_number: int) -> int:
        came = 0
        with connected(url) as line:
            while time.monotonic() < until:
                came += fetch(line, url, headers, first, PIECE)
        return came

    with ThreadPoolExecutor(connections) as askers:
        return sum(askers.map(ask, range(connections)))


def connected(url: str) -> socket.socket:
    """A connection to whoever answers `url`."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 80))


def fetch(line: socket.socket, url: str, headers: Mapping[str, str], first: int | None = None, count: int = 0) -> int:
    """One GET on an open connection."""
    wanted = {} if first is None else {"Range": f"bytes={first}-{first + count - 1}"}
    line.sendall(_request("GET", url, dict(headers) | wanted))
    head, _, body = _answer_head(line).partition(b"\r\n\r\n")
    _require(head, b"200" if first is None else b"206")
    fields = dict(row.lower().split(b": ", 1) for row in head.split(b"\r\n")[1:])
    left, buffer = int(fields[b"content-length"]) - len(body), bytearray(BUFFER)
    while left and (got := line.recv_into(buffer, min(left, BUFFER))):
        left -= got
    if left:
        raise RuntimeError(f"{left} bytes did not come")
    return int(fields[b"content-length"])


def _chunk_headers(target: Target, offset: int, count: int) -> dict[str, str]:
    said = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), "Content-Length": str(count)}
    return said | {"Content-Type": "application/offset+octet-stream"} | dict(target.headers)


def _request(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    parts = urlsplit(url)
    lines = [f"{method} {parts.path} HTTP/1.1", f"Host: {parts.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def _answer_head(line: socket.socket) -> bytes:
    """The head of an answer, and what of its body came with it."""
    got = b""
    while b"\r\n\r\n" not in got and (piece := line.recv(65536)):
        got += piece
    return got


def _require(head: bytes, status: bytes) -> None:
    if head.split(b" ", 2)[1:2] != [status]:
        raise RuntimeError(head.decode(errors="replace")[:300])


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
