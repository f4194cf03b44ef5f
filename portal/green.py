"""The worker for many sockets at once: one thread, and a greenlet for each of them."""

from __future__ import annotations

from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

from portal import live


class GreenWorker(GeventWorker):
    """Lets its sockets go when it is to end, instead of waiting for people to close their pages."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Called by gunicorn when the process is to end."""
        super().handle_exit(sig, frame)
        gevent.spawn(live.say_goodbye, self.wsgi)
