"""The home pages ask the database a constant number of questions, and find the answers in indexes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event

from portal.adapters import clock
from portal.db import Base
from portal.queries import activity, figures, needs, shelf
from portal.queries.shelf import Wish
from portal.rules.desk import Drawer
from portal.web.installation import installation
from tests.queries.test_statement_counts import counting
from tests.worlds import Browser, World

MOST = 8


def furnish(world: World, count: int) -> None:
    """`count` of everything that can need somebody."""
    for number in range(count):
        world.draft(title=f"Draft {number}")
        world.project(title=f"Working {number}")
        project = world.project(title=f"Paid {number}")
        cleo, step = world.contact(project), world.milestone(project)
        world.deliver(step, note="Done.")
        world.pay(step, cleo, minor=100)
        world.report(step, cleo, minor=200)


def statements(world: World, browser: Browser, address: str, **headers: str) -> list[str]:
    assert browser.get(address, **headers).status_code == 200
    with counting(world.app) as seen:
        assert browser.get(address, **headers).status_code == 200
    return seen


@pytest.mark.parametrize("address", ["/projects", "/projects?standing=active", "/projects?q=paid", "/projects?page=2"])
def test_the_vendors_home_costs_the_same_for_one_and_for_three(world: World, address: str) -> None:
    browser = world.browser(world.owner)
    furnish(world, 1)
    one = statements(world, browser, address)
    furnish(world, 2)
    three = statements(world, browser, address)
    assert len(one) == len(three) <= MOST, three


def test_searching_asks_for_the_list_alone(world: World) -> None:
    furnish(world, 1)
    browser = world.browser(world.owner)
    seen = statements(world, browser, "/projects?q=paid", HX_Request="true")
    assert len(seen) == 4
    assert not any("FROM entries" in statement for statement in seen)


def test_the_clients_home_costs_the_same_for_one_and_for_three(world: World) -> None:
    codes = [world.contact(world.project()).code for _ in range(3)]
    one = statements(world, world.entered(codes[0]), "/projects")
    three = statements(world, world.entered(*codes), "/projects")
    # The visit, the projects, and the calendar links of this browser.
    assert len(one) == len(three) == 3


def test_the_contacts_page_costs_the_same_for_one_and_for_three(world: World) -> None:
    project, browser = world.project(), world.browser(world.owner)
    world.entered(world.contact(project).code)
    one = statements(world, browser, f"/projects/{project.id}/contacts")
    for name in ("Li Wei", "Noor Haddad"):
        world.entered(world.contact(project, name=name).code)
    three = statements(world, browser, f"/projects/{project.id}/contacts")
    assert len(one) == len(three) == 4


SCAN = re.compile(rf"^SCAN (?:{'|'.join(Base.metadata.tables)})(?:_\d+)?\b")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("drawer", list(Drawer))
@pytest.mark.parametrize("words", ["", "paid"])
def test_no_part_of_the_vendors_home_reads_a_whole_table(world: World, drawer: Drawer, words: str) -> None:
    furnish(world, 1)
    for plan in plans(world, Wish(clock.today("UTC"), drawer, words)):
        assert [line for line in plan if SCAN.match(line)] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_of_the_list_come_in_the_order_of_an_index(world: World) -> None:
    """Nothing but the few rows of a page is sorted, however many projects there are."""
    furnish(world, 1)
    found = plans(world, Wish(clock.today("UTC")))
    heads = [plan for plan in found if any("ix_projects_vendor_id_touched_at" in line for line in plan)]
    assert len(heads) == 1
    assert not any("TEMP B-TREE" in line for line in heads[0])
    assert any("ix_projects_vendor_id_asks_on" in line for line in heads[0])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_counted_and_searched_is_read_from_indexes_alone(world: World) -> None:
    furnish(world, 1)
    counts = plans(world, Wish(clock.today("UTC"), words="paid"))
    assert any("COVERING INDEX ix_projects_vendor_id_phase" in line for plan in counts for line in plan)
    assert any("COVERING INDEX ix_projects_vendor_id_title_folded" in line for plan in counts for line in plan)


def plans(world: World, wish: Wish) -> list[list[str]]:
    """How SQLite goes about each statement of the vendor's home."""
    session, actor, now = world.session, world.owner, clock.now()
    seen: list[tuple[str, Any]] = []
    engine = installation(world.app).engine

    def note(_connection, _cursor, statement, parameters, *_rest) -> None:
        if statement.startswith(("SELECT", "WITH")):
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        figures.figures(session, actor, now, wish.today)
        needs.items(session, actor, now, wish.today)
        activity.latest(session, actor)
        shelf.shelf(session, actor, wish)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    connection = session.connection().connection
    return [
        [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        for statement, parameters in seen
    ]
