"""The access matrix: every rule × method × everybody × own, foreign and missing ids.

TABLE says, for each address, who may use it on their own project ("may"), who sees the thing but may not do this
("sees", 403); for everybody else it does not exist (404). Addresses without an object have no foreign or missing.
A rule that is not in the table fails the test: nobody adds an address without deciding who it is for.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from portal.db import new_id
from portal.models.deliverable import Deliverable
from portal.models.payment import Payment
from portal.rules.roles import Role
from tests.access.people import EVERYBODY, INSIDERS, OUTSIDERS, STRANGERS, People, gather, second_studio
from tests.worlds import Browser, World

LEADS = ("owner", "manager")
MEMBERS = ("owner", "manager", "member")
CONTACTS = ("full", "viewer", "payer")
PARTIES = MEMBERS + CONTACTS
ANY_MEMBER = (*MEMBERS, "other owner", "other manager", "other member")
ANY_CONTACT = (*CONTACTS, "neighbour", "other contact")


@dataclass(frozen=True)
class Door:
    """One method of one address. `home` is where a stranger is sent."""

    may: tuple[str, ...]
    sees: tuple[str, ...] = ()
    home: str = "/enter"


def open_to_all() -> Door:
    return Door(may=EVERYBODY)


def members_of_any(*, home: str = "/login") -> Door:
    return Door(may=ANY_MEMBER, home=home)


# Addresses about nobody's thing in particular.
PLAIN = {
    ("GET", "/"): open_to_all(),
    ("GET", "/brand/<uuid:vendor_id>-<int:version>.css"): open_to_all(),
    ("GET", "/brand/<uuid:vendor_id>-<int:version>/logo"): open_to_all(),
    ("GET", "/enter"): open_to_all(),
    ("POST", "/enter"): open_to_all(),
    ("GET", "/healthz"): open_to_all(),
    ("GET", "/readyz"): open_to_all(),
    ("POST", "/locale"): open_to_all(),
    ("GET", "/login"): open_to_all(),
    ("POST", "/login"): open_to_all(),
    ("GET", "/setup"): Door(may=()),
    ("POST", "/setup"): Door(may=()),
    ("GET", "/static/<path:filename>"): open_to_all(),
    ("GET", "/projects"): Door(may=ANY_MEMBER + ANY_CONTACT),
    ("GET", "/projects/new"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("POST", "/projects"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("POST", "/projects/rows"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("POST", "/leave"): Door(may=ANY_CONTACT),
    ("POST", "/logout"): members_of_any(),
    ("OPTIONS", "/uploads"): open_to_all(),
    ("POST", "/uploads"): Door(may=ANY_MEMBER, home=""),
    ("GET", "/settings"): members_of_any(),
    ("GET", "/settings/studio"): members_of_any(),
    ("GET", "/settings/account/password"): members_of_any(),
    ("GET", "/settings/account/zone"): members_of_any(),
    ("POST", "/settings/studio"): Door(
        may=("owner", "manager", "other owner", "other manager"), sees=("member", "other member"), home="/login"
    ),
    ("GET", "/settings/payment"): members_of_any(),
    ("POST", "/settings/payment"): Door(
        may=("owner", "other owner"), sees=("manager", "member", "other manager", "other member"), home="/login"
    ),
    ("GET", "/settings/members"): members_of_any(),
    ("POST", "/settings/members"): Door(
        may=("owner", "other owner"), sees=("manager", "member", "other manager", "other member"), home="/login"
    ),
    ("GET", "/settings/account"): members_of_any(),
    ("POST", "/settings/account/password"): members_of_any(),
    ("POST", "/settings/account/sittings"): members_of_any(),
    ("POST", "/settings/account/zone"): members_of_any(),
}

# Addresses about one thing of one vendor.
THINGS = {
    ("GET", "/projects/<uuid>"): Door(may=PARTIES),
    ("GET", "/projects/<uuid>/edit"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/projects/<uuid>/terms"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/projects/<uuid>/rows"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/projects/<uuid>/start"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/projects/<uuid>/client"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/projects/<uuid>/client"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/projects/<uuid>/contacts"): Door(may=MEMBERS, home="/login"),
    ("POST", "/projects/<uuid>/grants"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/grants/<uuid>/rotation"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/grants/<uuid>/revocation"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/projects/<uuid>/record"): Door(may=PARTIES),
    ("GET", "/projects/<uuid>/record.jsonl"): Door(may=(*MEMBERS, "full", "payer"), sees=("viewer",)),
    ("GET", "/milestones/<uuid>"): Door(may=PARTIES),
    ("GET", "/milestones/<uuid>/files"): Door(may=PARTIES),
    ("POST", "/milestones/<uuid>/submission"): Door(may=MEMBERS, home="/login"),
    ("POST", "/milestones/<uuid>/release"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/milestones/<uuid>/approval"): Door(may=("full",), sees=("viewer", "payer")),
    ("POST", "/milestones/<uuid>/payments"): Door(may=("full", "payer"), sees=("viewer",)),
    ("GET", "/milestones/<uuid>/archive.zip"): Door(may=(*MEMBERS, "full", "viewer"), sees=("payer",)),
    ("GET", "/milestones/<uuid>/manifest.txt"): Door(may=PARTIES),
    ("GET", "/deliverables/<uuid>/file"): Door(may=(*MEMBERS, "full", "viewer"), sees=("payer",)),
    ("DELETE", "/deliverables/<uuid>"): Door(may=MEMBERS, home="/login"),
    ("POST", "/deliverables/<uuid>/removal"): Door(may=MEMBERS, home="/login"),
    ("POST", "/payments/<uuid>/confirmation"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/payments/<uuid>/rejection"): Door(may=LEADS, sees=("member",), home="/login"),
    ("POST", "/payments/<uuid>/reversal"): Door(may=LEADS, sees=("member",), home="/login"),
    ("GET", "/payments/<uuid>/proof"): Door(may=(*MEMBERS, "full", "payer"), sees=("viewer",)),
    ("GET", "/receipts/<uuid>"): Door(may=(*MEMBERS, "full", "payer"), sees=("viewer",)),
    ("GET", "/receipts/<uuid>.pdf"): Door(may=(*MEMBERS, "full", "payer"), sees=("viewer",)),
    ("OPTIONS", "/uploads/<uuid>"): open_to_all(),
    ("HEAD", "/uploads/<uuid>"): Door(may=MEMBERS, home=""),
    ("PATCH", "/uploads/<uuid>"): Door(may=MEMBERS, home=""),
    ("DELETE", "/uploads/<uuid>"): Door(may=MEMBERS, home=""),
    ("POST", "/settings/members/<uuid>/role"): Door(may=("owner",), sees=("manager", "member"), home="/login"),
    ("POST", "/settings/members/<uuid>/removal"): Door(may=("owner",), sees=("manager", "member"), home="/login"),
}
TABLE = PLAIN | THINGS


@dataclass
class Stage:
    """One installation with two studios, and the ids of things on both sides."""

    world: World
    people: People
    own: dict[str, UUID]
    foreign: dict[str, UUID]


def set_up(app: Flask, session: Session) -> Stage:
    """A paid and delivered milestone, a reported payment, an open upload, in both studios."""
    world, other = World.founded(app, session), second_studio(app, session)
    project, neighbour = world.project(), world.project(title="Next door")
    foreign = other.project(title="Far away")
    people = gather(world, other, project, neighbour, foreign)
    own = things(world, project, people.full)
    theirs = things(other, foreign, other.contact(foreign, name="Ola Paid"))
    return Stage(world, people, own, theirs)


def things(world: World, project, entered) -> dict[str, UUID]:
    """Ids by the first word of the addresses they stand in."""
    session, step = world.session, world.milestone(project)
    world.deliver(step, ("plan.txt", b"the plan"))
    receipt = world.confirm(world.report(step, entered, proof=world.keep_proof()))
    second = world.milestone(project, 2)
    spare = world.member(Role.MEMBER, "Sam Spare")
    return {
        "projects": project.id,
        "milestones": step.id,
        "second": second.id,
        "payments": session.scalars(select(Payment.id).where(Payment.project_id == project.id)).one(),
        "receipts": receipt,
        "deliverables": session.scalars(select(Deliverable.id).where(Deliverable.project_id == project.id)).one(),
        "grants": world.contact(project, name="Gil Spare").grant_id,
        "uploads": reserve(world, second.id),
        "settings": spare.member_id,
    }


def renewed(stage: Stage) -> UUID:
    """An upload that is there again, the one before it given up: there is room for five."""
    ask(stage.people["owner"], "DELETE", fill("/uploads/<uuid>", stage.own))
    return reserve(stage.world, stage.own["second"])


def reserve(world: World, milestone_id: UUID) -> UUID:
    """An upload under way in a milestone that is open."""
    browser = world.browser(world.owner)
    name, place = (base64.b64encode(text.encode()).decode() for text in ("film.mov", str(milestone_id)))
    headers = {"Upload-Length": "1000", "Upload-Metadata": f"filename {name},milestone {place}"}
    answer = browser.client.post(
        "/uploads", headers=headers | {"Tus-Resumable": "1.0.0", "X-CSRFToken": browser.csrf()}
    )
    assert answer.status_code == 201, answer.text
    return UUID(answer.headers["Location"].rsplit("/", 1)[1])


def rules(app: Flask) -> Iterator[tuple[str, str]]:
    """Every (method, address) the application answers; HEAD stands for itself only where GET does not."""
    for rule in app.url_map.iter_rules():
        for method in sorted(methods(rule)):
            yield method, shape(rule)


def methods(rule: Rule) -> set[str]:
    taken = set(rule.methods or ())
    return taken - {"OPTIONS"} - ({"HEAD"} if "GET" in taken else set()) if "uploads" not in rule.rule else taken


def shape(rule: Rule) -> str:
    """The address with the names of its ids left out, but for the brand's."""
    return rule.rule if rule.rule.startswith("/brand") else re.sub(r"<uuid:\w+>", "<uuid>", rule.rule)


