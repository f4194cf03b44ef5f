"""The client as papers name it: changed on a page, said by receipts from then on."""

from __future__ import annotations

from sqlalchemy import select

from portal.models.client import Client
from portal.models.entry import Entry
from portal.rules.roles import Role
from tests.papers import text_of
from tests.worlds import World

LETTERHEAD = {"address": "Obstweg 3\r\n10115 Berlin", "tax_id": " DE 811  907 980 "}


def kinds(world: World, project) -> list[str]:
    world.session.rollback()
    return list(world.session.scalars(select(Entry.kind).where(Entry.project_id == project.id).order_by(Entry.seq)))


def test_receipts_say_it_from_then_on_and_earlier_ones_stay(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    before = world.pay(world.deliver(world.milestone(project), note="Workshop held."), cleo)
    browser = world.browser(world.owner)
    old = browser.get(f"/receipts/{before}").text
    answer = browser.post(f"/projects/{project.id}/client", LETTERHEAD)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/projects/{project.id}/contacts")
    assert "Obstweg 3\n10115 Berlin" in browser.get(f"/projects/{project.id}/contacts").text
    after = world.pay(world.deliver(world.milestone(project, 2), note="Site built."), cleo)
    paper = text_of(browser.get(f"/receipts/{after}.pdf").data)
    assert [word for word in ("Obstweg 3", "10115 Berlin", "DE 811") if word not in paper] == []
    assert "Obstweg" not in old + browser.get(f"/receipts/{before}").text
    assert kinds(world, project).count("client.described") == 1


def test_the_record_says_that_it_changed_and_not_what_it_says(world: World) -> None:
    project = world.project()
    browser = world.browser(world.owner)
    browser.post(f"/projects/{project.id}/client", LETTERHEAD)
    assert "changed what papers say about the client" in browser.get(f"/projects/{project.id}/record").text
    assert "Obstweg" not in browser.get(f"/projects/{project.id}/record.jsonl").text


def test_the_same_again_changes_nothing_and_writes_nothing(world: World) -> None:
    project = world.draft()
    browser = world.browser(world.owner)
    for _again in range(2):
        assert browser.post(f"/projects/{project.id}/client", LETTERHEAD).status_code == 303
    assert kinds(world, project).count("client.described") == 1


def test_what_is_too_long_is_said_beside_its_field_and_nothing_typed_is_lost(world: World) -> None:
    project = world.draft()
    browser = world.browser(world.owner)
    answer = browser.post(f"/projects/{project.id}/client", LETTERHEAD | {"tax_id": "9" * 61})
    assert answer.status_code == 422
    assert "Shorten this to at most 60 characters." in answer.text
    assert "9" * 61 in answer.text
    assert "Obstweg 3" in answer.text
    assert world.session.scalars(select(Client.address)).all() == [""]


def test_a_member_without_the_lead_sees_it_and_cannot_change_it(world: World) -> None:
    project = world.draft()
    browser = world.browser(world.member(Role.MEMBER))
    assert f"/projects/{project.id}/client" not in browser.get(f"/projects/{project.id}/contacts").text
    assert browser.post(f"/projects/{project.id}/client", LETTERHEAD).status_code == 403
