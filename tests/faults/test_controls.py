"""The controls: whoever looks after a fault sees it when there is one."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import Uuid, bindparam, text

from portal.adapters import outside
from tests.faults import invariants
from tests.faults.journal import STORED, Journal
from tests.tampering import tampering
from tests.worlds import World

BROKEN = {
    "an amount of nothing": "UPDATE ledger_entries SET amount_minor = amount_minor + 1",
    "a settlement twice": (
        "INSERT INTO ledger_entries (id, vendor_id, project_id, milestone_id, payment_id, kind, amount_minor, currency,"
        " reference, at) SELECT :id, vendor_id, project_id, milestone_id, payment_id, kind,"
        " amount_minor, currency, 'again', at FROM ledger_entries"
    ),
    "a settlement lost": "DELETE FROM ledger_entries",
    "a number left out": "UPDATE counters SET value = value + 1",
    "a receipt lost": "DELETE FROM receipts",
    "a notice lost": "DELETE FROM notices WHERE kind = 'payment_confirmed'",
    "a key lost": "DELETE FROM answers WHERE act = 'payments.report'",
    "a key of nothing": "DELETE FROM answers WHERE act LIKE 'payments.confirm:%'",
    "an entry lost": "DELETE FROM entries WHERE kind = 'payment.confirmed'",
    "settled for nothing": "UPDATE milestones SET state = 'settled' WHERE position = 1",
}


@pytest.fixture
def paid(world: World) -> World:
    """Delivered, and a part of it paid."""
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), ("plan.pdf", b"content"))
    world.pay(step, cleo, 100)
    return world


def test_what_nobody_broke_holds(paid: World) -> None:
    invariants.hold(paid.session)
    invariants.explained(paid.session)


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_seen(paid: World, what: str) -> None:
    statement = text(BROKEN[what])
    paid.session.rollback()
    with tampering(paid.app) as connection:
        named = [bindparam("id", uuid4(), Uuid())] if ":id" in BROKEN[what] else []
        connection.execute(statement.bindparams(*named))
    with pytest.raises(AssertionError):
        invariants.hold(paid.session)


def test_an_acknowledged_act_that_is_not_stored_is_seen(paid: World) -> None:
    for kind in STORED:
        journal = Journal()
        what = (str(uuid4()), "x") if kind in ("stored", "reported") else str(uuid4())
        journal.note(kind, "0" * 16 if kind == "granted" else what)
        with pytest.raises(AssertionError, match=kind):
            journal.is_kept(paid.session)


@pytest.mark.parametrize("folder", ["files/aa", "incoming", "files/zz"])
def test_a_file_nobody_knows_is_not_explained(paid: World, folder: str) -> None:
    strange = outside.of(paid.session).storage.root / folder / str(uuid4())
    strange.parent.mkdir(parents=True, exist_ok=True)
    strange.write_bytes(b"whose?")
    with pytest.raises(AssertionError):
        invariants.explained(paid.session)


@pytest.mark.parametrize("name", ["{}.part", "{}.proof", "{}.0a1b2c3d.copy"])
def test_what_a_process_left_when_it_died_is_explained_and_set_aside(paid: World, name: str) -> None:
    """A place it never reserved, a proof it never named, a copy it never finished."""
    storage = outside.of(paid.session).storage
    left = storage.incoming / name.format(uuid4())
    left.write_bytes(b"" if name.endswith(".part") else b"half")
    invariants.explained(paid.session)
    assert not left.exists()
    assert [path.name.startswith(left.name) for path in storage.quarantine.iterdir()] == [True]
