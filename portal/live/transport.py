"""The door of sockets: same origin only, no more than there is room for, small frames, and gone when they are cut."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import simple_websocket
from engineio.async_drivers import _websocket_wsgi
from flask import Flask

from portal.config import Config
from portal.live.lines import Line, Lines, is_queued
from portal.live.sockets import FRAME_BYTES, Sockets

PATH = "/socket.io/"
# Words around a message of the largest size there may be.
ENVELOPE_BYTES = 1024
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Frames(_websocket_wsgi.SimpleWebSocketWSGI):
    """A WebSocket that refuses large messages while they arrive, and lets go of its thread when it is closed."""

    def __init__(self, lines: Lines, handler: Any, server: Any) -> None:
        super().__init__(handler, server, max_message_size=FRAME_BYTES + ENVELOPE_BYTES, **_green(server))
        # Engineio names its sockets, and gives a method of the socket for the handler.
        self._lines, self._name = lines, handler.__self__.sid

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Until it is closed."""
        environ["gunicorn.socket"] = self._line = Line(environ["gunicorn.socket"])
        self._lines.add(self._name, self._line)
        try:
            answer: Iterable[bytes] = super().__call__(environ, start_response)
            return answer
        finally:
            self._lines.remove(self._name)

    def send(self, message: str | bytes) -> None:
        """Write what came through the queue of the socket."""
        super().send(message)
        if is_queued(message):
            self._line.arrived()

    def close(self) -> None:
        """Close it; a browser that does not answer holds nothing up."""
        with suppress(simple_websocket.ConnectionClosed, OSError):
            super().close()
        self._line.shut()


class Gate:
    """Around the application: what is for sockets goes to them, if it may; everything else goes on as before."""

    def __init__(self, beyond: Application, sockets: Application, config: Config) -> None:
        self._beyond, self._sockets, self._config = beyond, sockets, config
        self._guard, self.open = threading.Lock(), 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH or environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return self._beyond(environ, start_response)
        if not is_ours(environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST", ""), self._config):
            return _refuse(start_response, "403 Forbidden", b"origin")
        if not self._enter():
            return _refuse(start_response, "503 Service Unavailable", b"full")
        # Packing each frame for each socket takes more than sending it, and holds a window in memory for each.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        try:
            return self._sockets(environ, start_response)
        finally:
            with self._guard:
                self.open -= 1

    def _enter(self) -> bool:
        with self._guard:
            if self.open >= self._config.most_sockets:
                return False
            self.open += 1
            return True


def mount(app: Flask, sockets: Sockets) -> None:
    """Put the gate in front of `app`."""
    sockets.io.server.eio._async["websocket"] = partial(Frames, sockets.lines)
    inner = sockets.io.sockio_mw
    gate = Gate(inner.wsgi_app, inner, sockets.config)
    app.wsgi_app = gate  # type: ignore[method-assign]  # as documented


def is_ours(origin: str | None, host: str, config: Config) -> bool:
    """Whether a socket may be opened from a page at `origin`: only from one of this portal, under the name it was
    called by. Programs that are no browsers send none; they have no cookie of anybody's either."""
    if host not in config.allowed_hosts:
        return False
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    scheme = "https" if config.secure else "http"
    return origin == f"{scheme}://{parts.netloc}" and parts.netloc == host


def _refuse(start_response: Any, status: str, reason: bytes) -> list[bytes]:
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(reason))), ("Cache-Control", "no-store")]
    start_response(status, [*headers, ("X-Content-Type-Options", "nosniff"), ("Connection", "close")])
    return [reason]


def _green(server: Any) -> dict[str, Any]:
    """What a WebSocket waits with: under gevent with green things, as engineio's own driver does."""
    if server.async_mode != "gevent":
        return {}
    from engineio.async_drivers import gevent as driver  # installed everywhere, loaded only where it is used
    from gevent import event, selectors

    return {"thread_class": driver.Thread, "event_class": event.Event, "selector_class": selectors.DefaultSelector}