def test_every_address_is_in_the_table_and_the_table_has_no_others(app: Flask) -> None:
    assert set(rules(app)) == set(TABLE)


def ask(browser: Browser, method: str, address: str):
    """One request with a valid CSRF token and an empty form."""
    if method == "POST" and not address.startswith("/uploads"):
        return browser.post(address)
    headers = {"X-CSRFToken": browser.csrf(), "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    kind = "application/offset+octet-stream" if method == "PATCH" else None
    return browser.client.open(address, method=method, buffered=True, headers=headers, content_type=kind)


def expected(door: Door, name: str, method: str) -> str:
    """What the table promises to one person at their own thing."""
    if name in door.may:
        return "in"
    if name in door.sees:
        return "403"
    if name in STRANGERS:
        return "home" if door.home else "401"
    return "404"


def outcome(answer, door: Door) -> str:
    """What happened, in the words of `expected`."""
    if answer.status_code in (401, 403, 404):
        return str(answer.status_code)
    if answer.status_code == 303 and answer.headers["Location"] in ("/login", "/enter"):
        return "home" if answer.headers["Location"] == door.home else f"sent to {answer.headers['Location']}"
    return "in" if answer.status_code < 500 else str(answer.status_code)


@pytest.fixture
def stage(app: Flask, session: Session) -> Stage:
    return set_up(app, session)


LEAVING = ("/leave", "/logout", "/enter", "/login", "/")


def test_own_things_open_for_those_who_may_and_for_nobody_else(stage: Stage) -> None:
    wrong = []
    for (method, address), door in THINGS.items():
        for name in EVERYBODY:
            # What one person took away must be there again for the next.
            if (method, address) == ("DELETE", "/uploads/<uuid>"):
                stage.own["uploads"] = renewed(stage)
            path = fill(address, stage.own)
            got, want = outcome(ask(stage.people[name], method, path), door), expected(door, name, method)
            if got != want:
                wrong.append(f"{name}: {method} {address} → {got}, expected {want}")
    assert wrong == []


def test_addresses_without_a_thing_open_for_those_who_may_and_for_nobody_else(stage: Stage) -> None:
    wrong = []
    for (method, address), door in PLAIN.items():
        if address in LEAVING or address.startswith(("/brand", "/static", "/setup")):
            continue
        for name in EVERYBODY:
            got, want = outcome(ask(stage.people[name], method, address), door), expected(door, name, method)
            if got != want:
                wrong.append(f"{name}: {method} {address} → {got}, expected {want}")
    assert wrong == []


def test_foreign_and_missing_things_look_the_same_byte_for_byte(stage: Stage) -> None:
    wrong = []
    for method, address in THINGS:
        for name in INSIDERS + OUTSIDERS:
            ids = stage.own if name in OUTSIDERS else stage.foreign
            foreign = ask(stage.people[name], method, fill(address, ids))
            missing = ask(stage.people[name], method, fill(address, {word: new_id() for word in ids}))
            if plain(foreign) != plain(missing) or (method, foreign.status_code) not in unseen(method, address):
                wrong.append(f"{name}: {method} {address} → {foreign.status_code} and {missing.status_code}")
    assert wrong == []


def unseen(method: str, address: str) -> set[tuple[str, int]]:
    """404; but tus says what it speaks to anyone who asks."""
    return {(method, 404)} if method != "OPTIONS" else {(method, 204), (method, 200)}


def plain(answer) -> tuple[int, bytes, list[tuple[str, str]]]:
    """An answer without what may differ: the CSRF token (it carries its time) and the cookie that holds it."""
    body = re.sub(rb'(csrf_token" value="|X-CSRFToken": ")[^"]+', b"", answer.data)
    headers = sorted((name, value) for name, value in answer.headers if name not in ("Set-Cookie", "Date"))
    return answer.status_code, body, headers


def fill(address: str, ids: dict[str, UUID]) -> str:
    word = address.split("/")[1]
    return address.replace("<uuid>", str(ids[word]))
