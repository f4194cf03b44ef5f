"""Ids in forms, queries and headers (reliability.md B3): somebody else's, in place of one's own, opens nothing."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from portal.db import new_id
from portal.models.client import Client, Contact
from portal.models.deliverable import Upload
from portal.models.message import Attachment
from portal.models.milestone import Approval
from portal.models.payment import Payment, Proof
from portal.models.sitting import Key
from portal.web.installation import installation
from tests import forms, scale
from tests.access.table import rules
from tests.attacks import deeds, pages
from tests.attacks.contents import changes, contents
from tests.attacks.scene import Request, Scene, announcing, one_database
from tests.senders import Attacher, Sender
from tests.worlds import Entered, World

pytestmark = pytest.mark.scaled
# Everything on any page that is sent back and looks like an id or a hash; the tests below swap each of them.
SWAPPED = {"contact", "grant", "manifest", "kept_proof"}
# Random, signed and of this browser, or of no thing at all.
OF_NOBODY = {"csrf_token", "idempotency_key"}
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,64}|[\w-]{40,}(?:\.[\w-]+)*")
QUERY = re.compile(r"[?&](\w+)=(?:[0-9a-f]{8}-[0-9a-f-]{27})")


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene.of(world)


def rows(scene: Scene, model: Any) -> list[Any]:
    scene.world.session.rollback()
    return list(scene.world.session.scalars(select(model)))


def foreign_project(scene: Scene) -> Any:
    return scene.other.project(title="Far away")


def test_no_address_names_two_things(app: Flask) -> None:
    """So there is no parent that could be mixed with somebody else's child."""
    both = [rule for _, rule in rules(app) if rule.count("<") > 1 and not rule.startswith("/brand/")]
    assert both == []


@one_database
def test_these_are_all_the_ids_that_pages_send_back(scene: Scene) -> None:
    project, _, cleo = scene.delivered(flow="approve_then_invoice")
    scene.world.contact(scene.world.project(), name="Li Wei")
    deeds.reported(scene)
    found: set[str] = set()
    for browser in (scene.owner, scene.world.entered(cleo.code, scene.world.contact(scene.world.project()).code)):
        reached = pages.walk(browser, "/projects", f"/projects/{project.id}")
        for page in reached.pages.values():
            found |= {name for name, value in page.fields if ID.fullmatch(value)}
        found |= {name for address in reached.answers for name in QUERY.findall(address)}
    assert found - OF_NOBODY == SWAPPED - {"kept_proof"}  # which is there only after a refused form


@one_database
def test_leaving_takes_nobody_elses_key_away(scene: Scene) -> None:
    neighbour, theirs = scene.world.contact(scene.world.project()), scene.other.contact(foreign_project(scene))
    scene.world.entered(neighbour.code)
    scene.other.entered(theirs.code)
    cleo = scene.world.entered(*(scene.world.contact(scene.world.project()).code for _ in range(2)))
    before = held(scene)
    for grant in (theirs.grant_id, neighbour.grant_id, new_id()):
        assert cleo.post("/leave", {"grant": str(grant)}).status_code == 303
        assert held(scene) == before


def held(scene: Scene) -> set[UUID]:
    return {key.grant_id for key in rows(scene, Key)}


@one_database
def test_approving_somebody_elses_files_approves_nothing(scene: Scene) -> None:
    request = deeds.approve(scene)
    neighbour = scene.delivered(flow="approve_then_invoice", title="Next door")[1]
    far = scene.other.deliver(scene.other.milestone(foreign_project(scene)), ("far.txt", b"far away"))
    scene.world.session.refresh(neighbour)
    for manifest in (far.manifest_sha256, "0" * 64, ""):
        assert request.send(form={"manifest": manifest}).status_code in (409, 422), manifest
        assert rows(scene, Approval) == []
    assert request.send().status_code == 303


def proof_note(scene: Scene, request: Request) -> str:
    """The sealed note of a proof, from a form that is refused for its amount and so keeps the file."""
    picture = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(picture, "PNG")
    picture.seek(0)
    answer = request.send(form={"amount": "", "proof": (picture, "proof.png"), **deeds.scene_key(scene)})
    [note] = [value for name, value in pages.Page(answer.text).fields if name == "kept_proof" and value]
    return note


@one_database
def test_a_proof_kept_for_somebody_else_is_not_attached(scene: Scene) -> None:
    mine, neighbour = deeds.report(scene), deeds.report(scene)
    far = deeds.report(Scene(scene.other, scene.world, scene.stranger_owner, scene.owner))
    notes = [proof_note(scene, neighbour), proof_note(scene, far), ""]
    own = proof_note(scene, mine)
    notes[2] = own.swapcase()
    for note in notes:
        assert mine.send(form={"kept_proof": note, "duplicate_ok": "1", **deeds.scene_key(scene)}).status_code == 303
        assert rows(scene, Proof) == [], note
    # The control: one's own is.
    mine.send(form={"kept_proof": own, "duplicate_ok": "1", **deeds.scene_key(scene)})
    assert len(rows(scene, Proof)) == 1


