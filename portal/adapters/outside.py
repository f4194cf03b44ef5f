"""What a session carries besides the database: keys, the addresses this installation is known by, and its files."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.adapters.keys import Keys
from portal.adapters.storage import LocalStorage


@dataclass(frozen=True, slots=True)
class Outside:
    """Handed to the session factory once, when the application is made."""

    keys: Keys
    base_url: str
    mail_domain: str
    storage: LocalStorage
    mail_reply_to: str | None = None


def of(session: Session) -> Outside:
    """The outside of this session's application."""
    outside: Outside = session.info["outside"]
    return outside
