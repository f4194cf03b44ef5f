"""The production server: gunicorn with threads, told everything here instead of in a file of its own."""

from __future__ import annotations

import gc
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from portal import create_app, live, worker
from portal.config import Config

# A thread that is long in an upload is no dead worker: the main thread of a gthread worker gives the sign of life.
SILENCE_SECONDS = 60
GOODBYE_SECONDS = 30
KEEP_ALIVE_SECONDS = 15
QUEUE = 512
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # a file without content, by which gunicorn sees its workers live


def run(settings: Config) -> None:
    """Serve until SIGTERM or SIGINT; running requests get 30 seconds to end. Does not return."""
    if settings.socketio_async_mode == "gevent" and not _is_green():
        # gevent has to be the first thing a process loads, so this one begins anew under it.
        os.execv(sys.executable, [sys.executable, "-m", "gevent.monkey", "--module", "portal", "run"])  # noqa: S606  # our own interpreter
    _allow_many_files()
    Server(settings).run()


class Server(BaseApplication):
    """Gunicorn, configured by our settings. Each worker process makes an application of its own."""

    def __init__(self, settings: Config) -> None:
        self.settings = settings
        super().__init__(prog="portal")

    def load_config(self) -> None:
        """Called by gunicorn."""
        for name, value in options(self.settings).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by gunicorn in each worker process."""
        return create_app(self.settings)


def _allow_many_files() -> None:
    """Each socket and each transfer is an open file: take as many as the system gives this process."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _is_green() -> bool:
    from gevent import monkey  # loaded only where it is used

    return bool(monkey.is_module_patched("socket"))


def options(settings: Config) -> dict[str, Any]:
    """What gunicorn is told."""
    return {
        "bind": [_address(settings)],
        "worker_class": _worker_class(settings),
        "workers": settings.workers,
        "threads": settings.threads,
        # What is more waits at the door, so pages need a place beside all the sockets.
        "worker_connections": max(1000, settings.threads * 2, settings.most_sockets + 1000),
        "backlog": QUEUE,
        "timeout": SILENCE_SECONDS,
        "graceful_timeout": GOODBYE_SECONDS,
        "keepalive": KEEP_ALIVE_SECONDS,
        "worker_tmp_dir": str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None,
        "control_socket_disable": True,
        # Which proxy to believe is decided by one setting, trusted_proxies, and done by the application.
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "loglevel": "warning",
        "proc_name": "milepost",
        "post_worker_init": _begin,
        "worker_exit": _end_jobs,
    }


def _worker_class(settings: Config) -> type:
    """Each is loaded only where it is used: gevent changes what it touches."""
    if settings.socketio_async_mode == "gevent":
        from portal.green import GreenWorker  # not at the top, see above

        return GreenWorker
    from portal.patience import PatientWorker  # not at the top, see above

    return PatientWorker


def _address(settings: Config) -> str:
    host = settings.host.strip("[]")
    return f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}"


def _begin(process: Any) -> None:
    # What is there now stays: looking through it for garbage again and again costs a tenth of every page.
    gc.collect()
    gc.freeze()
    process.milepost_jobs = worker.start_embedded(process.wsgi)


def _end_jobs(_server: Any, process: Any) -> None:
    live.say_goodbye(process.wsgi)
    holder = getattr(process, "milepost_jobs", None)
    if holder is not None:
        holder.stop()
