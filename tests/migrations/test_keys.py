"""What the tables themselves refuse, whoever writes: second rows, amounts of nothing, rows across the wall."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db import Base, new_id
from portal.models.milestone import Milestone
from portal.models.payment import Payment
from portal.services import milestones, papers
from tests.worlds import World

# A table, and what else is made different, so that only one key is left to refuse the copy of a row.
SECOND_ROWS: list[tuple[str, dict[str, Any]]] = [
    ("receipts", {"number": 77}),
    ("receipts", {"payment_id": "another"}),
    ("ledger_entries", {}),
    ("grants", {}),
    ("releases", {}),
    ("receipt_pdfs", {}),
    ("notices", {}),
    ("submissions", {}),
]


@pytest.fixture
def furnished(world: World) -> World:
    """One row at least in each of the tables."""
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Workshop held.")
    milestones.release(world.session, actor=world.owner, milestone=step, confirm="Step 1")
    world.pay(step, cleo, minor=100)
    papers.keep_pdf(world.session, receipt_id=a_row("receipts", world.session)["id"], drawn=b"%PDF-")
    world.report(step, cleo, minor=200)
    world.session.commit()
    return world


def test_the_tables_refuse_a_second_row(furnished: World) -> None:
    taken = []
    for table, different in SECOND_ROWS:
        row = a_row(table, furnished.session)
        if "payment_id" in different:
            different = {"payment_id": another_payment(furnished.session, row["payment_id"])}
        copy = insert(rows_of(table)).values(row | {"id": new_id()} | different)
        taken += [] if is_refused(furnished.session, copy) else [f"{table} with {different}"]
    assert taken == []


def test_a_copy_that_differs_in_every_key_is_taken(furnished: World) -> None:
    """The control: what refuses above is the key, not something else about the copy."""
    row = a_row("receipts", furnished.session)
    other = {"id": new_id(), "number": 77, "payment_id": another_payment(furnished.session, row["payment_id"])}
    furnished.session.execute(insert(rows_of("receipts")).values(row | other))


@pytest.mark.parametrize("amount", [0, -1])
def test_the_tables_refuse_amounts_of_nothing(furnished: World, amount: int) -> None:
    session = furnished.session
    payment = a_row("payments", session) | {"id": new_id(), "amount_minor": amount}
    assert is_refused(session, insert(rows_of("payments")).values(payment))
    entry = a_row("ledger_entries", session) | {"id": new_id(), "amount_minor": amount}
    assert is_refused(session, insert(rows_of("ledger_entries")).values(entry | {"reference": "another"}))
    shared = {column.name for column in rows_of("credit_entries").columns} & set(entry)
    credit = {name: entry[name] for name in shared} | {"client_id": a_row("clients", session)["id"], "kind": "granted"}
    assert is_refused(session, insert(rows_of("credit_entries")).values(credit))


def test_no_row_points_across_the_wall_between_vendors(furnished: World) -> None:
    other = World.founded(furnished.app, furnished.session, name="Otto Agency")
    foreign = other.milestone(other.project()).id
    mine = furnished.session.scalars(select(Payment.id)).first()
    assert is_refused(furnished.session, update(Payment).where(Payment.id == mine).values(milestone_id=foreign))
    own = furnished.session.scalars(select(Milestone.id).where(Milestone.position == 2)).first()
    furnished.session.execute(update(Payment).where(Payment.id == mine).values(milestone_id=own))


def is_refused(session: Session, statement: Any) -> bool:
    """Whether the database refuses it; undone either way."""
    try:
        session.execute(statement)
    except IntegrityError:
        return True
    finally:
        session.rollback()
    return False


def rows_of(table: str) -> Table:
    return Base.metadata.tables[table]


def a_row(table: str, session: Session) -> dict[str, Any]:
    """Any row of a table, by column."""
    return dict(session.execute(select(rows_of(table)).limit(1)).one()._mapping)


def another_payment(session: Session, not_this: UUID) -> UUID:
    return session.scalars(select(Payment.id).where(Payment.id != not_this)).one()
