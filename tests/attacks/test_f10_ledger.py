"""Money and papers are only ever added to (reliability.md F10): the portal's own connection cannot do otherwise."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.models.triggers import APPEND_ONLY
from portal.web.installation import installation
from tests import scale
from tests.attacks import written
from tests.attacks.contents import changes, contents
from tests.worlds import World

pytestmark = pytest.mark.scaled
# A column of each table that somebody would like to be another.
WANTED = {
    "entries": "body = '{}'",
    "ledger_entries": "amount_minor = 1",
    "receipts": "snapshot = '{}'",
    "receipt_pdfs": "sha256 = ''",
    "approvals": "typed_name = 'Somebody Else'",
    "submissions": "manifest = ''",
}


@pytest.fixture
def told(world: World) -> World:
    """A whole story, with rows in each of these tables."""
    story = written.write(world, lambda field: field)
    world.browser(world.owner).get(f"/receipts/{story.receipts[0]}.pdf")
    world.session.rollback()
    return world


def test_nothing_of_the_ledger_changes_or_goes_whoever_tries(told: World) -> None:
    engine, tried = installation(told.app).engine, 0
    before = contents(engine)
    for table, change in WANTED.items():
        assert before[table], f"a control: {table} has rows"
        for statement in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}"):
            for attempt in (by_connection, by_session):
                with pytest.raises(DBAPIError, match=f"{table} is append-only"):
                    attempt(told, statement)
            tried += 1
    assert changes(before, contents(engine)) == {}
    scale.figure("F10", "rows of the ledger changed or deleted", tables=len(WANTED), statements=tried, done=0)


def by_connection(world: World, statement: str) -> None:
    with installation(world.app).engine.begin() as connection:
        connection.execute(text(statement))


def by_session(world: World, statement: str) -> None:
    """As a mistake of ours inside a verb would."""
    try:
        world.session.execute(text(statement))
    finally:
        world.session.rollback()


def test_these_are_among_the_tables_that_refuse() -> None:
    assert set(WANTED) <= set(APPEND_ONLY)
