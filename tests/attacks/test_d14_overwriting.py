"""What the client saw stays what it was (reliability.md D14): no way in leads over a file that was delivered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone
from portal.rules.errors import DomainError
from portal.services import deliverables
from tests import scale
from tests.attacks.scene import TUS, Request, Scene, announcing
from tests.worlds import World

pytestmark = pytest.mark.scaled
FIRST, OTHER = b"the plan as delivered", b"another plan entirely"
BYTES = TUS | {"Content-Type": "application/offset+octet-stream"}


def sent_again(scene: Scene, _step: Milestone, file: Deliverable) -> int:
    """More bytes to the upload that made the file, from its first byte on."""
    return patch(scene, f"/uploads/{file.upload_id}", 0, OTHER)


def sent_on(scene: Scene, _step: Milestone, file: Deliverable) -> int:
    """More bytes behind its last."""
    return patch(scene, f"/uploads/{file.upload_id}", len(FIRST), OTHER)


def uploaded_under_its_name(scene: Scene, step: Milestone, file: Deliverable) -> int:
    """A new file of the same name."""
    headers = announcing(step.id, file.name, len(OTHER))
    return int(Request(scene.owner, "POST", "/uploads", headers=headers, body=b"").send().status_code)


def taken_back(scene: Scene, _step: Milestone, file: Deliverable) -> int:
    """Removed, to make room for another."""
    posted = Request(scene.owner, "POST", f"/deliverables/{file.id}/removal").send().status_code
    deleted = Request(scene.owner, "DELETE", f"/deliverables/{file.id}").send().status_code
    assert posted == deleted
    return int(deleted)


def kept_again(scene: Scene, step: Milestone, file: Deliverable) -> int:
    """By the verb itself, as a program on the server would."""
    digest = hashlib.sha256(OTHER).hexdigest()
    with pytest.raises(DomainError):
        deliverables.keep(
            scene.world.session, actor=scene.world.owner, milestone=step, name=file.name, content=OTHER, sha256=digest
        )
    return 409


ROUTES: dict[Callable[[Scene, Milestone, Deliverable], int], tuple[int, ...]] = {
    sent_again: (409, 410),
    sent_on: (409, 410, 413),
    uploaded_under_its_name: (409,),
    taken_back: (409,),
    kept_again: (409,),
}


def patch(scene: Scene, address: str, offset: int, body: bytes) -> int:
    headers = BYTES | {"Upload-Offset": str(offset)}
    return int(Request(scene.owner, "PATCH", address, headers=headers, body=body).send().status_code)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.__name__)
def test_a_delivered_file_is_never_another_one(
    world: World, route: Callable[[Scene, Milestone, Deliverable], int]
) -> None:
    scene = Scene.of(world)
    step, cleo, file = delivered(scene)
    assert route(scene, step, file) in ROUTES[route]
    world.session.rollback()
    assert [row.sha256 for row in world.session.scalars(select(Deliverable))] == [hashlib.sha256(FIRST).hexdigest()]
    world.pay(step, cleo)
    answer = world.entered(cleo.code).client.get(f"/deliverables/{file.id}/file", buffered=True)
    assert (answer.status_code, answer.data) == (200, FIRST)
    scale.figure("D14", f"a delivered file, {route.__name__.replace('_', ' ')}", changed=0)


def delivered(scene: Scene) -> tuple[Milestone, Any, Deliverable]:
    """Uploaded the way people do it, and presented."""
    project, step = scene.step()
    assert patch(scene, scene.reserve(step, len(FIRST)), 0, FIRST) == 204
    scene.world.session.rollback()
    step = scene.world.deliver(scene.world.milestone(project), note="Here it is.")
    [file] = scene.world.session.scalars(select(Deliverable)).all()
    assert isinstance(file.upload_id, UUID)
    assert file.submission_id is not None
    return step, scene.world.contact(project), file
