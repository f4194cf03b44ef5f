"""The pages people open most ask the database a constant number of questions, however much there is to show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event

from portal.web.installation import installation
from tests.worlds import Browser, Entered, World

MOST = 8
NOT_COUNTED = ("BEGIN", "ROLLBACK", "PRAGMA")


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    """The statements that reach the database inside the block."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        if not statement.startswith(NOT_COUNTED):
            seen.append(statement)

    engine = installation(app).engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def busy(world: World, count: int) -> tuple[Entered, UUID, UUID]:
    """`count` milestones paid in `count` parts each; one more delivered with `count` files, its payment reported."""
    project = world.project(amounts=("90",) * (count + 1))
    cleo = world.contact(project)
    for position in range(1, count + 1):
        step = world.milestone(project, position)
        world.deliver(step, note="Done.")
        for _ in range(count):
            world.pay(step, cleo, minor=9000 // count)
    last = world.milestone(project, count + 1)
    world.deliver(last, *((f"{number}.txt", b"x" * number) for number in range(1, count + 1)))
    world.report(last, cleo, minor=1000)
    return cleo, project.id, last.id


def statements(world: World, browser: Browser, address: str) -> list[str]:
    assert browser.get(address).status_code == 200
    with counting(world.app) as seen:
        assert browser.get(address).status_code == 200
    return seen


@pytest.mark.parametrize("side", ["contact", "member"])
def test_both_pages_cost_the_same_for_one_and_for_three(world: World, side: str) -> None:
    costs = set()
    for count in (1, 3):
        cleo, project_id, milestone_id = busy(world, count)
        browser = world.entered(cleo.code) if side == "contact" else world.browser(world.owner)
        costs.add(
            (
                len(statements(world, browser, f"/projects/{project_id}")),
                len(statements(world, browser, f"/milestones/{milestone_id}")),
            )
        )
    ((project_page, milestone_page),) = costs
    assert max(project_page, milestone_page) <= MOST
    # A milestone's own conversation tells what happened; the page of the project asks the record as well.
    assert (project_page, milestone_page) == (8, 7)


ONLY_THE_VENDOR = re.compile(r"USING (?:COVERING )?INDEX \w+ \(vendor_id=\?\)$")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("side", ["contact", "member"])
def test_no_page_of_a_project_reads_all_rows_of_its_vendor(world: World, side: str) -> None:
    """Ten thousand projects must not be looked through for one."""
    cleo, project_id, milestone_id = busy(world, 2)
    browser = world.entered(cleo.code) if side == "contact" else world.browser(world.owner)
    asked = [
        asked
        for address in (f"/projects/{project_id}", f"/milestones/{milestone_id}", f"/projects/{project_id}/record")
        for asked in statements(world, browser, address)
    ]
    with installation(world.app).engine.connect() as connection:
        for statement in asked:
            values = [None] * statement.count("?")
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values)).all()
            assert [line for *_, line in plan if ONLY_THE_VENDOR.search(line)] == [], statement


def test_a_draft_costs_no_more(world: World) -> None:
    project = world.draft()
    assert len(statements(world, world.browser(world.owner), f"/projects/{project.id}")) <= MOST


def test_the_list_of_files_alone_costs_no_more(world: World) -> None:
    _, _, milestone_id = busy(world, 3)
    browser = world.browser(world.owner)
    with counting(world.app) as seen:
        assert browser.get(f"/milestones/{milestone_id}/files", HX_Request="true").status_code == 200
    assert len(seen) <= MOST
