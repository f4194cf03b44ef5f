"""Whether the process answers, and whether it could do its work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from portal import config, create_app, migrating
from portal.queries import health
from portal.web.installation import installation


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application whose database is empty and whose storage is not made."""
    if request.param == "sqlite":
        yield from applied(tmp_path, {})
        return
    with request.getfixturevalue("postgres_server").database() as url:
        yield from applied(tmp_path, {"PORTAL_DATABASE_URL": url})


def applied(folder: Path, environ: dict[str, str]) -> Iterator[Flask]:
    app = create_app(config.load(environ, instance=folder / "instance"))
    yield app
    installation(app).engine.dispose()


def readiness(app: Flask) -> Any:
    return app.test_client().get("/readyz")


def test_it_is_ready_when_database_migrations_and_storage_are_right(empty: Flask) -> None:
    here = installation(empty)
    migrating.upgrade(here.config)
    here.config.storage_root.mkdir()
    answer = readiness(empty)
    assert (answer.status_code, answer.text) == (200, "ready\n")


def test_an_empty_database_and_an_absent_folder_are_both_named(empty: Flask) -> None:
    answer = readiness(empty)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    lines = answer.text.splitlines()
    assert len(lines) == 2
    assert "portal db upgrade" in lines[0]
    assert "storage folder" in lines[1]


def test_an_old_schema_is_not_ready(empty: Flask) -> None:
    here = installation(empty)
    migrating.upgrade(here.config)
    here.config.storage_root.mkdir()
    with here.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert readiness(empty).status_code == 503


def test_a_database_that_cannot_be_reached_is_named_without_its_address(tmp_path: Path) -> None:
    environ = {"PORTAL_DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/none"}
    for app in applied(tmp_path, environ):
        answer = readiness(app)
        assert answer.status_code == 503
        assert "cannot be reached" in answer.text
        assert "hunter2" not in answer.text


def test_a_folder_that_is_a_file_is_not_storage(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("")
    assert health._storage(tmp_path / "files" / "below") == ["The storage folder is not there."]


def test_the_process_answers_even_when_it_is_not_ready(empty: Flask) -> None:
    answer = empty.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
