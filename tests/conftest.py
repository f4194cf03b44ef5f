"""Shared fixtures: a fresh database of both kinds, the application on it, and a world of people and projects."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal import config, create_app, migrating
from portal.config import Config
from portal.web.installation import installation
from tests import postgres, templates_once
from tests.worlds import World

templates_once.share()


def lay_tables(url: str) -> None:
    """The schema in an empty database, by the migrations that a real one gets."""
    migrating.upgrade_url(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One prepared SQLite file that each test copies."""
    path = tmp_path_factory.mktemp("template") / "portal.db"
    lay_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real server of our own, or a skip that says why there is none."""
    with postgres.server_or_skip() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database: each test runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "portal.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        server: postgres.Server = request.getfixturevalue("postgres_server")
        with server.database(template=lay_tables) as url:
            yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Config:
    """The settings of an instance of this test's own."""
    return config.load({"PORTAL_DATABASE_URL": database_url}, instance=tmp_path / "instance")


@pytest.fixture
def app(settings: Config) -> Iterator[Flask]:
    """The whole application."""
    made = create_app(settings)
    made.testing = False
    made.config["PROPAGATE_EXCEPTIONS"] = False
    yield made
    installation(made).engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A database session as requests have one."""
    with installation(app).sessions() as made:
        yield made


@pytest.fixture
def world(app: Flask, session: Session) -> World:
    """A studio with its people and an empty desk; see tests/worlds.py for what can be put on it."""
    return World.founded(app, session)
