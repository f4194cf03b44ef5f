"""How each setting is read from its text. A reader returns the value, or raises BadSetting with one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

GIB = 2**30
LONGEST_SHOWN = 60
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")
HOST_AND_PORT = re.compile(rf"(?:{HOST.pattern})(?::[0-9]{{1,5}})?")
ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class BadSetting(Exception):
    """A setting is unknown or unusable; the message is one sentence that says which and what to write."""


Reader = Callable[[str], object]


def integer(name: str, least: int, most: int) -> Reader:
    """A whole number from `least` to `most`."""

    def read(text: str) -> int:
        fits = text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most
        if not fits:
            raise BadSetting(f"{name} must be a whole number from {least} to {most}, not “{_shown(text)}”.")
        return int(text)

    return read


def database_url(text: str) -> str:
    """Where the tables are: SQLite in a file, or PostgreSQL."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise BadSetting(
            "database_url must look like postgresql://user:password@host/name or sqlite:////path."
        ) from None
    if url.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise BadSetting(f"database_url must begin with sqlite: or postgresql:, not “{_shown(url.drivername)}”.")
    if url.drivername == "sqlite" and not Path(url.database or "").is_absolute():
        raise BadSetting("database_url must name a file by its whole path for SQLite: sqlite:////srv/portal.db, say.")
    if url.drivername != "sqlite" and not url.database:
        raise BadSetting("database_url must name a database: postgresql://user:password@host/name.")
    return text


def storage_url(text: str) -> str:
    """Where the files are: a folder."""
    if not text.startswith("file:") or not Path(text.removeprefix("file:")).is_absolute():
        raise BadSetting(f"storage_url must be file: and the whole path of a folder, not “{_shown(text)}”.")
    return text


def base_url(text: str) -> str:
    """The address people use, without a path."""
    parts = _split(text)
    odd = (
        parts is None
        or parts.username
        or parts.password
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
    )
    if odd or parts is None or parts.scheme not in ("http", "https") or not HOST_AND_PORT.fullmatch(parts.netloc):
        raise BadSetting(f"base_url must look like https://portal.example.org, without a path, not “{_shown(text)}”.")
    return f"{parts.scheme}://{parts.netloc}"


def smtp_url(text: str) -> str:
    """The mail server."""
    parts = _split(text)
    if parts is None or parts.scheme not in ("smtp", "smtps", "smtp+starttls") or not parts.hostname:
        # The text may hold a password, so it is not repeated.
        raise BadSetting("smtp_url must look like smtp+starttls://user:password@mail.example.org:587 (or smtp, smtps).")
    return text


def mail_from(text: str) -> str:
    """The address mails come from."""
    if not ADDRESS.fullmatch(text):
        raise BadSetting(f"mail_from must be an address like portal@example.org, not “{_shown(text)}”.")
    return text


def async_mode(text: str) -> str:
    """How sockets are held open."""
    if text not in ("threading", "gevent"):
        raise BadSetting(f"socketio_async_mode must be threading or gevent, not “{_shown(text)}”.")
    return text


def redis_url(text: str) -> str:
    """Where several processes tell each other what to push."""
    parts = _split(text)
    if parts is None or parts.scheme not in ("redis", "rediss") or not parts.hostname:
        # The text may hold a password, so it is not repeated.
        raise BadSetting("redis_url must look like redis://localhost:6379/0 (or rediss).")
    return text


def mail_reply_to(text: str) -> str:
    """The address replies to mails go to."""
    if not ADDRESS.fullmatch(text):
        raise BadSetting(f"mail_reply_to must be an address like office@example.org, not “{_shown(text)}”.")
    return text


def accel(text: str) -> str:
    """Who hands out the files."""
    if text != "nginx":
        raise BadSetting(f"accel knows only “nginx”, not “{_shown(text)}”.")
    return text


def secret_key(text: str) -> str:
    """What cookies are signed with."""
    if len(text) < 32:
        raise BadSetting("secret_key must have at least 32 characters; leave it out and one is made for you.")
    return text


def host(text: str) -> str:
    """Where to listen: a name or an address of this machine."""
    if not HOST.fullmatch(text):
        raise BadSetting(f"host must be a name or an address to listen on, like 127.0.0.1, not “{_shown(text)}”.")
    return text


def allowed_hosts(text: str) -> str:
    """Further names this portal is reached by, with commas between them."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        if not HOST_AND_PORT.fullmatch(part):
            raise BadSetting(f"allowed_hosts must be names like portal.example.org, with commas, not “{_shown(part)}”.")
    return text


def yes_or_no(name: str) -> Reader:
    """`true` or `false`."""

    def read(text: str) -> bool:
        if text not in ("true", "false"):
            raise BadSetting(f"{name} must be true or false, not “{_shown(text)}”.")
        return text == "true"

    return read


READERS: dict[str, Reader] = {
    "database_url": database_url,
    "storage_url": storage_url,
    "base_url": base_url,
    "secret_key": secret_key,
    "smtp_url": smtp_url,
    "mail_from": mail_from,
    "mail_reply_to": mail_reply_to,
    "trusted_proxies": integer("trusted_proxies", 0, 5),
    "accel": accel,
    "max_file_bytes": integer("max_file_bytes", 1, 5 * GIB),
    "threads": integer("threads", 4, 2000),
    "workers": integer("workers", 1, 64),
    "socketio_async_mode": async_mode,
    "redis_url": redis_url,
    "allowed_hosts": allowed_hosts,
    "webhook_private": yes_or_no("webhook_private"),
    "host": host,
    "port": integer("port", 1, 65535),
}


def read(name: str, text: str) -> object:
    """The value of one setting."""
    if CONTROL.search(text):
        raise BadSetting(f"{name} must be one line without control characters.")
    return READERS[name](text)


def _split(text: str) -> SplitResult | None:
    """The parts of an address; None for one that cannot be taken apart."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