@one_database
def test_no_upload_begins_in_somebody_elses_milestone(scene: Scene) -> None:
    far = scene.other.milestone(foreign_project(scene))
    answers = []
    for milestone_id in (far.id, new_id(), UUID(int=0)):
        request = Request(scene.owner, "POST", "/uploads", headers=announcing(milestone_id, "a.txt", 3), body=b"")
        answers.append(request.send())
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert rows(scene, Upload) == []


@one_database
def test_no_upload_begins_in_somebody_elses_conversation(scene: Scene) -> None:
    far = scene.other.milestone(foreign_project(scene))
    answers = []
    for thread_id in (far.id, far.project_id, new_id(), UUID(int=0)):
        headers = announcing(thread_id, "a.txt", 3, purpose="conversation")
        answers.append(Request(scene.owner, "POST", "/uploads", headers=headers, body=b"").send())
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert rows(scene, Upload) == []


@one_database
def test_a_message_takes_no_upload_of_anybody_else(scene: Scene) -> None:
    """Of the other studio, a colleague, another contact, a milestone, another conversation."""
    project, step = scene.step()
    far_step = scene.other.milestone(foreign_project(scene))
    cleo, dora = scene.world.contact(project), scene.world.contact(project, name="Dora Chen")
    theirs = [
        Attacher(scene.other, far_step).ready(),
        Attacher(scene.world, step, actor=scene.world.owner).ready(),
        Attacher(scene.world, step, actor=dora.actor).ready(),
        Attacher(scene.world, project, actor=cleo.actor).ready(),
        Sender(scene.world, step).upload("plan.txt", b"the plan").id,
        new_id(),
    ]
    mine, browser = Attacher(scene.world, step, actor=cleo.actor).ready(), scene.world.entered(cleo.code)
    address = f"/milestones/{step.id}/messages"

    def says(*uploads: UUID) -> int:
        form = {"body": "Mine", "client_key": scene.world.ticket().key, "upload": [str(each) for each in uploads]}
        return int(browser.post(address, form).status_code)

    assert {says(each) for each in theirs} | {says(mine, each) for each in theirs} == {422}
    assert rows(scene, Attachment) == []
    # The control: one's own is taken.
    assert says(mine) == 303
    assert [file.id for file in rows(scene, Attachment)] == [mine]


@one_database
def test_the_invitation_is_not_filled_in_with_somebody_elses_person(scene: Scene) -> None:
    project, _ = scene.step()
    far = scene.other.contact(foreign_project(scene), name="Otto Other")
    theirs = scene.other.session.scalars(select(Contact.id).where(Contact.name == "Otto Other")).one()
    asked = [f"/projects/{project.id}/contacts?contact={contact}" for contact in (theirs, new_id(), far.grant_id)]
    shown = [calm(scene.owner.get(address).text) for address in asked]
    assert shown[0] == shown[1] == shown[2]
    assert "Otto" not in shown[0]


def calm(page: str) -> str:
    """Without what differs with each answer, and the address that was asked for."""
    return re.sub(r'contact=[0-9a-f-]+|(csrf_token|idempotency_key)("[^>]*value=")[^"]+|X-CSRFToken": "[^"]+', "", page)


@one_database
@pytest.mark.parametrize("deed", [deeds.report, deeds.confirm, deeds.reject, deeds.issue, deeds.create_project])
def test_a_key_somebody_else_used_answers_nothing_of_theirs(scene: Scene, deed: deeds.Deed) -> None:
    theirs = deed(Scene(scene.other, scene.world, scene.stranger_owner, scene.owner))
    assert theirs.send().status_code in (201, 303)
    mine, engine = deed(scene), installation(scene.world.app).engine
    before = contents(engine)
    answer = mine.send(form={"idempotency_key": theirs.form["idempotency_key"]})
    assert answer.status_code in (201, 303)
    written = changes(before, contents(engine))
    told = {row["vendor_id"] for _, new in written.values() for row in new if "vendor_id" in row}
    assert told <= {scene.world.owner.vendor_id.hex}
    assert written["entries"][1]


@one_database
def test_equal_names_and_addresses_join_nobody_across_the_wall(scene: Scene) -> None:
    """A client or person called the same at both studios is two."""
    for browser in (scene.stranger_owner, scene.owner):
        assert browser.post("/projects", forms.by_amount("1500") | deeds.scene_key(scene)).status_code == 303
    for scenes in (Scene(scene.other, scene.world, scene.stranger_owner, scene.owner), scene):
        assert deeds.issue(scenes).send().status_code == 201
    assert sorted(len({row.vendor_id for row in rows(scene, model)}) for model in (Client, Contact)) == [2, 2]
    assert {payment.vendor_id for payment in rows(scene, Payment)} == set()
    scale.figure("B3", "ids in forms, queries and headers", fields=9, swapped=3 * 9)


def test_the_other_side_is_really_there(scene: Scene) -> None:
    """A control: what the tests above call somebody else's does open for them."""
    theirs: Entered = scene.other.contact(foreign_project(scene))
    assert scene.other.entered(theirs.code).get("/projects").status_code == 200
