"""Many projects in a moment: three that people could have made, their rows copied under new ids. SQLite only.

The same every time. The copies obey every constraint of the schema; their hash chains and signatures do not hold, since
they are those of the originals.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

from portal.adapters import clock
from portal.models.project import Project
from portal.web.installation import installation
from tests.worlds import World

# In an order in which everything is there before it is pointed at.
TABLES = ("projects", "milestones", "submissions", "payments", "ledger_entries", "receipts", "entries")
AT_ONCE = 500
ENTRIES = 100


def grow(world: World, count: int) -> None:
    """`count` projects with a hundred entries each: of a hundred, 90 are finished, nine under way, one is a draft."""
    if not count:
        return
    finished, under_way, draft = (made.id.hex for made in (_finished(world), _under_way(world), world.draft()))
    originals = [finished] * 90 + [under_way] * 9 + [draft]
    # A reader of the old state would keep all of the new one in the log that is written ahead.
    world.session.rollback()
    database = installation(world.app).config.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("PRAGMA foreign_keys=ON; PRAGMA synchronous=OFF;")
        copier = Copier(connection, set(originals))
        for first in range(1, count + 1, AT_ONCE):
            some = range(first, min(first + AT_ONCE, count + 1))
            copier.copy([(number, originals[number % 100]) for number in some])
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class Copier:
    """Holds the rows of the originals, and writes them again and again."""

    def __init__(self, connection: sqlite3.Connection, originals: set[str]) -> None:
        self.connection = connection
        self.rows = {(table, one): self._read(table, one) for table in TABLES for one in originals}

    def copy(self, wanted: list[tuple[int, str]]) -> None:
        """Each original once more, as the project of that number."""
        with self.connection:
            for table in TABLES:
                self._write(table, [row for number, one in wanted for row in self._changed(table, one, number)])

    def _read(self, table: str, project: str) -> list[dict[str, object]]:
        key = "id" if table == "projects" else "project_id"
        found = self.connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (project,))
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found]
        return rows if table != "entries" else [rows[n % len(rows)] | {"seq": n + 1} for n in range(ENTRIES)]

    def _changed(self, table: str, project: str, number: int) -> Iterator[tuple[object, ...]]:
        moment = clock.now() - timedelta(hours=number)
        day, at = str(moment.date()), f"{moment:%Y-%m-%d %H:%M:%S.%f}"
        always = {"touched_at": at, "at": at, "received_on": day, "head_seq": ENTRIES}
        for row in self.rows[table, project]:
            new = {name: _renamed(f"{table}.{name}", value, number) for name, value in row.items()}
            yield tuple((new | {name: always[name] for name in always if new.get(name) is not None}).values())

    def _write(self, table: str, rows: list[tuple[object, ...]]) -> None:
        if rows:
            self.connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


KEPT = ("vendor_id", "client_id", "contact_id", "created_by", "reported_by", "decided_by", "submitted_by")


def _renamed(where: str, value: object, number: int) -> object:
    """Ids of what is copied get the number in front; so do references, and receipts are numbered on."""
    name = where.partition(".")[2]
    if (name == "id" or name.endswith("_id")) and name not in KEPT and isinstance(value, str):
        return f"{number:08x}{value[8:]}"
    if name == "reference" and value:
        return f"{number} {value}"
    return value + number * 10 if where == "receipts.number" and isinstance(value, int) else value


def _finished(world: World) -> Project:
    project = world.project(title="Finished", amounts=("1000", "2000", "500"))
    cleo = world.contact(project)
    for position in (1, 2, 3):
        step = world.milestone(project, position)
        world.deliver(step, note="Done.")
        world.pay(step, cleo)
    return project


def _under_way(world: World) -> Project:
    project = world.project(title="Under way", amounts=("1000", "2000", "500"))
    cleo = world.contact(project)
    world.deliver(world.milestone(project), note="Done.")
    world.pay(world.milestone(project), cleo)
    world.deliver(world.milestone(project, 2), note="Done.")
    return project
