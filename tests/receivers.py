"""Targets outside, for tests: real servers on the loopback that answer, refuse, hang, redirect, hang up or drip."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Behaviour = Callable[["Handler"], None]


@dataclass(frozen=True)
class Heard:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """A server, what it heard, and how it behaves; that can be changed while it runs."""

    port: int
    behave: Behaviour
    scheme: str = "http"
    heard: list[Heard] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook?key=abc"

    @property
    def ids(self) -> list[str]:
        """The deliveries it was told, by their ids."""
        return [each.json["id"] for each in self.heard]


class Handler(BaseHTTPRequestHandler):
    """Reads the request, notes it, and then behaves."""

    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.receiver.heard.append(Heard(self.path, dict(self.headers), body))
        with suppress(OSError):
            self.receiver.behave(self)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, text: bytes = b"ok", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def answers(status: int = 200, text: bytes = b"ok", **headers: str) -> Behaviour:
    return lambda handler: handler.answer(status, text, **headers)


def hangs(handler: Handler) -> None:
    """Takes the request and says nothing."""
    handler.receiver.stopping.wait(30)


def drips(handler: Handler) -> None:
    """A byte of a header now and then: no single read is ever late."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.receiver.stopping.wait(0.1):
        handler.wfile.write(b"z")


def drips_its_body(handler: Handler) -> None:
    """The head at once, then a byte now and then."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not handler.receiver.stopping.wait(0.1):
        handler.wfile.write(b"z")


def hangs_up(handler: Handler) -> None:
    """A reset instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def babbles(handler: Handler) -> None:
    """An answer without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not handler.receiver.stopping.is_set():
        handler.wfile.write(b"<b>blah</b>\x00 " * 8192)


def talks_nonsense(handler: Handler) -> None:
    handler.wfile.write(b"\x16\x03\x01\x00\xff" * 20)


@contextmanager
def receiving(behave: Behaviour | None = None, certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver for the length of a with statement; with a certificate (and its key in the file) over TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    receiver = Receiver(server.server_address[1], behave or answers(), "https" if certificate else "http")
    server.RequestHandlerClass = type("OwnHandler", (Handler,), {"receiver": receiver})
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    # TLS that fails is what some tests are about, and nothing to print.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # as the standard library suggests
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def until(what: Callable[[], bool], seconds: float = 15) -> bool:
    """Wait for something to become true; whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return what()
