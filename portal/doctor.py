"""What this machine and this instance need, one line a check, and the very line that installs what is missing."""

from __future__ import annotations

import json
import os
import platform
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine, Select, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from portal import config, db, failures, migrating
from portal.adapters import clock, mail, pdf
from portal.adapters.storage import LocalStorage
from portal.config import BadSetting, Config
from portal.models.deliverable import Deliverable
from portal.models.entry import Entry
from portal.models.message import Attachment
from portal.services import rereading, reserving

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
# No clock that is right shows anything before this version was written.
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)
PATIENCE_SECONDS = 5
LOOPBACK = ("127.0.0.1", "::1", "localhost")
GIB = 2**30


class State(StrEnum):
    """How a check came out. Only MISSING keeps the portal from doing its work."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One line; `remedy` is what to type or to do."""

    state: State
    says: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.state:<8}{self.says}" + (f"\n        → {self.remedy}" if self.remedy else "")


Checks = Iterator[Check]


def examine(environ: Mapping[str, str] | None = None) -> Checks:
    """Every check, each independent of how the others came out."""
    yield from _python()
    yield from _papers()
    yield from _installed_files()
    yield from _clock()
    try:
        settings = config.load(environ)
    except (BadSetting, OSError) as error:
        yield Check(State.MISSING, f"Settings: {failures.sentence(error)}")
        return
    for look in _OF_THE_INSTANCE:
        yield from look(settings)


def _python() -> Checks:
    found = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        yield Check(State.MISSING, f"Python {found} is too old; 3.11 is needed.", "apt-get install python3.11")
    else:
        yield Check(State.OK, f"Python {found}")


def _papers() -> Checks:
    missing = pdf.missing()
    libraries = [package for package in missing if package in pdf.LIBRARIES]
    if libraries:
        yield Check(State.MISSING, "Receipts as PDF: Pango or HarfBuzz is not here.", pdf.install_line(libraries))
    else:
        yield Check(State.OK, "Receipts as PDF can be drawn")
    if pdf.CHINESE_FONT in missing:
        yield Check(State.MISSING, "Chinese in PDFs: no Chinese font is here.", pdf.install_line([pdf.CHINESE_FONT]))
    else:
        yield Check(State.OK, "A Chinese font for PDFs is here")


def _installed_files() -> Checks:
    again = "make install   (or: pip install --force-reinstall milepost)"
    folder = HERE / "static" / "vendor"
    try:
        files = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
        absent = [name for name in files if not (folder / name).is_file()]
    except (OSError, ValueError, KeyError):
        absent = ["manifest.json"]
    if absent:
        yield Check(State.MISSING, f"Browser files: {', '.join(absent)} is not in portal/static/vendor.", again)
    else:
        yield Check(State.OK, "Browser files are installed")
    sources = list((HERE / "translations").glob("*/LC_MESSAGES/messages.po"))
    if all(source.with_suffix(".mo").exists() for source in sources):
        yield Check(State.OK, "Translations are compiled")
    else:
        yield Check(State.MISSING, "Translations: the catalogues are not compiled.", again)


def _clock() -> Checks:
    now = clock.now()
    if now < WRITTEN:
        yield Check(State.MISSING, f"The clock says {now:%d %B %Y}, which is long past.", "timedatectl set-ntp true")
    else:
        yield Check(State.OK, f"The clock says {now:%d %B %Y, %H:%M} UTC")


def _instance(settings: Config) -> Checks:
    try:
        with tempfile.TemporaryFile(dir=settings.instance):
            pass
    except OSError:
        owner = f"chown -R {os.environ.get('USER') or os.geteuid()} {settings.instance}"
        yield Check(State.MISSING, f"The instance {settings.instance} cannot be written to.", owner)
        return
    yield Check(State.OK, f"The instance {settings.instance} can be written to")
    keys = settings.instance / "keys"
    if keys.stat().st_mode & 0o077:
        yield Check(State.NOTE, "Other users of this machine can look into the keys.", f"chmod 700 {keys}")


def _space(settings: Config) -> Checks:
    try:
        free, total = LocalStorage(settings.storage_root).room()
    except OSError as error:
        yield Check(State.MISSING, f"Storage: {failures.sentence(error)}")
        return
    said = f"{free / GIB:.1f} GB free of {total / GIB:.1f} GB"
    if free <= reserving.spare(total):
        yield Check(State.MISSING, f"Storage: only {said}; uploads are refused until there is room.", "Free some space")
    else:
        yield Check(State.OK, f"Storage: {said}")


def _database(settings: Config) -> Checks:
    file = make_url(settings.database_url).database
    if settings.database_url.startswith("sqlite") and not Path(file or "").exists():
        yield Check(State.MISSING, "There is no database yet.", "portal init")
        return
    engine = db.make_engine(settings.database_url)
    try:
        if not migrating.current_is_head(engine):
            yield Check(State.MISSING, "The database has no tables yet, or old ones.", "portal db upgrade")
            return
        yield Check(State.OK, f"The database ({engine.dialect.name}) is reachable and up to date")
        yield from _newest_entry(engine)
        yield from _damaged_files(engine)
    except SQLAlchemyError as error:
        yield Check(State.MISSING, failures.sentence(error), "Look at PORTAL_DATABASE_URL, and whether the server runs")
    finally:
        engine.dispose()


def _newest_entry(engine: Engine) -> Checks:
    with engine.connect() as connection:
        newest = connection.scalar(select(func.max(Entry.at)))
    if newest is not None and newest > clock.now() + timedelta(minutes=2):
        yield Check(State.MISSING, "The clock is behind the newest entry of the record.", "timedatectl set-ntp true")


def _damaged_files(engine: Engine) -> Checks:
    with engine.connect() as connection:
        count = sum(connection.scalars(_damaged(kind)).one() for kind in rereading.KEPT)
    if count:
        says = f"Stored files: {count} changed on the disk since they were stored, and are not handed out."
        yield Check(State.MISSING, says, "portal verify --files names them; put their bytes back from a backup")


def _damaged(kind: type[Deliverable | Attachment]) -> Select[int]:
    return select(func.count()).select_from(kind).where(kind.damaged_at.is_not(None), rereading.KEPT[kind])


def _mails(settings: Config) -> Checks:
    if settings.smtp_url is None:
        yield Check(State.NOTE, f"No mail server is set: mails are written to {settings.outbox_folder}")
        return
    parts = urlsplit(settings.smtp_url)
    where = parts.hostname or "", parts.port or mail.PORTS[parts.scheme]
    try:
        with socket.create_connection(where, timeout=PATIENCE_SECONDS):
            yield Check(State.OK, f"The mail server {where[0]}:{where[1]} answers")
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        yield Check(
            State.MISSING,
            f"The mail server {where[0]}:{where[1]} cannot be reached: {said}.",
            "Look at PORTAL_SMTP_URL",
        )


def _address(settings: Config) -> Checks:
    host = urlsplit(settings.base_url).hostname or ""
    if not settings.secure and host not in LOOPBACK:
        says = f"Browsers reach {settings.base_url} without TLS: codes and files can be read on the way."
        yield Check(State.NOTE, says, "Put a server with TLS in front, and set PORTAL_BASE_URL=https://…")


_OF_THE_INSTANCE: tuple[Callable[[Config], Checks], ...] = (_instance, _space, _database, _mails, _address)
