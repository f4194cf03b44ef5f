"""No statement forgets whose rows it is about (reliability.md B5): the schema forbids crossing, the SQL is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, event

from portal.adapters import clock
from portal.db import Base
from portal.notifications import dispatch
from portal.web.installation import installation
from tests import scale
from tests.attacks import pages, sql, written
from tests.attacks.deeds import DEEDS
from tests.attacks.letters import Box
from tests.attacks.scene import Scene, both_at_full_size
from tests.worlds import World

pytestmark = pytest.mark.scaled
# Of the installation or of a browser, not of a vendor.
SHARED = {"vendors", "sittings", "keys", "buckets", "answers", "counters"}
OURS = sorted(set(Base.metadata.tables) - SHARED)
# Who did it (a member or a contact), and what only reads like the id of a row.
LOOSE = {"actor_id", "author_id", "reader_id", "to_id", "tax_id", "message_id", "milestone_id"}
# Statements that look at rows of all vendors, and why they may. Each is a part of the statement's text.
ALLOWED = {
    "WHERE members.email = ": "logging in: who it is, is only known by the address",
    "WHERE grants.code_digest = ": "entering: whose project it is, is only known by the code",
    "WHERE preferences.token_digest = ": "a link from a mail: whose it is, is only known by its token",
    "WHERE sittings.token_digest = ": "every request: who asks is only known by the cookie",
    "notices.sent_at IS NULL": "the job that sends mails of everybody",
    "sum(uploads.length_bytes - uploads.offset_bytes)": "room on the disk, which all uploads share",
    "uploads.expires_at <= ": "sweeping up what was given up, of everybody",
}


@pytest.mark.parametrize("name", OURS)
def test_rows_belong_to_a_vendor_and_point_at_rows_of_the_same(name: str) -> None:
    table = Base.metadata.tables[name]
    assert not table.c.vendor_id.nullable
    crossing = [
        constraint
        for constraint in table.foreign_key_constraints
        if constraint.referred_table.name in OURS
        and ("vendor_id", "vendor_id") not in {(one.parent.name, one.column.name) for one in constraint.elements}
    ]
    assert crossing == [], f"{name}: a reference that may cross the wall"


@pytest.mark.parametrize("name", OURS)
def test_every_id_of_a_vendors_thing_is_such_a_reference(name: str) -> None:
    """A column that holds somebody's id is either a reference within the vendor or says who did it."""
    table = Base.metadata.tables[name]
    bound = {one.parent.name for key in table.foreign_key_constraints for one in key.elements}
    loose = {column.name for column in table.columns if column.name.endswith("_id")} - bound
    assert loose <= LOOSE, f"{name}: {loose}"


@contextmanager
def heard(engine: Engine) -> Iterator[set[str]]:
    """The text of every statement that runs meanwhile."""
    said: set[str] = set()

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.add(re.sub(r"\s+", " ", statement))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


@both_at_full_size
def test_every_statement_of_a_whole_story_says_whose_rows_it_is_about(world: World) -> None:
    """Every act there is, every page there is, and every mail."""
    with heard(installation(world.app).engine) as said:
        scene = Scene.of(world)
        for case, deed in DEEDS.items():
            assert deed(scene).send().status_code < 400, case
        story = written.write(world, lambda field: field)
        for browser in (scene.owner, world.entered(*story.codes)):
            pages.walk(browser, "/projects", "/projects?q=web&standing=active", "/settings", *story.addresses)
        # The digests of the next mornings, too.
        with time_machine.travel(clock.now() + timedelta(days=2)):
            dispatch.send_due(world.session, post=Box(), sender="milepost@portal.example")
    ours = {text: found for text in said if (found := sql.unbound(text, OURS)) is not None}
    wrong = [f"{found}: {text}" for text, found in ours.items() if found and not reason(text)]
    assert wrong == []
    unused = [part for part in ALLOWED if not any(part in text for text in ours)]
    assert unused == []
    scale.figure("B5", "statements that say whose rows they are about", tables=len(OURS), statements=len(ours))


def reason(statement: str) -> str:
    return next((why for part, why in ALLOWED.items() if part in statement), "")


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("SELECT projects.title FROM projects WHERE projects.vendor_id = ?", []),
        ("SELECT projects.title FROM projects WHERE projects.id = ?", []),
        ("SELECT projects.title FROM projects", ["projects"]),
        ("SELECT projects.title FROM projects WHERE projects.title = ?", ["projects"]),
        ("SELECT a.id FROM payments AS a JOIN projects ON projects.id = a.project_id", ["a", "projects"]),
        ("SELECT a.id FROM payments AS a JOIN projects ON projects.id = a.project_id WHERE a.vendor_id = ?", []),
        ("SELECT a.id FROM payments AS a, receipts WHERE a.vendor_id = ?", ["receipts"]),
        ("SELECT 1 FROM projects WHERE projects.vendor_id = ? AND EXISTS (SELECT 1 FROM proofs)", ["proofs"]),
        ("UPDATE payments SET state=? WHERE payments.id = ?", []),
        ("UPDATE payments SET vendor_id = ?", ["payments"]),
        ("DELETE FROM uploads WHERE uploads.state = ?", ["uploads"]),
        ("SELECT vendors.name FROM vendors", None),
        ("INSERT INTO projects (id) VALUES (?)", None),
    ],
)
def test_a_forgotten_filter_would_be_seen(statement: str, found: list[str] | None) -> None:
    """The control: what the reading of statements says of statements we know."""
    assert sql.unbound(statement, OURS) == found
