"""Shared fixtures: a fresh database of both kinds, the application on it, and a world of people and projects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal import config
from portal.config import Config
from portal.db import make_engine
from portal.web.installation import installation
from tests import browser as machine
from tests import ground as grounds
from tests import postgres, templates_once, warm
from tests.ground import Ground
from tests.worlds import World

templates_once.share()


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """What all tests of this process stand on, one after the other."""
    with grounds.laid(tmp_path_factory.getbasetemp()) as made:
        yield made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Headless Chromium, one for a process (Playwright allows no more), or a skip that names what is missing."""
    with sync_playwright() as playwright:
        found = machine.launch(playwright)
        yield found
        found.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real server of our own, or a skip that says why there is none."""
    with postgres.server_or_skip() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def _stove() -> Iterator[None]:
    """The process that servers of tests are forked from is put out at the end."""
    yield
    warm.put_out()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, ground: Ground) -> str:
    """A fresh database: each test runs on both kinds."""
    if request.param == "sqlite":
        return ground.lay_sqlite()
    return ground.lay_postgres(request.getfixturevalue("postgres_server"))


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Engine]:
    """An SQLite database with our settings and one table, in `portal.db`: for what holds of databases alone."""
    made = make_engine(f"sqlite:///{tmp_path}/portal.db")
    with made.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, said TEXT NOT NULL)")
        connection.commit()
    yield made
    made.dispose()


@pytest.fixture
def settings(database_url: str, ground: Ground) -> Config:
    """The settings of an instance in which nothing has happened yet."""
    ground.clear()
    return config.load({"PORTAL_DATABASE_URL": database_url}, instance=ground.instance)


@pytest.fixture
def app(settings: Config, ground: Ground) -> Iterator[Flask]:
    """The whole application."""
    with ground.application(settings) as made:
        yield made


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A database session as requests have one."""
    with installation(app).sessions() as made:
        yield made


@pytest.fixture
def world(app: Flask, session: Session) -> World:
    """A studio with its people and an empty desk; see tests/worlds.py for what can be put on it."""
    return World.founded(app, session)
