"""The running installation behind an app: its settings, database and keys; and the session of one request."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, g
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from portal.adapters.keys import Keys
from portal.config import Config


@dataclass(frozen=True, slots=True)
class Installation:
    """Made once by create_app."""

    config: Config
    engine: Engine
    sessions: sessionmaker[Session]
    keys: Keys


def installation(app: Flask | None = None) -> Installation:
    """The installation of `app`, or of the app that serves the present request."""
    found: Installation = (app or current_app).extensions["milepost"]
    return found


def db() -> Session:
    """The database session of this request, closed when it ends."""
    if "db" not in g:
        g.db = installation().sessions()
    session: Session = g.db
    return session


def close_db(_error: BaseException | None = None) -> None:
    """Give the request's connection back; whatever was not committed by a command is dropped."""
    session = g.pop("db", None)
    if session is not None:
        session.close()
