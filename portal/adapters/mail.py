"""Mail out of the house: to an SMTP server, or as `.eml` files into the instance while no server is set."""

from __future__ import annotations

import contextlib
import os
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from portal.config import Config
from portal.db import new_id

TIMEOUT_SECONDS = 20
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_FILE_NAME = re.compile(r"<([0-9a-f-]{36})@")


class Refused(Exception):
    """The server said no for good: trying again would change nothing. The message is the server's own."""


class Post(Protocol):
    """Whoever takes a mail. `send` returns when it was accepted; raises Refused, or anything else for "later"."""

    def send(self, message: EmailMessage) -> None:
        """Hand over one message with all its headers."""


def post_office(config: Config) -> Post:
    """Where this installation's mails go."""
    domain = config.mail_from.rpartition("@")[2]
    return Server(config.smtp_url, known_as=domain) if config.smtp_url else Folder(config.outbox_folder)


class Folder:
    """Mails as files, named by the notice they tell of: in the order of time, and a repeat replaces itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        """Write the file whole or not at all, and on disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = _FILE_NAME.match(str(message["Message-ID"] or ""))
        path = self.folder / f"{found[1] if found else new_id()}.eml"
        part = path.with_suffix(f".{new_id()}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(message.as_bytes(policy=SMTP))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(self.folder)


class Server:
    """An SMTP server: smtp://, smtp+starttls:// or smtps://[user:password@]host[:port]."""

    def __init__(self, url: str, *, known_as: str) -> None:
        parts = urlsplit(url)
        self.known_as = known_as
        self.scheme = parts.scheme
        self.host = parts.hostname or "localhost"
        self.port = parts.port or PORTS[parts.scheme]
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")

    def send(self, message: EmailMessage) -> None:
        """Deliver to the one recipient of the message."""
        server = self._connected()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            _sort_out(code, said, error)
        except smtplib.SMTPDataError as error:
            _sort_out(error.smtp_code, error.smtp_error, error)
        except (smtplib.SMTPNotSupportedError, UnicodeEncodeError) as error:
            # An address this server has no way to write to.
            raise Refused(str(error)) from error
        finally:
            # The mail is accepted or not by now; a server that hangs at goodbye must not make it go twice.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        known: dict[str, Any] = {"local_hostname": self.known_as, "timeout": TIMEOUT_SECONDS}
        if self.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, context=context, **known)
        else:
            server = smtplib.SMTP(self.host, self.port, **known)
        try:
            if self.scheme == "smtp+starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _sort_out(code: int, said: bytes | str, error: Exception) -> None:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if 500 <= code < 600:
        raise Refused(f"{code} {text}") from error
    raise error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
