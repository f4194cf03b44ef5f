"""Sockets for tests: the official Python client with the cookies of a browser, noting everything it hears."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import socketio

WAIT_SECONDS = 15.0
Headers = dict[str, str]


class Listener:
    """One open page, as far as its socket goes."""

    def __init__(self, url: str, headers: Headers, *, reconnection: bool = False) -> None:
        self.url, self.headers = url, {"Cookie": headers["Cookie"]} if "Cookie" in headers else {}
        self.heard: list[tuple[str, Any]] = []
        self.gone = threading.Event()
        self._news = threading.Condition()
        self.client = socketio.Client(reconnection=reconnection, reconnection_delay=0.2, reconnection_delay_max=1)
        for name in ("fragment", "changed", "typing", "present", "signed_out"):
            self.client.on(name, self._note(name))
        self.client.on("disconnect", lambda *_: self.gone.set())

    def connect(self) -> Listener:
        """Raises socketio.exceptions.ConnectionError when it is not let in."""
        self.client.connect(self.url, headers=self.headers, transports=["websocket"], wait_timeout=WAIT_SECONDS)
        return self

    def say(self, event: str, *content: Any) -> Any:
        """What the server answers."""
        return self.client.call(event, content if len(content) != 1 else content[0], timeout=WAIT_SECONDS)

    def wait_for(self, name: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """The first thing heard of that name that fits; fails after a while."""
        deadline = time.monotonic() + WAIT_SECONDS
        with self._news:
            while True:
                found = [content for event, content in self.heard if event == name and fits(content)]
                if found:
                    return found[0]
                assert self._news.wait(deadline - time.monotonic()), f"no {name} among {self.heard}"

    def fragments(self) -> list[dict[str, Any]]:
        """Everything pushed as HTML so far."""
        return [content for event, content in self.heard if event == "fragment"]

    def leave(self) -> None:
        """Close it."""
        self.client.disconnect()

    def _note(self, name: str) -> Callable[..., None]:
        def note(*content: Any) -> None:
            with self._news:
                self.heard.append((name, content[0] if content else None))
                self._news.notify_all()

        return note


@contextmanager
def listening(url: str, *browsers: Headers) -> Iterator[list[Listener]]:
    """Open sockets for the length of a with statement."""
    opened = [Listener(url, headers).connect() for headers in browsers]
    try:
        yield opened
    finally:
        for listener in opened:
            listener.leave()
