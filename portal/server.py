"""The production server: gunicorn with threads, told everything here instead of in a file of its own."""

from __future__ import annotations

import gc
import re
import socket
import time
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers import gthread

from portal import create_app, worker
from portal.config import Config

# A thread that is long in an upload is no dead worker: the main thread of a gthread worker gives the sign of life.
SILENCE_SECONDS = 60
GOODBYE_SECONDS = 30
KEEP_ALIVE_SECONDS = 15
QUEUE = 512
# How long a request may take to arrive, how large its head may be before gunicorn refuses it, and up to which size a
# body is waited for as well.
ARRIVAL_SECONDS = 30
HEAD_BYTES, BODY_BYTES = 1 << 20, 64 << 10
PIECE_BYTES = 64 << 10
BLINK_SECONDS = 0.01
BODY_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # a file without content, by which gunicorn sees its workers live


def run(settings: Config) -> None:
    """Serve until SIGTERM or SIGINT; running requests get 30 seconds to end. Does not return."""
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


class PatientWorker(gthread.ThreadWorker):
    """Gives a thread to a request when its head is here, and with it the body of an ordinary form.

    Until then the main thread watches its connection, or as many people as there are threads, each with half a
    request, would keep everybody else out. Large bodies and slow readers do hold a thread; a proxy in front helps.
    """

    def handle(self, conn: Any) -> Any:
        """Called by gunicorn in one of its threads."""
        early = getattr(conn, "early", b"")
        if not early:
            conn.deadline = time.monotonic() + ARRIVAL_SECONDS
        try:
            conn.early, is_whole = _received(conn, early)
        except OSError:
            return False
        if not is_whole:
            return gthread._DEFER if time.monotonic() < conn.deadline else False
        conn.init()
        conn.parser.unreader.unread(conn.early)
        conn.early, conn.data_ready = b"", True
        return super().handle(conn)


def _received(conn: Any, early: bytes) -> tuple[bytes, bool]:
    """What came so far, and whether a thread can go on with it: it is whole, or nothing more will come."""
    if conn.initialized:
        early = conn.parser.unreader.take_buffered() + early
    if not early:
        # Mostly the first bytes follow at once.
        conn.wait_for_data(BLINK_SECONDS)
    while not _is_whole(early):
        try:
            piece = conn.sock.recv(PIECE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return early, False
        if not piece:
            return early, True
        early += piece
    return early, True


def _is_whole(early: bytes) -> bool:
    head, end, body = early.partition(b"\r\n\r\n")
    if not end:
        return len(early) > HEAD_BYTES
    found = BODY_LENGTH.search(head + b"\r\n")
    length = int(found[1]) if found and b"\r\nexpect:" not in head.lower() else 0
    return length > BODY_BYTES or len(body) >= length


def options(settings: Config) -> dict[str, Any]:
    """What gunicorn is told."""
    return {
        "bind": [_address(settings)],
        "worker_class": PatientWorker,
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_connections": max(1000, settings.threads * 2),
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


def _address(settings: Config) -> str:
    host = settings.host.strip("[]")
    return f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}"


def _begin(process: Any) -> None:
    # What is there now stays: looking through it for garbage again and again costs a tenth of every page.
    gc.collect()
    gc.freeze()
    process.milepost_jobs = worker.start_embedded(process.wsgi)


def _end_jobs(_server: Any, process: Any) -> None:
    holder = getattr(process, "milepost_jobs", None)
    if holder is not None:
        holder.stop()
