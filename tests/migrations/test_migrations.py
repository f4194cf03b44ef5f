"""The revisions make exactly what the models say, on both databases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from portal import config, db, migrating
from portal.db import Base
from portal.models import searching

CATALOGUE = """
SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable
             || ' ' || coalesce(character_maximum_length, 0)
  FROM information_schema.columns WHERE table_schema = 'public'
"""


def ours(_thing, name, kind, _reflected, _compared_to):
    return name != "alembic_version" and not searching.is_ours(name or "")


def engine_of(url: str) -> Engine:
    return db.make_engine(url)


def made_by_models(url: str) -> Engine:
    engine = engine_of(url)
    Base.metadata.create_all(engine)
    return engine


def made_by_revisions(url: str) -> Engine:
    migrating.upgrade_url(url)
    return engine_of(url)


def sqlite_schema(engine: Engine) -> dict[str, list[str]]:
    """Each thing's own words, table by table, in an order that does not matter."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'"))
        return {name: pieces(sql) for name, sql in rows if sql}


def pieces(sql: str) -> list[str]:
    """Columns and constraints, parted by commas outside of brackets: a column added later has no line of its own."""
    head, _, rest = re.sub(r"\s+", " ", sql).partition("(")
    # A table that was rebuilt has its name in quotes.
    head = head.replace('"', "")
    depth, parts = 0, [""]
    for char in rest:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return sorted(part.strip(" )") for part in (head, *parts))


def postgresql_schema(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(line for line in connection.scalars(text(CATALOGUE)) if "alembic_version" not in line)


def test_models_and_revisions_say_the_same_on_sqlite(tmp_path):
    models = sqlite_schema(made_by_models(f"sqlite:///{tmp_path}/models.db"))
    revisions = sqlite_schema(made_by_revisions(f"sqlite:///{tmp_path}/revisions.db"))
    assert models
    assert revisions == models


@pytest.mark.postgres
def test_models_and_revisions_say_the_same_on_postgresql(postgres_server):
    with postgres_server.database() as one, postgres_server.database() as other:
        models, revisions = made_by_models(one), made_by_revisions(other)
        assert postgresql_schema(revisions) == postgresql_schema(models)
        with revisions.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
            assert compare_metadata(context, Base.metadata) == []
        models.dispose()
        revisions.dispose()


def test_a_fresh_database_is_not_ready_and_a_migrated_one_is(tmp_path):
    settings = config.load({}, instance=tmp_path)
    engine = engine_of(settings.database_url)
    assert not migrating.current_is_head(engine)
    migrating.upgrade(settings)
    assert migrating.current_is_head(engine)


def test_migrating_twice_changes_nothing(tmp_path):
    settings = config.load({}, instance=tmp_path)
    migrating.upgrade(settings)
    before = sqlite_schema(engine_of(settings.database_url))
    migrating.upgrade(settings)
    assert sqlite_schema(engine_of(settings.database_url)) == before


def test_a_migration_that_fails_half_way_leaves_nothing_behind(tmp_path, monkeypatch):
    settings = config.load({}, instance=tmp_path)
    monkeypatch.setattr(migrating, "_check_references", fail)
    with pytest.raises(RuntimeError, match="half-way"):
        migrating.upgrade(settings)
    assert inspect(engine_of(settings.database_url)).get_table_names() == []


def test_an_address_with_a_per_cent_sign_is_no_obstacle(tmp_path):
    folder = tmp_path / "50%off"
    migrating.upgrade(config.load({}, instance=folder))
    assert (folder / "portal.db").exists()


def test_the_revisions_are_found_beside_the_package_and_inside_it(tmp_path, monkeypatch):
    beside = migrating._folder()
    inside = tmp_path / "portal" / "migrations"
    inside.mkdir(parents=True)
    (inside / "env.py").touch()
    monkeypatch.setattr(migrating, "HERE", tmp_path / "portal")
    assert (migrating._folder(), beside.name) == (inside, "migrations")


def test_every_revision_is_named_by_its_four_digits():
    names = sorted(path.name for path in Path(migrating._folder() / "versions").glob("*.py"))
    assert [name[:5] for name in names] == [f"{number:04d}_" for number in range(1, len(names) + 1)]


def fail(_connection: object) -> None:
    raise RuntimeError("half-way")
