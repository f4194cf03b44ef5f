"""Holding a project: what was read before the lock is read again under it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from portal.access.actor import SystemActor
from portal.db import command
from portal.models.project import Project
from portal.services import record
from tests.worlds import World, fresh_session

# SQLite lets nobody write between the reading and the lock.
only_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@only_postgresql
def test_what_another_wrote_before_the_lock_is_seen_under_it(world: World) -> None:
    project_id = world.project().id

    @command
    def write(session: Session) -> int:
        project = record.hold(session, SystemActor(), project_id)
        record.append(session, project, "noted", by=SystemActor())
        return project.head_seq

    @command
    def read_wait_and_hold(session: Session) -> tuple[int, int]:
        # Kept by a name, or the session would forget it by itself.
        known = session.get_one(Project, project_id)
        before = known.head_seq
        with fresh_session(world.app) as other:
            written = write(other)
        assert written == before + 1
        return written, record.hold(session, SystemActor(), known.id).head_seq

    written, seen = read_wait_and_hold(world.session)
    assert seen == written
