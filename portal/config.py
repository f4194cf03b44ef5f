"""Settings: `instance/portal.toml`, then `PORTAL_*` in the environment (which wins), then defaults."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from portal import setting_readers
from portal.setting_readers import GIB, READERS, BadSetting

__all__ = ["GIB", "BadSetting", "Config", "keep_secret", "load", "shown"]

KEY_BYTES = 32
MOST_GREEN_SOCKETS = 5000
YES_OR_NO = ("webhook_private",)
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on


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
    mail_reply_to: str | None
    trusted_proxies: int
    accel: str | None
    max_file_bytes: int
    threads: int
    workers: int
    socketio_async_mode: str
    redis_url: str | None
    allowed_hosts: tuple[str, ...]
    webhook_private: bool
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
    def most_sockets(self) -> int:
        """How many sockets a process holds open. In threads each keeps one for itself, and pages need some too.

        Without Redis several processes cannot tell each other what to push, so pages ask now and then instead.
        """
        if self.workers > 1 and self.redis_url is None:
            return 0
        return MOST_GREEN_SOCKETS if self.socketio_async_mode == "gevent" else self.threads - min(60, self.threads // 2)

    @property
    def outbox_folder(self) -> Path:
        """Where mails go as `.eml` files while no SMTP server is set."""
        return self.instance / "outbox"

    def key_file(self, name: str) -> Path:
        """The path of a secret kept outside the database."""
        return self.instance / "keys" / name


def load(environ: Mapping[str, str] | None = None, *, instance: str | Path | None = None) -> Config:
    """Read the settings of one instance folder, making the folder and its secret key if they are missing.

    Raises BadSetting for an unknown name, an unusable value, or a folder that cannot be used.
    """
    environ = os.environ if environ is None else environ
    folder = Path(instance or environ.get("PORTAL_INSTANCE") or "instance").resolve()
    values = _from_file(folder / "portal.toml") | _from_environment(environ)
    values.pop("instance", None)
    unknown = sorted(set(values) - set(READERS))
    if unknown:
        raise BadSetting(f"There is no setting “{unknown[0]}”; remove it or correct its name.")
    read = {name: setting_readers.read(name, text) for name, text in values.items() if text}
    try:
        for part in (folder, folder / "keys"):
            part.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _build(folder, read)
    except OSError as error:
        raise BadSetting(f"The instance {folder} cannot be used: {(error.strerror or str(error)).lower()}.") from None


def shown(config: Config) -> list[tuple[str, str]]:
    """The settings in force, each as text, without their secrets."""
    hidden = {
        "secret_key": "(secret)",
        "database_url": make_url(config.database_url).render_as_string(hide_password=True),
        "smtp_url": _without_password(config.smtp_url) if config.smtp_url else "",
        "redis_url": _without_password(config.redis_url) if config.redis_url else "",
    }
    plain = {field.name: getattr(config, field.name) for field in fields(config)}
    plain["allowed_hosts"] = ",".join(config.allowed_hosts)
    plain["webhook_private"] = str(config.webhook_private).lower()
    return [(name, str(hidden.get(name, "" if value is None else value))) for name, value in plain.items()]


def _build(folder: Path, read: Mapping[str, object]) -> Config:
    host, port = str(read.get("host", "127.0.0.1")), int(str(read.get("port", 8000)))
    base_url = str(read.get("base_url", f"http://{_reached(host)}:{port}"))
    given = read.get("secret_key")
    return Config(
        instance=folder,
        database_url=str(read.get("database_url", f"sqlite:///{folder / 'portal.db'}")),
        storage_url=str(read.get("storage_url", f"file:{folder / 'files'}")),
        base_url=base_url,
        secret_key=str(given).encode() if given else keep_secret(folder / "keys" / "session.key"),
        smtp_url=_optional(read, "smtp_url"),
        mail_reply_to=_optional(read, "mail_reply_to"),
        mail_from=str(read.get("mail_from", f"milepost@{urlsplit(base_url).hostname}")),
        trusted_proxies=int(str(read.get("trusted_proxies", 0))),
        accel=_optional(read, "accel"),
        max_file_bytes=int(str(read.get("max_file_bytes", 5 * GIB))),
        threads=int(str(read.get("threads", 400))),
        workers=int(str(read.get("workers", 1))),
        socketio_async_mode=str(read.get("socketio_async_mode", "threading")),
        redis_url=_optional(read, "redis_url"),
        allowed_hosts=_hosts(str(read.get("allowed_hosts", "")), base_url, host, port),
        webhook_private=bool(read.get("webhook_private", False)),
        host=host,
        port=port,
    )


def _optional(read: Mapping[str, object], name: str) -> str | None:
    value = read.get(name)
    return None if value is None else str(value)


def _from_file(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError:
        raise BadSetting(f"The instance {path.parent} cannot be used: part of its path is a file.") from None
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path.name} is not valid TOML: {error}.") from None
    return {name: _text(name, value) for name, value in table.items()}


def _text(name: str, value: object) -> str:
    """What a TOML value says as the environment would say it: text, whole numbers, lists of text."""
    match value:
        case str():
            return value
        case bool() if name in YES_OR_NO:
            return str(value).lower()
        case int() if not isinstance(value, bool):
            return str(value)
        case list() if all(isinstance(part, str) for part in value):
            return ",".join(value)
        case _:
            raise BadSetting(f'{name} in portal.toml must be text or a whole number, for example {name} = "…".')


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    values = {name[7:].lower(): value for name, value in environ.items() if name.startswith("PORTAL_")}
    if environ.get("PORT"):
        values["port"] = environ["PORT"]
    return values


def keep_secret(path: Path) -> bytes:
    """The 32 random bytes kept at `path`, made once with mode 0600. Raises BadSetting when they are damaged."""
    if not path.exists():
        part = path.with_suffix(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        _give_name(part, path)
    kept = path.read_bytes()
    if len(kept) != KEY_BYTES:
        raise BadSetting(
            f"The key {path} is damaged: restore it from a backup, since what it protects needs the same one."
        )
    return kept


def _give_name(part: Path, path: Path) -> None:
    """Whole or not at all; where another process was faster, its key stays."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    secret = f":{parts.password}@"
    return url.replace(secret, ":***@", 1) if parts.password else url


def _reached(host: str) -> str:
    """Where a browser on this machine finds what listens on `host`."""
    if host in EVERYWHERE:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _hosts(text: str, base_url: str, host: str, port: int) -> tuple[str, ...]:
    given = [part.strip() for part in text.split(",") if part.strip()]
    own = [urlsplit(base_url).netloc, f"{_reached(host)}:{port}", f"localhost:{port}", f"127.0.0.1:{port}"]
    return tuple(dict.fromkeys(given + own))
