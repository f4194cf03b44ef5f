"""What an older Milepost wrote comes through the revisions whole: every row of a studio at work, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, inspect, text

from portal import db, migrating
from portal.db import Base
from portal.models import searching
from portal.services import deliverables, milestones, uploads
from tests.senders import Sender
from tests.worlds import World

Rows = dict[str, list[dict[str, Any]]]
# The last revision without uploads for messages, and what its uploads had.
BEFORE = "0007"
LATER = {"thread_id", "message_id", "contact_id", "sha256"}


@pytest.fixture
def at_work(world: World) -> World:
    """Stored, replaced, taken back, cancelled and running uploads; deliveries, money and talk around them."""
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    sender = Sender(world, step)
    for content in (b"one", b"two"):
        sender.upload("plan.pdf", content)
    deliverables.remove(world.session, actor=world.owner, deliverable=sender.upload("spare.txt", b"spare"))
    world.say(cleo.actor, step, "Look", files=(world.attachment("look.png", b"picture"),))
    milestones.submit(world.session, actor=world.owner, milestone=step, note="")
    world.confirm(world.report(step, cleo))
    second = Sender(world, world.milestone(project, 2))
    given_up, running = second.begin("given up.bin"), second.begin("running.bin")
    second.send(running, 0, b"1234")
    uploads.cancel(world.session, actor=world.owner, upload=world.session.get_one(uploads.Upload, given_up))
    world.session.commit()
    return world


def rows(connection: Connection) -> Rows:
    """Everything in the tables of the models, as the driver gives it."""
    found: Rows = {}
    for table in Base.metadata.sorted_tables:
        if not searching.is_ours(table.name):
            told = connection.execute(text(f'SELECT * FROM "{table.name}" ORDER BY 1, 2')).mappings()
            found[table.name] = [dict(row) for row in told]
    return found


def older(found: Rows) -> Rows:
    """As the older one had it."""
    kept = [{name: value for name, value in row.items() if name not in LATER} for row in found["uploads"]]
    return found | {"uploads": kept}


def put(engine: Engine, found: Rows) -> None:
    """As they are, without asking what refers to what: that is looked at afterwards."""
    on_sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(writing=True) as connection:
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF" if on_sqlite else "SET session_replication_role = replica")
        for name, each in found.items():
            for row in each:
                names = ", ".join(f'"{column}"' for column in row)
                marks = ", ".join(f":{column}" for column in row)
                connection.execute(text(f'INSERT INTO "{name}" ({names}) VALUES ({marks})'), row)
        connection.commit()
        connection.invalidate()


def came_through(url: str, found: Rows) -> Rows:
    """Written by the older one, then brought to the present."""
    migrating.upgrade_url(url, BEFORE)
    engine = db.make_engine(url)
    assert not LATER & {column["name"] for column in inspect(engine).get_columns("uploads")}
    put(engine, older(found))
    engine.dispose()
    migrating.upgrade_url(url)
    engine = db.make_engine(url)
    with engine.connect() as connection:
        now = rows(connection)
    engine.dispose()
    return now


@pytest.fixture
def another(request: pytest.FixtureRequest, at_work: World, tmp_path: Any) -> Any:
    """The address of an empty database of the same kind."""
    if at_work.session.get_bind().dialect.name == "sqlite":
        yield f"sqlite:///{tmp_path}/older.db"
        return
    with request.getfixturevalue("postgres_server").database() as url:
        yield url


def test_every_row_of_a_studio_at_work_comes_through(at_work: World, another: str) -> None:
    found = rows(at_work.session.connection())
    at_work.session.rollback()
    now = came_through(another, found)
    assert len(found["uploads"]) == 5
    assert all(found[name] for name in ("deliverables", "messages", "attachments", "payments", "entries"))
    assert older(now) == older(found)
    assert [{row[name] for name in LATER} for row in now["uploads"]] == [{None}] * 5
