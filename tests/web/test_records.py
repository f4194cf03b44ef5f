"""The page of the record and its file, for both sides."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.db import command
from portal.models.entry import Entry
from portal.models.project import Project
from portal.queries import records as reads
from portal.rules.roles import Scope
from portal.services import record
from tests.worlds import Entered, World

CHECKER = Path(__file__).parents[2] / "verify_milepost.py"
ENTRY = re.compile(r'id="entry-(\d+)"[^>]*data-seq="(\d+)"[^>]*data-kind="([\w.]+)"[^>]*data-hash="([0-9a-f]{64})"')


def lived(world: World) -> tuple[Project, Entered]:
    """A project with one milestone delivered and paid, and a file on its way in the next."""
    project = world.project()
    cleo = world.contact(project)
    world.pay(world.deliver(world.milestone(project), ("poster.png", b"all of it")), cleo)
    world.store(world.milestone(project, 2), "secret-draft.txt", b"not yet")
    return project, cleo


def address(project: Project, ending: str = "") -> str:
    return f"/projects/{project.id}/record{ending}"


@command
def write_many(session: Session, *, world: World, project: Project, count: int) -> None:
    """Entries in plenty."""
    held = record.hold(session, world.owner, project.id)
    for number in range(count):
        record.append(session, held, "project.revised", by=world.owner, price_minor=number, currency="EUR")


def test_both_sides_see_every_entry_the_newest_first(world: World) -> None:
    project, cleo = lived(world)
    stored = world.session.execute(
        select(Entry.seq, Entry.kind, Entry.hash).where(Entry.project_id == project.id).order_by(Entry.seq.desc())
    ).all()
    for browser in (world.browser(world.owner), world.entered(cleo.code)):
        page = browser.get(address(project))
        assert page.status_code == 200
        shown = ENTRY.findall(page.text)
        assert [(int(seq), kind, digest) for seq, _, kind, digest in shown] == [tuple(row) for row in stored]


def test_the_page_tells_in_sentences_who_did_what_and_shows_the_head_to_copy(world: World) -> None:
    project, _ = lived(world)
    page = world.browser(world.owner).get(address(project)).text
    for sentence in (
        "Vera Stein started the project. Its terms are locked.",
        "Vera Stein gave access to Cleo Chen.",
        "Vera Stein delivered “Step 1” with 1 file.",
        "Cleo Chen reported a payment of €1,500.00 for “Step 1”.",
        f"Vera Stein confirmed €1,500.00 for “Step 1”. Receipt {clock.today('Europe/Berlin').year}-0001 was issued.",
        "“Step 1” counts as approved, because it was paid in full.",
        "“Step 1” is paid and complete.",
        "“Step 2” is open. Work on it can begin.",
        "Vera Stein added the file “secret-draft.txt” to “Step 2”.",
    ):
        assert sentence in page, sentence
    world.session.refresh(project)
    assert f'data-copy="{project.head_seq}:{project.head_hash}"' in page
    assert "python verify_milepost.py record.jsonl" in page


def test_a_client_is_told_no_name_of_a_file_that_was_not_delivered(world: World) -> None:
    project, cleo = lived(world)
    page = world.entered(cleo.code).get(address(project)).text
    assert "added the file “poster.png” to “Step 1”" in page
    assert "Vera Stein added a file to “Step 2”." in page
    assert "secret-draft" not in page


def test_who_may_not_see_money_is_told_that_there_was_a_payment_and_gets_no_file(world: World) -> None:
    project, _ = lived(world)
    viewer = world.contact(project, frozenset({Scope.VIEW}), name="Li Wei")
    browser = world.entered(viewer.code)
    page = browser.get(address(project)).text
    assert page.count("A payment was dealt with. Your access does not include payments.") == 2
    assert "€1,500.00" not in page
    assert address(project, ".jsonl") not in page
    assert browser.get(address(project, ".jsonl")).status_code == 403


def test_many_entries_come_in_pages_and_a_page_that_is_not_there_is_the_nearest(world: World) -> None:
    project = world.draft()
    write_many(world.session, world=world, project=project, count=2 * reads.LINES_ON_PAGE)
    browser, last = world.browser(world.owner), 2 * reads.LINES_ON_PAGE + 1

    def seqs(page: str) -> list[int]:
        return [int(found[0]) for found in ENTRY.findall(browser.get(address(project) + page).text)]

    assert seqs("") == seqs("?page=1") == seqs("?page=-3") == seqs("?page=x") == list(range(last, last - 40, -1))
    assert seqs("?page=2") == list(range(last - 40, 1, -1))
    assert seqs("?page=3") == seqs("?page=99999999999999999999") == [1]


def test_the_file_is_what_the_stand_alone_checker_reads(world: World, tmp_path: Path) -> None:
    project, cleo = lived(world)
    answers = [b.get(address(project, ".jsonl")) for b in (world.browser(world.owner), world.entered(cleo.code))]
    assert answers[0].data == answers[1].data
    assert answers[0].headers["Content-Disposition"] == "attachment; filename=record.jsonl"
    assert answers[0].content_type == "application/jsonl; charset=utf-8"
    (tmp_path / "record.jsonl").write_bytes(answers[0].data)
    world.session.refresh(project)
    head = f"{project.head_seq}:{project.head_hash}"
    done = subprocess.run(
        [sys.executable, "-I", str(CHECKER), str(tmp_path / "record.jsonl"), "--head", head], capture_output=True
    )
    assert done.returncode == 0, done
    assert json.loads(answers[0].data.splitlines()[0]) == {"format": "milepost-record-1", "project": str(project.id)}


def test_asking_only_for_the_headers_of_the_file_reads_no_entry(world: World) -> None:
    project, cleo = lived(world)
    answer = world.entered(cleo.code).client.head(address(project, ".jsonl"))
    assert (answer.status_code, answer.data) == (200, b"")


def test_a_foreign_and_a_missing_project_answer_alike_and_a_stranger_is_sent_to_the_door(
    app: Flask, world: World, session: Session
) -> None:
    project, _ = lived(world)
    other = World.founded(app, session, "Other Studio")
    for ending in ("", ".jsonl"):
        foreign = other.browser(other.owner).get(address(project, ending))
        missing = other.browser(other.owner).get(f"/projects/{uuid4()}/record{ending}")
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert without_tokens(foreign.text) == without_tokens(missing.text)
        assert world.stranger().get(address(project, ending)).headers["Location"].startswith("/enter")


def without_tokens(page: str) -> str:
    return re.sub(r"[\w.-]{60,}", "", page)


def test_the_page_costs_three_statements_however_long_the_record_is(world: World) -> None:
    short, long = world.draft(), world.draft(title="Another")
    write_many(world.session, world=world, project=long, count=30)
    assert statements(world, short) == statements(world, long) == 3


def statements(world: World, project: Project) -> int:
    seen: list[str] = []
    world.session.rollback()
    project_id = project.id

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = world.session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        reads.page(world.session, world.owner, project_id)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len([statement for statement in seen if not statement.startswith("BEGIN")])
