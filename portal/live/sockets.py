"""The sockets of one process: who is behind each of them, and how something is said to some of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from flask import Flask
from flask_socketio import SocketIO

from portal.adapters import clock
from portal.config import Config
from portal.live.guests import Guest, Pages
from portal.live.lines import Lines

EXTENSION = "milepost_live"
NAMESPACE = "/"
FRAME_BYTES = 64 * 1024
# Whoever lost the line without a word is shown as being here until a ping goes unanswered (rules.presence). More often
# would keep the radio of every phone awake.
PING_SECONDS, PONG_SECONDS = 20, 20


class Sockets:
    """Socket.IO for one application, with the list of who is here."""

    def __init__(self, app: Flask, config: Config) -> None:
        self.app, self.config = app, config
        self.io = SocketIO(
            app,
            async_mode=config.socketio_async_mode,
            message_queue=config.redis_url,
            channel="milepost",
            transports=["websocket"],
            # Origins are looked at by our own gate (transport), which knows every name of this portal.
            cors_allowed_origins=[],
            max_http_buffer_size=FRAME_BYTES,
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS,
            manage_session=False,
            always_connect=False,
            logger=False,
            engineio_logger=False,
        )
        self.lines = Lines(self.io.server.eio)
        self.guests: dict[str, Guest] = {}
        self.pages = Pages()
        self.guard = threading.Lock()
        self.is_watched = False

    def welcome(self, guest: Guest) -> None:
        """Somebody is here now."""
        with self.guard:
            self.guests[guest.sid] = guest

    def forget(self, sid: str) -> Guest | None:
        """Somebody left."""
        with self.guard:
            return self.guests.pop(sid, None)

    def guest(self, sid: str) -> Guest | None:
        """Who is behind a socket, if it is here still."""
        with self.guard:
            return self.guests.get(sid)

    def everybody(self) -> list[Guest]:
        """Whoever is here at this moment."""
        with self.guard:
            return list(self.guests.values())

    def is_anybody_in(self, room: str) -> bool:
        """Whether saying something in `room` can reach anybody. With several processes nobody knows."""
        return self.config.redis_url is not None or bool(self.io.server.manager.rooms.get(NAMESPACE, {}).get(room))

    def emit(self, event: str, message: dict[str, Any], rooms: Iterable[str], *, but: str | None = None) -> None:
        """Say it in `rooms`; a socket that is in two of them hears it twice."""
        for room in rooms:
            if self.is_anybody_in(room):
                self.io.emit(event, message, to=room, skip_sid=but, namespace=NAMESPACE)

    def let_go(self, sid: str) -> None:
        """End one socket; what was said to it before still leaves."""
        self.io.server.disconnect(sid, namespace=NAMESPACE)

    def transport_of(self, sid: str) -> Any:
        """The connection under a socket, with its queue; None when it is gone."""
        eio_sid = self.io.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        return self.io.server.eio.sockets.get(eio_sid)

    def silence(self, sid: str) -> float | None:
        """For how many seconds a socket has owed an answer to a ping, 0 when it owes none; None when it is gone."""
        found = self.transport_of(sid) if self.guest(sid) else None
        if found is None:
            return None
        asked_at = found.last_ping
        return max(0.0, clock.now().timestamp() - asked_at) if asked_at else 0.0

    def cut(self, sid: str) -> None:
        """End one socket at once, with what still waits for it."""
        found = self.transport_of(sid)
        if found is not None:
            found.close(wait=False, abort=True)
            self.lines.shut(found.sid)
