"""Whatever is changed behind the portal's back is found: in the record, in the papers, in the tables and on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from portal.adapters import outside
from portal.models.entry import Entry
from portal.models.project import Project
from portal.models.receipt import Receipt
from portal.rules import chain
from portal.services import papers, verification
from tests.tampering import Scene
from tests.worlds import World


@pytest.fixture
def scene(app: Flask, world: World) -> Scene:
    project, other = world.project(), world.project(title="Another")
    cleo, step = world.contact(project), world.milestone(project)
    world.deliver(step, ("poster.txt", b"all of it"))
    world.pay(step, cleo, minor=160_000)
    receipt = world.session.scalars(select(Receipt)).one()
    papers.keep_pdf(world.session, receipt_id=receipt.id, drawn=b"%PDF-1.7 a receipt")
    rows = world.session.execute(
        select(Entry.seq, Entry.body, Entry.prev, Entry.hash).where(Entry.project_id == project.id).order_by(Entry.seq)
    )
    printed = papers.read(receipt)["head"]
    return Scene(app, world, project.id, other.id, [tuple(row) for row in rows], printed)


def resealed(project_id: UUID, bodies: list[str]) -> list[tuple[int, str, str, str]]:
    """A perfectly linked record of `bodies`."""
    rows, prev = [], chain.GENESIS
    for seq, body in enumerate(bodies, start=1):
        digest = chain.entry_hash(str(project_id), seq, body, prev)
        rows.append((seq, body, prev, digest))
        prev = digest
    return rows


def edit(rows: list[Any]) -> list[Any]:
    seq, body, prev, digest = rows[3]
    return [*rows[:3], (seq, body.replace("grant.issued", "grant.revoked"), prev, digest), *rows[4:]]


def swap(rows: list[Any]) -> list[Any]:
    second, third = rows[1], rows[2]
    return [rows[0], (second[0], *third[1:]), (third[0], *second[1:]), *rows[3:]]


def renumber(rows: list[Any]) -> list[Any]:
    return [*rows[:2], *((row[0] + 1, *row[1:]) for row in rows[2:])]


def insert(rows: list[Any]) -> list[Any]:
    return [*rows[:2], (3, rows[1][1], rows[1][3], "0" * 64), *((row[0] + 1, *row[1:]) for row in rows[2:])]


TAMPERED: dict[str, tuple[int, Callable[[list[Any]], list[Any]]]] = {
    "edit": (4, edit),
    "delete": (3, lambda rows: [*rows[:2], *rows[3:]]),
    "insert": (3, insert),
    "swap": (2, swap),
    "renumber": (3, renumber),
}


def test_what_nobody_touched_is_right_for_both(scene: Scene, tmp_path: Path) -> None:
    assert scene.findings(files=True) == []
    answer = scene.exported(tmp_path, scene.head)
    assert answer.returncode == 0, answer
    assert f"{len(scene.rows)} entries" in answer.stdout


@pytest.mark.parametrize("kind", TAMPERED)
def test_a_changed_record_is_found_by_both_and_its_place_named(kind: str, scene: Scene, tmp_path: Path) -> None:
    seq, tamper = TAMPERED[kind]
    scene.replace_record(tamper(scene.rows))
    assert any(reason.startswith(f"Entry {seq} of the record") for reason in scene.findings()), scene.findings()
    answer = scene.exported(tmp_path)
    assert (answer.returncode, f"Entry {seq} is wrong" in answer.stdout) == (1, True), answer


def test_an_entry_of_another_project_is_found_by_both(scene: Scene, tmp_path: Path) -> None:
    scene.change(
        "UPDATE entries SET body = other.body, hash = other.hash FROM entries AS other"
        " WHERE entries.project_id = :project AND other.project_id = :other AND entries.seq = 2 AND other.seq = 2"
    )
    assert any(reason.startswith("Entry 2 of the record") for reason in scene.findings())
    assert scene.exported(tmp_path).returncode == 1


def test_a_record_that_was_cut_off_is_found_even_when_its_head_was_moved(scene: Scene, tmp_path: Path) -> None:
    scene.replace_record(scene.rows[:4])
    assert any("The record ends at entry 4" in reason for reason in scene.findings())
    scene.replace_record(scene.rows[:4], with_head=True)
    assert any("The record ends too early" in reason for reason in scene.findings())
    assert scene.exported(tmp_path, scene.head).returncode == 1
    # The control: without a head from a receipt, a cut record looks whole. The checker says so itself.
    assert scene.exported(tmp_path).returncode == 0


def test_a_record_rewritten_as_a_whole_is_found_by_the_head_on_a_receipt(scene: Scene, tmp_path: Path) -> None:
    bodies = [body.replace('"price_minor":500000', '"price_minor":400000') for _, body, _, _ in scene.rows]
    assert bodies != [body for _, body, _, _ in scene.rows]
    scene.change("UPDATE projects SET price_minor = 400000 WHERE id = :project")
    scene.replace_record(resealed(scene.project_id, bodies), with_head=True)
    assert any("rewritten" in reason for reason in scene.findings())
    assert scene.exported(tmp_path, scene.head).returncode == 1
    assert scene.exported(tmp_path).returncode == 0


def test_the_head_is_also_kept_by_the_notices(scene: Scene) -> None:
    scene.change("DELETE FROM receipt_pdfs")
    scene.change("DELETE FROM receipts")
    bodies = [body.replace('"price_minor":500000', '"price_minor":400000') for _, body, _, _ in scene.rows]
    scene.replace_record(resealed(scene.project_id, bodies), with_head=True)
    assert any("rewritten" in reason for reason in scene.findings())


CHANGES = {
    "UPDATE ledger_entries SET amount_minor = 150000": "payment entered",
    "DELETE FROM ledger_entries": "the tables say nothing",
    "UPDATE credit_entries SET amount_minor = 1": "credit",
    "UPDATE payments SET state = 'rejected'": "payment",
    "UPDATE payments SET amount_minor = 1": "report",
    "UPDATE milestones SET state = 'settled' WHERE position = 3 AND project_id = :project": "milestone",
    "UPDATE milestones SET state = 'locked' WHERE position = 1 AND project_id = :project": "the tables say nothing",
    "UPDATE milestones SET amount_minor = 0 WHERE position = 2 AND project_id = :project": "terms",
    "UPDATE milestones SET title = 'Other' WHERE position = 2 AND project_id = :project": "terms",
    "UPDATE milestones SET manifest_sha256 = 'ff' WHERE position = 1 AND project_id = :project": "current manifest",
    "UPDATE projects SET price_minor = 1 WHERE id = :project": "price",
    "UPDATE projects SET terms = 'other' WHERE id = :project": "The terms do not match their hash",
    "UPDATE submissions SET manifest = 'other'": "manifest",
    "UPDATE approvals SET means = 'button'": "approval",
    "UPDATE deliverables SET sha256 = 'ff'": "file",
    "UPDATE grants SET revoked_at = created_at": "grant",
    "UPDATE grants SET scopes = 'view'": "grant",
    "UPDATE entries SET kind = 'project.revised' WHERE seq = 1 AND project_id = :project": "filed as something else",
    "UPDATE receipts SET snapshot = replace(snapshot, '160000', '150000')": "its contents do not match their hash",
    "UPDATE receipts SET signature = '00'": "its signature is not from this installation",
    "UPDATE receipts SET label = '2026-0099'": "its number is not the one printed",
    "UPDATE receipt_pdfs SET sha256 = 'ff'": "its PDF does not match its hash",
    "UPDATE counters SET value = 2": "are not numbered from 1 to 2",
}


def test_every_change_of_a_table_contradicts_the_record(scene: Scene) -> None:
    found = {}
    for statement in CHANGES:
        table = statement.split()[2 if statement.startswith("DELETE") else 1]
        scene.change(f"CREATE TABLE kept AS SELECT * FROM {table}")
        scene.change(statement)
        found[statement] = scene.findings()
        for again in (f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM kept", "DROP TABLE kept"):
            scene.change(again)
    unseen = {statement: said for statement, said in found.items() if CHANGES[statement] not in str(said)}
    assert unseen == {}
    assert scene.findings() == []


def test_a_release_that_nobody_recorded_is_found(scene: Scene) -> None:
    step = scene.world.milestone(scene.world.session.get_one(Project, scene.project_id), 2)
    scene.change(
        "INSERT INTO releases (id, vendor_id, project_id, milestone_id, released_by, at)"
        " VALUES (:id, :vendor, :project, :step, :id, '2026-11-21 12:00:00+00:00')",
        id=step.id, vendor=scene.world.owner.vendor_id, step=step.id,
    )  # fmt: skip
    assert any("release" in reason and "the record says nothing" in reason for reason in scene.findings())


def test_a_file_that_changed_or_vanished_on_disk_is_found_when_files_are_read(scene: Scene) -> None:
    storage = outside.of(scene.world.session).storage
    (file,) = storage.stored()
    file.path.chmod(0o600)
    for content, said in ((b"all 0f it", "its hash is another"), (b"less", "does not have the size")):
        file.path.write_bytes(content)
        assert [said in reason for reason in scene.findings(files=True)] == [True]
    file.path.unlink()
    assert ["is not in storage" in reason for reason in scene.findings(files=True)] == [True]
    assert scene.findings() == []


def test_one_project_can_be_verified_alone(scene: Scene) -> None:
    scene.change("UPDATE projects SET price_minor = 1 WHERE id = :other")
    session = scene.world.session
    for project_id, count in ((scene.project_id, 0), (scene.other_id, 1)):
        verdict = verification.verify(session, project=session.get_one(Project, project_id))
        assert (verdict.projects, len(verdict.findings) > 0) == (1, bool(count))
