"""Instances on either database for real servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests import postgres
from tests.ground import lay_tables


def kind_of(session: Session) -> str:
    """Which database a test runs on, for its figures."""
    return str(session.get_bind().dialect.name)


@contextmanager
def prepared(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[None]:
    """Settings in `folder`/instance that name a database of this kind; studios.opened finds them there."""
    settings = folder / "instance" / "portal.toml"
    settings.parent.mkdir()
    if kind == "sqlite":
        settings.write_text("")
        yield
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database(template=lay_tables) as url:
        settings.write_text(f'database_url = "{url}"\n')
        yield
