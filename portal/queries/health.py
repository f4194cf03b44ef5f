"""What is not right with this installation, in sentences for the person who runs it."""

from __future__ import annotations

import os

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.config import Config


def missing(session: Session, config: Config) -> list[str]:
    """One line for each thing that keeps the portal from being ready; empty when all is well."""
    found = []
    try:
        if not session.scalar(text("SELECT version_num FROM alembic_version")):
            found.append("The database has no tables yet: run `portal db upgrade`.")
    except SQLAlchemyError:
        found.append("The database cannot be read or has no tables yet: run `portal db upgrade`.")
    if not os.access(config.storage_root, os.W_OK):
        found.append("The storage folder cannot be written to.")
    return found
