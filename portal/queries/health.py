"""What is not right with this installation, in sentences for the person who runs it."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from portal import migrating


def missing(engine: Engine, storage: Path) -> list[str]:
    """One line for each thing that keeps the portal from being ready; empty when all is well. Changes nothing."""
    return [*_database(engine), *_storage(storage)]


def _database(engine: Engine) -> list[str]:
    try:
        if migrating.current_is_head(engine):
            return []
    except SQLAlchemyError:
        return ["The database cannot be reached."]
    return ["The database has no tables yet, or old ones: run `portal db upgrade`."]


def _storage(folder: Path) -> list[str]:
    try:
        read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
    except OSError:
        return ["The storage folder is not there."]
    if read_only or not os.access(folder, os.W_OK | os.X_OK):
        return ["The storage folder cannot be written to."]
    return []
