"""Pages that change by themselves: what happened is pushed to whoever may see it, as the very partial the page uses."""

from __future__ import annotations

from flask import Flask

from portal.live import handlers, sessions, transport
from portal.live.sockets import EXTENSION, Sockets
from portal.web.installation import installation


def init_app(app: Flask) -> None:
    """Take sockets, beside the requests of `app`."""
    config = installation(app).config
    sockets = Sockets(app, config)
    app.extensions[EXTENSION] = sockets
    handlers.register(sockets)
    transport.mount(app, sockets)


def of(app: Flask) -> Sockets:
    """The sockets of an application."""
    found: Sockets = app.extensions[EXTENSION]
    return found


def say_goodbye(app: Flask) -> None:
    """Let all sockets of this process go: it ends, and whoever was here comes back to the next one."""
    sessions.let_all_go(of(app))
