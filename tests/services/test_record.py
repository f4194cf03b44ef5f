"""The record: one entry for each change and none for a refusal, no personal data, one line under many writers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.adapters import clock
from portal.db import command
from portal.models.entry import Entry
from portal.models.project import Project
from portal.rules import chain, terms
from portal.rules.errors import DomainError
from portal.rules.lifecycle import Flow
from portal.services import deliverables, grants, milestones, payments, projects, record, verification
from portal.services.payments import KeptProof
from tests import scale
from tests.worlds import Entered, World, fresh_session

WRITERS, EACH, EACH_UNGUARDED = 16, scale.cases(8, full=500), 20
SIGN = {"typed_name": "Cleo Chen", "consent": "I accept."}


def kinds(world: World) -> list[str]:
    world.session.rollback()
    return list(world.session.scalars(select(Entry.kind).order_by(Entry.at, Entry.seq)))


def added(world: World, act: Callable[[], object]) -> list[str]:
    """The kinds of entries that `act` adds."""
    before = len(kinds(world))
    act()
    return kinds(world)[before:]


def refused(world: World, act: Callable[[], object]) -> None:
    before = kinds(world)
    with pytest.raises(DomainError):
        act()
    assert kinds(world) == before


def delivered(world: World, **changes: Any) -> tuple[Project, Entered, Any]:
    project = world.project(**changes)
    return project, world.contact(project), world.deliver(world.milestone(project), note="Held.")


def sign_off(step: Any) -> milestones.SignOff:
    return milestones.SignOff(step.manifest_sha256, **SIGN)


def cheaper() -> terms.Terms:
    part = terms.Part("Workshop", "", "", clock.today("UTC") + timedelta(days=9), None, 10_000)
    names = ("Workshop", "Cherry Harvest GmbH", "Cleo Chen", "cleo@cherry.example", "EUR")
    return terms.Terms(*names, 10_000, "Europe/Berlin", "en", "", Flow.PAY_TO_UNLOCK, (part,))


def test_each_verb_of_a_project_adds_its_entries_and_a_refused_one_adds_none(world: World) -> None:
    session, owner, member = world.session, world.owner, world.member()
    drafts: list[Project] = []
    assert added(world, lambda: drafts.append(world.draft())) == ["project.created"]
    project = drafts[0]
    other = {"project": project, "agreed": cheaper()}
    assert added(world, lambda: projects.revise(session, actor=owner, **other)) == ["project.revised"]
    refused(world, lambda: projects.start(session, actor=member, project=project))
    assert added(world, lambda: projects.start(session, actor=owner, project=project)) == [
        "project.started",
        "milestone.opened",
    ]
    refused(world, lambda: projects.start(session, actor=owner, project=project))
    refused(world, lambda: projects.revise(session, actor=owner, **other))
    assert verification.verify(session).findings == []


def test_each_verb_of_access_adds_its_entry_and_a_refused_one_adds_none(world: World) -> None:
    session, owner, project = world.session, world.owner, world.project()
    held: list[Entered] = []
    assert added(world, lambda: held.append(world.contact(project))) == ["grant.issued"]
    grant = session.get_one(grants.Grant, held[0].grant_id)
    assert added(world, lambda: grants.rotate(session, actor=owner, grant=grant)) == ["grant.rotated"]
    assert added(world, lambda: grants.revoke(session, actor=owner, grant=grant)) == ["grant.revoked"]
    refused(world, lambda: grants.revoke(session, actor=owner, grant=grant))
    refused(world, lambda: grants.rotate(session, actor=owner, grant=grant))
    refused(world, lambda: world.contact(project, frozenset()))


def test_each_verb_of_a_milestone_adds_its_entries_and_a_refused_one_adds_none(world: World) -> None:
    session, owner, project = world.session, world.owner, world.project(flow=Flow.APPROVE_THEN_INVOICE.value)
    cleo, step = world.contact(project), world.milestone(project)
    files: list[Any] = []
    assert added(world, lambda: files.append(world.store(step, "a.txt", b"one"))) == ["file.stored"]
    assert added(world, lambda: deliverables.remove(session, actor=owner, deliverable=files[0])) == ["file.removed"]
    refused(world, lambda: deliverables.remove(session, actor=owner, deliverable=files[0]))
    refused(world, lambda: milestones.submit(session, actor=owner, milestone=step, note=" "))
    assert added(world, lambda: world.deliver(step, note="Held.")) == ["milestone.submitted"]
    refused(world, lambda: world.deliver(step, note="Held."))
    refused(world, lambda: world.store(step, "b.txt", b"two"))
    refused(world, lambda: milestones.release(session, actor=owner, milestone=step, confirm="Step"))
    release = {"actor": owner, "milestone": step, "confirm": step.title}
    assert added(world, lambda: milestones.release(session, **release)) == ["milestone.released"]
    refused(world, lambda: milestones.release(session, **release))
    refused(world, lambda: milestones.approve(session, actor=owner, milestone=step, sign_off=sign_off(step)))
    approve = {"actor": cleo.actor, "milestone": step, "sign_off": sign_off(step)}
    assert added(world, lambda: milestones.approve(session, **approve)) == ["milestone.approved"]
    refused(world, lambda: milestones.approve(session, **approve))


def test_each_verb_of_a_payment_adds_its_entries_and_a_refused_one_adds_none(world: World) -> None:
    session, owner = world.session, world.owner
    _, cleo, step = delivered(world)
    refused(world, lambda: world.report(step, cleo, minor=0))
    held: list[Any] = []
    assert added(world, lambda: held.append(world.report(step, cleo, minor=100))) == ["payment.reported"]
    refused(world, lambda: world.confirm(held[0], minor=-1))
    assert added(world, lambda: world.confirm(held[0])) == ["payment.confirmed"]
    refused(world, lambda: world.confirm(held[0]))
    reject = {"actor": owner, "payment": world.report(step, cleo, minor=7), "reason": "No."}
    assert added(world, lambda: payments.reject(session, **reject, ticket=world.ticket())) == ["payment.rejected"]
    refused(world, lambda: payments.reject(session, **reject, ticket=world.ticket()))
    rest = world.report(step, cleo, minor=149_900)
    assert added(world, lambda: world.confirm(rest)) == [
        "payment.confirmed",
        "milestone.approved",
        "milestone.settled",
        "milestone.opened",
    ]
    reverse = {"actor": owner, "payment": held[0], "reason": "Bounced."}
    assert added(world, lambda: payments.reverse(session, **reverse, ticket=world.ticket())) == ["payment.reversed"]
    refused(world, lambda: payments.reverse(session, **reverse, ticket=world.ticket()))
    assert verification.verify(session).findings == []


def test_a_repeat_with_the_same_key_adds_no_second_entry(world: World) -> None:
    _, cleo, step = delivered(world)
    payment, ticket = world.report(step, cleo), world.ticket()
    act = {"actor": world.owner, "payment": payment, "amount_minor": 5, "received_on": clock.today("UTC")}
    assert len(added(world, lambda: payments.confirm(world.session, **act, ticket=ticket))) == 1
    assert added(world, lambda: payments.confirm(world.session, **act, ticket=ticket)) == []


def test_no_entry_holds_a_name_an_address_or_anything_people_wrote(world: World) -> None:
    canary = "Quexalcote"
    member = world.member(name=f"{canary} Member")
    project = world.draft(
        title=f"{canary} title", client_name=f"{canary} GmbH", contact_name=f"{canary} Contact",
        contact_email=f"{canary}@client.example", kind=canary, flow=Flow.APPROVE_THEN_INVOICE.value,
    )  # fmt: skip
    projects.start(world.session, actor=world.owner, project=project)
    cleo, step = world.contact(project, name=f"{canary} Cleo"), world.milestone(project)
    deliverables.keep(world.session, actor=member, milestone=step, name=f"{canary}.txt", content=canary.encode())
    milestones.submit(world.session, actor=member, milestone=step, note=f"{canary} note")
    signed = milestones.SignOff(step.manifest_sha256 or "", f"{canary} Cleo", canary, "203.0.113.9", canary)
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=signed)
    proof = KeptProof(project.id, f"{canary}.png", "image/png", 3, "0" * 64)
    said = payments.Report(10, clock.today("UTC"), payments.reports.PaymentMethod.CASH, f"{canary} reference")
    ids = [
        payments.report(world.session, actor=cleo.actor, milestone=step, said=said, ticket=world.ticket(), proof=proof),
        world.report(step, cleo, minor=11, reference=f"{canary} 2").id,
    ]
    first, second = (world.session.get_one(payments.Payment, payment_id) for payment_id in ids)
    world.confirm(first)
    reasons = {"actor": world.owner, "reason": f"{canary} reason"}
    payments.reject(world.session, payment=second, ticket=world.ticket(), **reasons)
    payments.reverse(world.session, payment=first, ticket=world.ticket(), **reasons)
    bodies = list(world.session.scalars(select(Entry.body)))
    assert len(bodies) > 10
    assert [body for body in bodies if canary.casefold() in body.casefold() or "203.0.113.9" in body] == []
    assert verification.verify(world.session).findings == []


def test_each_body_is_canonical_and_says_who_by_reference(world: World) -> None:
    _, cleo, step = delivered(world)
    world.pay(step, cleo)
    for body in world.session.scalars(select(Entry.body)):
        read = json.loads(body)
        assert chain.canonical(read) == body
        assert read["by"].partition(":")[0] in ("member", "contact", "system")


@command
def write_one(session: Session, *, actor: Actor, project_id: Any, number: int) -> None:
    """What every verb does: take the project, append."""
    project = record.hold(session, actor, project_id)
    record.append(session, project, "project.revised", by=actor, price_minor=number, currency="EUR")


def write_without_lock(session: Session, *, actor: Actor, project_id: Any, number: int) -> None:
    """The control: no lock on the project, and on SQLite a transaction that begins as a reading one."""
    session.rollback()
    project = session.get_one(Project, project_id)
    time.sleep(0.005)
    record.append(session, project, "project.revised", by=actor, price_minor=number, currency="EUR")
    session.commit()


def write_at_once(
    app: Flask, world: World, project_id: Any, write: Callable[..., None], each: int
) -> list[BaseException]:
    gate, failures = threading.Barrier(WRITERS), []

    def work() -> None:
        gate.wait()
        with fresh_session(app) as session:
            for number in range(each):
                try:
                    write(session, actor=world.owner, project_id=project_id, number=number)
                except Exception as error:
                    failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


@pytest.mark.scaled
@pytest.mark.timeout(scale.cases(300, full=1800))
def test_many_writers_make_one_line_without_a_gap(app: Flask, world: World) -> None:
    project = world.draft()
    assert write_at_once(app, world, project.id, write_one, EACH) == []
    world.session.rollback()
    assert world.session.get_one(Project, project.id).head_seq == 1 + WRITERS * EACH
    chained = [finding for finding in verification.verify(world.session).findings if "Entry" in finding.reason]
    assert chained == []
    database = world.session.get_bind().dialect.name
    scale.figure("H3", f"{WRITERS} writers of one record, {database}", entries=WRITERS * EACH)


@pytest.mark.scaled
def test_control_without_the_lock_writers_collide(app: Flask, world: World) -> None:
    project = world.draft()
    failures = write_at_once(app, world, project.id, write_without_lock, EACH_UNGUARDED)
    assert failures
    assert {type(failure) for failure in failures} <= {IntegrityError, OperationalError}
