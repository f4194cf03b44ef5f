"""No act without its entry, no entry without an act (reliability.md H1)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.models.entry import Entry
from tests import scale
from tests.attacks.deeds import DEEDS
from tests.attacks.scene import Request, Scene, one_database
from tests.worlds import World

pytestmark = pytest.mark.scaled
# Not about a project: who comes and goes, the studio's own settings, and forms that are only edited.
NO_PROJECT = {
    ("POST", address)
    for address in (
        "/enter", "/login", "/locale", "/leave", "/logout", "/projects/rows", "/settings/studio", "/settings/payment",
        "/settings/members", "/settings/members/<uuid>/role", "/settings/members/<uuid>/removal",
        "/settings/account/password", "/settings/account/sittings", "/settings/account/zone", "/settings/notices",
        "/notices", "/notices/<token>", "/notices/<token>/unsubscription", "/calendar", "/calendar/revocation",
        "/settings/webhooks", "/settings/webhooks/<uuid>", "/settings/webhooks/<uuid>/secret",
        "/settings/webhooks/<uuid>/test", "/settings/webhooks/<uuid>/pause", "/settings/webhooks/<uuid>/resumption",
        "/settings/webhooks/<uuid>/removal", "/settings/deliveries/<uuid>/repeat",
    )
}  # fmt: skip
# About a project, but nothing of it has changed yet: a form that is edited, bytes that are no file, an update that
# nobody outside the studio has seen.
NOTHING_HAPPENED = {
    ("POST", "/projects/<uuid>/rows"), ("POST", "/uploads"), ("DELETE", "/uploads/<uuid>"),
    ("POST", "/projects/<uuid>/rhythm"), ("POST", "/projects/<uuid>/updates"), ("POST", "/updates/<uuid>/text"),
    ("POST", "/projects/<uuid>/messages/reading"), ("POST", "/milestones/<uuid>/messages/reading"),
    ("POST", "/updates/<uuid>/dismissal"), ("POST", "/settings/mail/<uuid>/attempts"),
}  # fmt: skip
# These need no form: sent empty, they are done.
NEEDS_NO_FORM = {
    ("POST", "/projects/<uuid>/start"),
    ("POST", "/projects/<uuid>/client"),
    ("POST", "/grants/<uuid>/revocation"),
    ("POST", "/deliverables/<uuid>/removal"),
    ("POST", "/milestones/<uuid>/submission"),
    ("POST", "/messages/<uuid>/deletion"),
}
TELLING = set(DEEDS) - NO_PROJECT - NOTHING_HAPPENED


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene.of(world)


def entries(scene: Scene) -> list[Entry]:
    """All of the installation's, the oldest first."""
    scene.world.session.rollback()
    return list(scene.world.session.scalars(select(Entry).order_by(Entry.at, Entry.seq)))


def failing(scene: Scene, case: tuple[str, str], request: Request) -> list[Request]:
    """The same act by somebody it does not exist for, and with nothing filled in."""
    foreign = [replace(request, browser=scene.stranger_owner)] if case != ("POST", "/projects") else []
    empty = [replace(request, form={})] if request.form and case not in NEEDS_NO_FORM else []
    return foreign + empty


@one_database
def test_what_is_refused_or_repeated_leaves_no_entry_and_what_is_done_leaves_one(scene: Scene) -> None:
    wrong, refused = [], 0
    for case in sorted(TELLING):
        request = DEEDS[case](scene)
        before = len(entries(scene))
        for attempt in failing(scene, case, request):
            refused += 1
            if attempt.send().status_code < 400 or len(entries(scene)) != before:
                wrong.append(f"{case}: refused, and yet recorded")
        if request.send().status_code >= 400 or not tells(entries(scene)[before:], request):
            wrong.append(f"{case}: done, and not recorded")
        after = len(entries(scene))
        request.send()
        if len(entries(scene)) != after:
            wrong.append(f"{case}: recorded twice")
    assert wrong == []
    scale.figure("H1", "acts and their entries", rules=len(TELLING), done=len(TELLING), refused=refused)


def tells(new: list[Entry], request: Request) -> bool:
    """Whether each new entry says who did what, and at least one is there, all of the request's own project."""
    told = [{"by", "kind", "at"} <= set(json.loads(entry.body)) for entry in new]
    own = {entry.project_id for entry in new}
    return bool(new) and all(told) and (request.project_id is None or own == {request.project_id})


@one_database
def test_what_concerns_no_project_leaves_no_entry(scene: Scene) -> None:
    wrong = []
    for case in sorted(NO_PROJECT | NOTHING_HAPPENED):
        request = DEEDS[case](scene)
        before = len(entries(scene))
        answer = request.send()
        if answer.status_code >= 400 or len(entries(scene)) != before:
            wrong.append(f"{case} → {answer.status_code}")
    assert wrong == []
