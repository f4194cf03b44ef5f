"""Whoever owns the database: changes rows behind the triggers, as the tests of verification need."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Connection, Uuid, bindparam, text

from portal.models.triggers import APPEND_ONLY, statements
from portal.queries import records
from portal.services import verification
from portal.web.installation import installation
from tests.worlds import World

CHECKER = Path(__file__).parents[1] / "verify_milepost.py"


@contextmanager
def tampering(app: Flask) -> Iterator[Connection]:
    """A connection on which triggers and foreign keys do not act; afterwards they do again."""
    engine = installation(app).engine
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if engine.dialect.name == "sqlite":
            driver.execute("PRAGMA foreign_keys=OFF")
            for table in APPEND_ONLY:
                for act in ("update", "delete"):
                    driver.execute(f"DROP TRIGGER {table}_no_{act}")
        else:
            driver.execute("SET session_replication_role = replica")
        yield connection
        connection.execute(text("SELECT 1"))
        connection.commit()
        if engine.dialect.name == "sqlite":
            for statement in statements("sqlite"):
                driver.execute(statement)
        connection.invalidate()


@dataclass
class Scene:
    """A project with a paid milestone, its files, receipt and PDF; and a second project to take entries from."""

    app: Flask
    world: World
    project_id: UUID
    other_id: UUID
    rows: list[tuple[int, str, str, str]]
    head: str

    def findings(self, *, files: bool = False) -> list[str]:
        """What `portal verify` says."""
        self.world.session.rollback()
        return [finding.reason for finding in verification.verify(self.world.session, files=files).findings]

    def exported(self, folder: Path, *heads: str) -> subprocess.CompletedProcess[str]:
        """What the stand-alone checker says of the exported file."""
        self.world.session.rollback()
        path = folder / "record.jsonl"
        path.write_bytes(b"".join(records.export(self.world.session, self.project_id)))
        options = [part for head in heads for part in ("--head", head)]
        command = [sys.executable, "-I", str(CHECKER), str(path), *options]
        return subprocess.run(command, capture_output=True, text=True)

    def change(self, statement: str, **values: Any) -> None:
        """Change rows as their owner could."""
        with tampering(self.app) as connection:
            self.run(connection, statement, values)

    def run(self, connection: Connection, statement: str, values: dict[str, Any]) -> None:
        known = {"project": self.project_id, "other": self.other_id} | values
        used = {name: value for name, value in known.items() if f":{name}" in statement}
        binds = [bindparam(name, type_=Uuid()) for name, value in used.items() if isinstance(value, UUID)]
        done = connection.execute(text(statement).bindparams(*binds), used)
        assert done.rowcount > 0 or "TABLE kept" in statement or statement.startswith("DELETE")

    def replace_record(self, rows: list[tuple[int, str, str, str]], *, with_head: bool = False) -> None:
        """Put `rows` in place of the record, and the project's head too if asked."""
        with tampering(self.app) as connection:
            kinds = dict(connection.execute(_KINDS, {"project": self.project_id}).all())
            connection.execute(_EMPTY, {"project": self.project_id})
            for seq, body, prev, digest in rows:
                row = {"project_id": self.project_id, "seq": seq, "body": body, "prev": prev, "hash": digest}
                connection.execute(
                    _INSERT, row | {"vendor_id": self.world.owner.vendor_id, "kind": kinds.get(seq, "x")}
                )
            if with_head:
                connection.execute(_HEAD, {"project": self.project_id, "seq": rows[-1][0], "hash": rows[-1][3]})


_P = bindparam("project", type_=Uuid())
_KINDS = text("SELECT seq, kind FROM entries WHERE project_id = :project").bindparams(_P)
_EMPTY = text("DELETE FROM entries WHERE project_id = :project").bindparams(_P)
_HEAD = text("UPDATE projects SET head_seq = :seq, head_hash = :hash WHERE id = :project").bindparams(_P)
_INSERT = text(
    "INSERT INTO entries (project_id, seq, vendor_id, kind, body, prev, hash, at)"
    " VALUES (:project_id, :seq, :vendor_id, :kind, :body, :prev, :hash, '2026-11-21 12:00:00+00:00')"
).bindparams(bindparam("project_id", type_=Uuid()), bindparam("vendor_id", type_=Uuid()))
