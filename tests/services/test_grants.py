"""Access codes: issued per contact, shown once, rotated, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from portal.adapters import clock, outside
from portal.models.client import Contact, Grant
from portal.models.entry import Entry
from portal.rules import codes
from portal.rules.errors import AlreadyDone, Conflict, Forbidden, Invalid, InvalidForm, NotFound
from portal.rules.roles import Role, Scope
from portal.services import grants, milestones
from portal.services.answers import Ticket
from portal.services.grants import AFTER_PROJECT_END, Invitation, Shown
from portal.services.milestones import SignOff
from tests.worlds import World

USUAL = frozenset({Scope.VIEW, Scope.PAY})
CLEO = Invitation("Cleo Chen", "cleo@cherry.example", USUAL)


def issue(world: World, project, invitation: Invitation = CLEO, ticket: Ticket | None = None) -> grants.Issued:
    return grants.issue(world.session, actor=world.owner, project=project, invitation=invitation, ticket=ticket)


def grant_of(world: World, issued: grants.Issued) -> Grant:
    return world.session.get_one(Grant, issued.grant_id)


def kinds(world: World) -> list[str]:
    return list(world.session.scalars(select(Entry.kind).where(Entry.kind.like("grant.%")).order_by(Entry.seq)))


def count(world: World, model) -> int:
    return world.session.scalar(select(func.count()).select_from(model))


def test_the_code_is_returned_once_and_kept_as_a_digest(world: World) -> None:
    issued = issue(world, world.project())
    assert codes.normalise(issued.code) == issued.code
    grant = grant_of(world, issued)
    assert grant.code_digest == codes.digest(issued.code, outside.of(world.session).keys.codes)
    assert grant.scopes == USUAL
    assert kinds(world) == ["grant.issued"]


def test_the_record_names_references_and_neither_code_nor_person(world: World) -> None:
    issued = issue(world, world.project())
    body = world.session.scalar(select(Entry.body).where(Entry.kind == "grant.issued"))
    assert str(issued.grant_id) in body
    assert not any(secret in body for secret in (issued.code, "Cleo", "cherry.example"))


def test_without_a_date_access_lasts_until_90_days_after_the_last_due_date(world: World) -> None:
    project = world.project()
    last = world.milestone(project, 3).due_on
    expires_at = grant_of(world, issue(world, project)).expires_at
    end = datetime.combine(last + AFTER_PROJECT_END + timedelta(days=1), datetime.min.time(), UTC)
    assert timedelta(0) < end - expires_at <= timedelta(hours=2)  # 24:00 in Berlin


def test_a_project_that_runs_late_locks_nobody_out(world: World) -> None:
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        project = world.project()
    assert grant_of(world, issue(world, project)).expires_at > clock.now() + AFTER_PROJECT_END - timedelta(days=1)


def test_every_mistake_in_an_invitation_is_told_at_once(world: World) -> None:
    yesterday = clock.today("Europe/Berlin") - timedelta(days=1)
    wrong = Invitation(" ", "no address", frozenset(), yesterday, "tlh", "Mars/Olympus")
    with pytest.raises(InvalidForm) as refusal:
        issue(world, world.project(), wrong)
    assert [error.field for error in refusal.value.errors] == [
        "name", "email", "scopes", "expires_on", "locale", "time_zone",
    ]  # fmt: skip
    assert count(world, Grant) == 0


def test_a_code_valid_until_today_is_valid_today(world: World) -> None:
    today = clock.today("Europe/Berlin")
    issued = issue(world, world.project(), Invitation("Cleo", "", USUAL, expires_on=today))
    assert grant_of(world, issued).live(clock.now())


def test_the_person_the_project_was_agreed_with_is_found_again_and_given_the_missing_address(world: World) -> None:
    project = world.project(contact_name="Cleo Chen", contact_email="")
    issued = issue(world, project)
    assert grant_of(world, issued).contact_id == project.contact_id
    assert world.session.get_one(Contact, project.contact_id).email == "cleo@cherry.example"
    assert count(world, Contact) == 1


def test_another_person_of_the_same_client_becomes_a_contact_of_their_own(world: World) -> None:
    project = world.project()
    issued = issue(world, project, Invitation("Li Wei", "li@cherry.example", USUAL, None, "zh_Hans", "Asia/Shanghai"))
    contact = world.session.get_one(Contact, grant_of(world, issued).contact_id)
    assert (contact.name, contact.locale, contact.time_zone) == ("Li Wei", "zh_Hans", "Asia/Shanghai")
    assert contact.client_id == project.client_id


def test_a_known_person_keeps_their_language_unless_another_is_named(world: World) -> None:
    project = world.project(locale="zh_Hans")
    contact = world.session.get_one(Contact, project.contact_id)
    contact_id = contact.id
    issue(world, project, Invitation(contact.name, contact.email, USUAL))
    assert world.session.get_one(Contact, contact_id).locale == "zh_Hans"
    issue(world, project, Invitation(contact.name, contact.email, USUAL, locale="en"))
    assert world.session.get_one(Contact, contact_id).locale == "en"


def test_the_same_form_again_makes_no_second_code_and_shows_none(world: World) -> None:
    project, ticket = world.project(), Ticket("abcdefgh12", "one")
    issue(world, project, ticket=ticket)
    with pytest.raises(Shown):
        issue(world, project, ticket=ticket)
    with pytest.raises(Invalid) as refusal:
        issue(world, project, ticket=Ticket("abcdefgh12", "two"))
    assert refusal.value.code == "key_reused"
    assert (count(world, Grant), kinds(world)) == (1, ["grant.issued"])


def test_a_new_code_kills_the_old_one_and_a_repeat_changes_nothing(world: World) -> None:
    issued, ticket = issue(world, world.project()), Ticket("abcdefgh34", "")
    before = grant_of(world, issued).code_digest
    again = grants.rotate(world.session, actor=world.owner, grant=grant_of(world, issued), ticket=ticket)
    after = grant_of(world, issued).code_digest
    assert again.code != issued.code
    assert after not in (before, codes.digest(issued.code, outside.of(world.session).keys.codes))
    with pytest.raises(Shown):
        grants.rotate(world.session, actor=world.owner, grant=grant_of(world, issued), ticket=ticket)
    assert grant_of(world, issued).code_digest == after
    assert kinds(world) == ["grant.issued", "grant.rotated"]


def test_what_has_ended_is_not_rotated_back_to_life(world: World) -> None:
    project = world.project()
    revoked, expired = issue(world, project), issue(world, project)
    grants.revoke(world.session, actor=world.owner, grant=grant_of(world, revoked))
    with pytest.raises(Conflict):
        grants.rotate(world.session, actor=world.owner, grant=grant_of(world, revoked))
    with time_machine.travel(grant_of(world, expired).expires_at, tick=False), pytest.raises(Conflict):
        grants.rotate(world.session, actor=world.owner, grant=grant_of(world, expired))


def test_revoking_twice_is_a_no_op_that_says_so(world: World) -> None:
    issued = issue(world, world.project())
    grants.revoke(world.session, actor=world.owner, grant=grant_of(world, issued))
    with pytest.raises(AlreadyDone):
        grants.revoke(world.session, actor=world.owner, grant=grant_of(world, issued))
    assert kinds(world) == ["grant.issued", "grant.revoked"]


def test_only_owners_and_managers_of_the_vendor_deal_in_codes(world: World) -> None:
    project = world.project()
    cleo, plain = world.contact(project), world.member(Role.MEMBER)
    stranger = World.founded(world.app, world.session, name="Studio Nord").owner
    grant = world.session.get_one(Grant, cleo.grant_id)
    for actor in (plain, stranger, cleo.actor):
        with pytest.raises(Forbidden):
            grants.issue(world.session, actor=actor, project=project, invitation=CLEO)
        with pytest.raises(Forbidden):
            grants.rotate(world.session, actor=actor, grant=grant)
        with pytest.raises(Forbidden):
            grants.revoke(world.session, actor=actor, grant=grant)
    grants.revoke(world.session, actor=world.member(Role.MANAGER), grant=grant)


def test_a_code_revoked_after_the_page_was_read_acts_no_more(world: World) -> None:
    """The web layer let the request in a moment before; the verb looks again, under the lock."""
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Workshop held.")
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, cleo.grant_id))
    with pytest.raises(NotFound):
        world.report(step, cleo)
    sign_off = SignOff(step.manifest_sha256 or "", "Cleo Chen", "I accept.")
    with pytest.raises(NotFound):
        milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off)
