"""E1: every address that serves bytes × every state of a milestone × everybody. No way around the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.rules.lifecycle import Flow, MilestoneState
from portal.services import milestones, payments
from tests.access.people import EVERYBODY, STRANGERS, People, gather, second_studio
from tests.worlds import Entered, World

SECRET = b"THE-ORIGINAL-BYTES-" * 400
MEMBERS = ("owner", "manager", "member")
VIEWERS = ("full", "viewer")


@dataclass
class Case:
    """A milestone in some state; what the gate should say; whether it was ever submitted."""

    unlocked: bool
    submitted: bool
    build: Callable[[World, Project, Entered], None]


def step_of(world: World, project: Project) -> Milestone:
    return world.milestone(project)


def stored(world: World, project: Project, cleo: Entered) -> None:
    world.store(step_of(world, project), "original.bin", SECRET)


def delivered(world: World, project: Project, cleo: Entered) -> None:
    world.deliver(step_of(world, project), ("original.bin", SECRET))


def reported(world: World, project: Project, cleo: Entered) -> None:
    delivered(world, project, cleo)
    world.report(step_of(world, project), cleo)


def partly_paid(world: World, project: Project, cleo: Entered) -> None:
    delivered(world, project, cleo)
    world.pay(step_of(world, project), cleo, minor=step_of(world, project).amount_minor - 1)


def rejected(world: World, project: Project, cleo: Entered) -> None:
    delivered(world, project, cleo)
    payment = world.report(step_of(world, project), cleo)
    payments.reject(world.session, actor=world.owner, payment=payment, reason="No.", ticket=world.ticket())


def approved(world: World, project: Project, cleo: Entered) -> None:
    delivered(world, project, cleo)
    step = step_of(world, project)
    sign_off = milestones.SignOff(step.manifest_sha256 or "", "Cleo", "I accept.")
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off)


def settled(world: World, project: Project, cleo: Entered) -> None:
    delivered(world, project, cleo)
    world.pay(step_of(world, project), cleo)


def approved_and_paid(world: World, project: Project, cleo: Entered) -> None:
    approved(world, project, cleo)
    world.pay(step_of(world, project), cleo)


def reversed_after(world: World, project: Project, cleo: Entered) -> None:
    delivered(world, project, cleo)
    payment = world.report(step_of(world, project), cleo)
    world.confirm(payment)
    payments.reverse(world.session, actor=world.owner, payment=payment, reason="Bounced.", ticket=world.ticket())


def released(world: World, project: Project, cleo: Entered) -> None:
    delivered(world, project, cleo)
    step = step_of(world, project)
    milestones.release(world.session, actor=world.owner, milestone=step, confirm=step.title)


def cancelled_though_paid(world: World, project: Project, cleo: Entered) -> None:
    # Cancelling comes with change requests, in a later issue; its gate is closed already.
    settled(world, project, cleo)
    step = step_of(world, project)
    world.session.execute(update(Milestone).where(Milestone.id == step.id).values(state=MilestoneState.CANCELLED))
    world.session.commit()


CASES = {
    "stored, not submitted": Case(False, False, stored),
    "submitted": Case(False, True, delivered),
    "reported": Case(False, True, reported),
    "partly paid": Case(False, True, partly_paid),
    "rejected": Case(False, True, rejected),
    "approved, unpaid": Case(False, True, approved),
    "settled": Case(True, True, settled),
    "approved and paid": Case(True, True, approved_and_paid),
    "reversed": Case(False, True, reversed_after),
    "released early": Case(True, True, released),
    "cancelled": Case(False, True, cancelled_though_paid),
}
WAYS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "/deliverables/{file}/file", {}),
    ("HEAD", "/deliverables/{file}/file", {}),
    ("GET", "/deliverables/{file}/file", {"Range": "bytes=0-99"}),
    ("GET", "/deliverables/{file}/file", {"Range": "bytes=-50"}),
    ("GET", "/deliverables/{file}/file", {"Accept": "application/json"}),
    ("GET", "/milestones/{milestone}/archive.zip", {}),
    ("HEAD", "/milestones/{milestone}/archive.zip", {}),
]
GUESSES = (
    "/_f/{aa}/{file}",
    "/files/{aa}/{file}",
    "/static/../../instance/files/{aa}/{file}",
    "/static/%2e%2e/%2e%2e/files/{aa}/{file}",
    "/deliverables/{file}",
    "/deliverables/{file}/preview",
    "/deliverables/{file}/file/",
    "/milestones/{milestone}/archive",
    "/milestones/{file}/archive.zip",
    "/deliverables/{milestone}/file",
    "/uploads/{file}",
    "/payments/{file}/proof",
    "/receipts/{file}.pdf",
)


@pytest.fixture
def world_of_two(app: Flask, session: Session) -> tuple[World, World]:
    return World.founded(app, session), second_studio(app, session)


@pytest.mark.parametrize("name", CASES)
def test_originals_leave_only_through_an_open_gate(name: str, world_of_two: tuple[World, World]) -> None:
    world, other = world_of_two
    case, project = CASES[name], world.project(flow=flow_of(name))
    people = gather(world, other, project, world.project(title="Next door"), other.project(title="Far away"))
    case.build(world, project, people.full)
    ids = ids_of(world, project)
    wrong = []
    for method, address, headers in WAYS:
        for person in EVERYBODY:
            with people[person].client.open(address.format(**ids), method=method, headers=headers) as answer:
                got, want = answer.status_code, promised(case, person, address, headers)
                if got != want or (want not in (200, 206) and leaks(answer)):
                    wrong.append(f"{person}: {method} {address} {headers} → {got}, expected {want}")
    assert wrong == []


@pytest.mark.parametrize("name", ["submitted", "settled"])
def test_no_guessed_address_leads_to_the_bytes(name: str, world_of_two: tuple[World, World]) -> None:
    world, other = world_of_two
    project = world.project()
    people = gather(world, other, project, world.project(title="Next door"), other.project(title="Far away"))
    CASES[name].build(world, project, people.full)
    ids = ids_of(world, project)
    for guess in GUESSES:
        for person in EVERYBODY:
            answer = people[person].get(guess.format(**ids))
            assert not leaks(answer), f"{person}: {guess}"
            assert answer.status_code in (303, 401, 403, 404, 405), f"{person}: {guess} → {answer.status_code}"


def flow_of(name: str) -> str:
    return (Flow.APPROVE_THEN_INVOICE if name.startswith("approved") else Flow.PAY_TO_UNLOCK).value


def ids_of(world: World, project: Project) -> dict[str, str]:
    file_id: UUID = world.session.scalars(select(Deliverable.id).where(Deliverable.project_id == project.id)).one()
    return {"file": str(file_id), "milestone": str(world.milestone(project).id), "aa": file_id.hex[-2:]}


def promised(case: Case, person: str, address: str, headers: dict[str, str]) -> int:
    """The status the gate promises to one person."""
    good = 206 if "Range" in headers else 200
    if person in MEMBERS:
        return good
    if person in STRANGERS:
        return 401 if "Accept" in headers else 303
    if person not in (*VIEWERS, "payer"):
        return 404
    if not case.submitted:
        return 404
    return good if case.unlocked and person in VIEWERS else 403


def leaks(answer) -> bool:
    return SECRET[:19] in answer.data


def test_the_people_are_who_they_say(world_of_two: tuple[World, World]) -> None:
    """A control: everybody but strangers is let in at home, so that no 404 above means a broken log-in."""
    world, other = world_of_two
    people: People = gather(
        world, other, world.project(), world.project(title="Next door"), other.project(title="Far away")
    )
    for person in EVERYBODY:
        assert people[person].get("/settings/account").status_code in (200, 303, 404)
        answer = people[person].get("/projects")
        assert answer.status_code == (303 if person in STRANGERS else 200), person
