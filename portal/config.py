"""Settings: `instance/portal.toml`, then `PORTAL_*` in the environment (which wins), then defaults."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

GIB = 2**30


class BadSetting(Exception):
    """A setting is unknown or unusable; the message is one sentence that says which and what to write."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an installation can choose. Sizes in bytes, paths absolute."""

    instance: Path
    database_url: str
    storage_url: str
    base_url: str
    secret_key: bytes
    smtp_url: str | None
    mail_from: str
    trusted_proxies: int
    accel: str | None
    max_file_bytes: int
    threads: int
    workers: int
    allowed_hosts: tuple[str, ...]
    host: str
    port: int

    @property
    def storage_root(self) -> Path:
        """The folder behind `file:` storage."""
        return Path(self.storage_url.removeprefix("file:"))

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS, which decides cookie names and HSTS."""
        return self.base_url.startswith("https://")

    @property
    def outbox_folder(self) -> Path:
        """Where mails go as `.eml` files while no SMTP server is set."""
        return self.instance / "outbox"

    def key_file(self, name: str) -> Path:
        """The path of a secret kept outside the database."""
        return self.instance / "keys" / name


def load(environ: Mapping[str, str] | None = None, *, instance: str | Path | None = None) -> Config:
    """Read the settings of one instance folder, making the folder and its secret key if they are missing.

    Raises BadSetting for an unknown name or an unusable value.
    """
    environ = os.environ if environ is None else environ
    folder = Path(instance or environ.get("PORTAL_INSTANCE") or "instance").resolve()
    for part in (folder, folder / "keys"):
        part.mkdir(parents=True, exist_ok=True, mode=0o700)
    values = _from_file(folder / "portal.toml") | _from_environment(environ)
    values.pop("instance", None)
    unknown = sorted(set(values) - set(_READERS))
    if unknown:
        raise BadSetting(f"There is no setting “{unknown[0]}”; remove it or correct its name.")
    return _build(folder, values)


def _build(folder: Path, values: Mapping[str, str]) -> Config:
    read = {name: reader(values[name]) for name, reader in _READERS.items() if values.get(name)}
    host, port = str(read.get("host", "127.0.0.1")), int(str(read.get("port", 8000)))
    base_url = str(read.get("base_url", f"http://{host}:{port}"))
    return Config(
        instance=folder,
        database_url=str(read.get("database_url", f"sqlite:///{folder / 'portal.db'}")),
        storage_url=str(read.get("storage_url", f"file:{folder / 'files'}")),
        base_url=base_url,
        secret_key=_secret(values.get("secret_key"), folder / "keys" / "session.key"),
        smtp_url=_optional(read, "smtp_url"),
        mail_from=str(read.get("mail_from", f"milepost@{urlsplit(base_url).hostname}")),
        trusted_proxies=int(str(read.get("trusted_proxies", 0))),
        accel=_optional(read, "accel"),
        max_file_bytes=int(str(read.get("max_file_bytes", 5 * GIB))),
        threads=int(str(read.get("threads", 64))),
        workers=int(str(read.get("workers", 1))),
        allowed_hosts=_hosts(values.get("allowed_hosts", ""), base_url, host, port),
        host=host,
        port=port,
    )


def _optional(read: Mapping[str, object], name: str) -> str | None:
    value = read.get(name)
    return None if value is None else str(value)


def _from_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path.name} is not valid TOML: {error}.") from None
    return {name: str(value) for name, value in table.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    values = {name[7:].lower(): value for name, value in environ.items() if name.startswith("PORTAL_")}
    if environ.get("PORT"):
        values["port"] = environ["PORT"]
    return values


def _integer(name: str, least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise BadSetting(f"{name} must be a whole number from {least} to {most}, not “{text}”.")
        return int(text)

    return read


def _url(name: str, *schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            raise BadSetting(f"{name} must begin with {' or '.join(s + ':' for s in schemes)}, not “{text[:20]}”.")
        return text

    return read


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise BadSetting(f"base_url must look like https://portal.example.org, without a path, not “{text}”.")
    return f"{parts.scheme}://{parts.netloc}"


def _accel(text: str) -> str:
    if text != "nginx":
        raise BadSetting(f"accel knows only “nginx”, not “{text}”.")
    return text


def _key(text: str) -> str:
    if len(text) < 32:
        raise BadSetting("secret_key must have at least 32 characters; leave it out and one is made for you.")
    return text


def _text(text: str) -> str:
    return text


_READERS: dict[str, Callable[[str], object]] = {
    "database_url": _url("database_url", "sqlite", "postgresql", "postgresql+psycopg"),
    "storage_url": _url("storage_url", "file"),
    "base_url": _base_url,
    "secret_key": _key,
    "smtp_url": _url("smtp_url", "smtp", "smtps", "smtp+starttls"),
    "mail_from": _text,
    "trusted_proxies": _integer("trusted_proxies", 0, 5),
    "accel": _accel,
    "max_file_bytes": _integer("max_file_bytes", 1, 5 * GIB),
    "threads": _integer("threads", 4, 2000),
    "workers": _integer("workers", 1, 64),
    "allowed_hosts": _text,
    "host": _text,
    "port": _integer("port", 1, 65535),
}


def _secret(given: str | None, path: Path) -> bytes:
    return _key(given).encode() if given else keep_secret(path)


def keep_secret(path: Path) -> bytes:
    """The 32 random bytes kept at `path`, made once with mode 0600."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    return path.read_bytes()


def _hosts(text: str, base_url: str, host: str, port: int) -> tuple[str, ...]:
    given = [part.strip() for part in text.split(",") if part.strip()]
    own = [urlsplit(base_url).netloc, f"{host}:{port}", f"localhost:{port}", f"127.0.0.1:{port}"]
    return tuple(dict.fromkeys(given + own))
