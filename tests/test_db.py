"""One intention, one transaction: how commands begin, what they forget, and when they speak."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import event, text

from portal.db import announce, command, make_sessions


@command
def note(session, said, *, then=None):
    session.execute(text("INSERT INTO notes (said) VALUES (:said)"), {"said": said})
    announce(session, said)
    if then:
        then()


def test_sqlite_is_set_to_keep_what_it_acknowledged(notebook):
    """WAL with synchronous=NORMAL may lose the last commits in a power cut; FULL is 2."""
    with notebook.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked}
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 10_000,
    }


def test_a_command_takes_the_write_lock_at_its_first_breath(notebook, tmp_path):
    """A deferred transaction that turns into a writing one fails at once when another wrote meanwhile."""

    @command
    def breathe(_session):
        stranger = sqlite3.connect(tmp_path / "portal.db", timeout=0, isolation_level=None)
        try:
            stranger.execute("BEGIN IMMEDIATE")
        finally:
            stranger.close()

    with make_sessions(notebook)() as session, pytest.raises(sqlite3.OperationalError, match="locked"):
        breathe(session)


def test_a_command_begins_anew_and_forgets_what_was_begun_before_it(notebook):
    with make_sessions(notebook)() as session:
        session.execute(text("INSERT INTO notes (said) VALUES ('never meant')"))
        note(session, "meant")
        assert list(session.scalars(text("SELECT said FROM notes"))) == ["meant"]


def test_nothing_is_told_before_it_is_kept_and_nothing_that_was_not(notebook):
    story: list[str] = []
    event.listen(notebook, "commit", lambda _connection: story.append("kept"))

    def fail():
        raise ValueError("half-way")

    with make_sessions(notebook, tell=story.append)() as session:
        note(session, "one")
        with pytest.raises(ValueError, match="half-way"):
            note(session, "two", then=fail)
        note(session, "three")
        assert list(session.scalars(text("SELECT said FROM notes ORDER BY id"))) == ["one", "three"]
    assert story == ["kept", "one", "kept", "three"]
