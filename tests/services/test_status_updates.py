"""Status updates from draft to record: edited, sent once, frozen, told to everybody, or skipped."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.access.actor import SystemActor
from portal.access.doors import get_grant
from portal.adapters import clock
from portal.models.entry import Entry
from portal.models.outbox import Notice
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft, StatusUpdate
from portal.rules import replay
from portal.rules.errors import AlreadyDone, Conflict, Forbidden, InvalidForm
from portal.rules.rhythm import Choice, Rhythm
from portal.rules.roles import Role, Scope
from portal.rules.status_updates import Section
from portal.services import grants, status_drafts, status_plans, status_updates, verification
from portal.services.status_updates import Edited
from tests.races import together
from tests.tampering import tampering
from tests.worlds import World

TEXT = {
    Section.DONE: "We drew the logo.\n\n  And the letters. ", Section.NEXT: "The website.", Section.WAITING: "",
    Section.RISKS: "", Section.MONEY: "Half is paid.",
}  # fmt: skip


def drafted(world: World, project: Project | None = None) -> StatusDraft:
    return status_drafts.draft_now(world.session, actor=world.owner, project=project or world.project())


def edited(draft: StatusDraft, **changes: str) -> Edited:
    return Edited(TEXT | {Section(name): text for name, text in changes.items()}, draft.version)


def sent(world: World, draft: StatusDraft, text: Edited | None = None) -> StatusUpdate:
    return status_updates.send(world.session, actor=world.owner, draft=draft, edited=text)


def rows(world: World, model: type) -> list:
    world.session.rollback()
    return list(world.session.scalars(select(model).order_by(model.id)))


def test_what_was_written_is_frozen_with_its_hashes_and_the_record_holds_them(world: World):
    draft = drafted(world)
    update = sent(world, draft, edited(draft))
    said = json.loads(update.text)
    assert [(part["name"], part["heading"], part["lines"]) for part in said["sections"]] == [
        ("done", "What is done", ["We drew the logo.", "And the letters."]),
        ("next", "What comes next", ["The website."]),
    ]
    assert json.loads(update.money or "")["lines"] == ["Half is paid."]
    assert "Half is paid" not in update.text
    assert update.text_sha256 == hashlib.sha256(update.text.encode()).hexdigest()
    assert update.money_sha256 == said["money_sha256"] == hashlib.sha256((update.money or "").encode()).hexdigest()
    entry = world.session.scalars(select(Entry).where(Entry.kind == "status.sent")).one()
    assert json.loads(entry.body) == {
        "kind": "status.sent", "at": json.loads(entry.body)["at"], "by": world.owner.ref, "number": 1,
        "update": str(update.id), "sha256": update.text_sha256, "money_sha256": update.money_sha256,
    }  # fmt: skip
    assert (update.id, update.sent_by) == (draft.id, world.owner.member_id)
    assert verification.verify(world.session).findings == []


def test_the_same_words_on_money_never_have_the_same_salt(world: World):
    said = [json.loads(sent(world, draft, edited(draft)).money or "") for draft in (drafted(world), drafted(world))]
    assert said[0]["lines"] == said[1]["lines"]
    assert said[0]["salt"] != said[1]["salt"]


def test_numbers_run_from_one_in_each_project_and_each_tells_of_the_time_since_the_last(world: World):
    project, now = world.project(), clock.now()
    first = sent(world, drafted(world, project))
    with time_machine.travel(now + timedelta(days=7), tick=False):
        world.deliver(world.milestone(project), note="Workshop held.")
        draft = drafted(world, project)
        assert draft.since == first.until
        assert [line for line in draft.lines(Section.DONE) if "delivered" not in line] == []
        assert "The project started" not in draft.done
        second = sent(world, draft)
    other = sent(world, drafted(world))
    assert (first.number, second.number, other.number) == (1, 2, 1)


def test_what_happens_between_drafting_and_sending_is_told_by_the_next(world: World):
    project, now = world.project(), clock.now()
    draft = drafted(world, project)
    world.deliver(world.milestone(project), note="Workshop held.")
    sent(world, draft)
    with time_machine.travel(now + timedelta(days=7), tick=False):
        assert "“Step 1” was delivered" in drafted(world, project).done


def test_everybody_with_access_is_told_once_and_the_sender_is_not(world: World):
    project = world.project()
    max_, gone = world.member(), world.contact(project, name="Gil Gone")
    people = [world.contact(project), world.contact(project, frozenset({Scope.VIEW}), "Vic View")]
    grants.revoke(world.session, actor=world.owner, grant=get_grant(world.session, world.owner, gone.grant_id))
    update = sent(world, drafted(world, project))
    told = [note for note in rows(world, Notice) if note.kind == "status_update"]
    contacts = {person.actor.keys[0].contact_id for person in people}
    assert {(note.to_kind, note.to_id) for note in told} == {("member", max_.member_id)} | {
        ("contact", contact) for contact in contacts
    }
    assert len(told) == 3
    assert {note.about for note in told} == {json.dumps({"update": str(update.id)})}


def test_sending_twice_sends_once(world: World):
    draft = drafted(world)
    sent(world, draft)
    with pytest.raises(AlreadyDone):
        sent(world, draft)
    assert len(rows(world, StatusUpdate)) == 1


def test_two_who_send_at_once_send_one(world: World):
    draft_id = drafted(world).id

    def act(session):
        return status_updates.send(session, actor=world.owner, draft=session.get_one(StatusDraft, draft_id))

    answers = together.at_once(world.app, [act] * 4)
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyDone"] * 3 + ["StatusUpdate"]
    assert len(rows(world, StatusUpdate)) == 1
    assert len([entry for entry in world.session.scalars(select(Entry)) if entry.kind == "status.sent"]) == 1


def test_what_somebody_else_saved_meanwhile_is_not_written_over(world: World):
    draft = drafted(world)
    seen = edited(draft)
    status_updates.revise(world.session, actor=world.owner, draft=draft, edited=edited(draft, done="Theirs."))
    for verb in (status_updates.revise, status_updates.send):
        with pytest.raises(Conflict) as caught:
            verb(world.session, actor=world.owner, draft=draft, edited=seen)
        assert caught.value.code == "stale"
    assert rows(world, StatusDraft)[0].done == "Theirs."


def test_a_skipped_draft_is_not_sent_and_its_time_is_told_by_the_next(world: World):
    project, now = world.project(), clock.now()
    draft = drafted(world, project)
    status_updates.skip(world.session, actor=world.owner, draft=draft)
    with pytest.raises(AlreadyDone):
        status_updates.skip(world.session, actor=world.owner, draft=draft)
    with pytest.raises(Conflict):
        sent(world, draft)
    with time_machine.travel(now + timedelta(days=7), tick=False):
        assert "The project started" in drafted(world, project).done
    assert rows(world, StatusUpdate) == []


def test_today_can_be_drafted_again_after_skipping_but_not_after_sending(world: World):
    project = world.project()
    draft = drafted(world, project)
    with pytest.raises(AlreadyDone):
        drafted(world, project)
    status_updates.skip(world.session, actor=world.owner, draft=draft)
    again = drafted(world, project)
    assert (again.id, again.state) == (draft.id, DraftState.WAITING)
    sent(world, again)
    with pytest.raises(Conflict):
        drafted(world, project)


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"done": "x" * 4001}, InvalidForm, "done"),
        ({"money": "x" * 4001}, InvalidForm, "money"),
        ({"done": " \n", "next": ""}, InvalidForm, "done"),
    ],
)
def test_too_much_and_nothing_at_all_are_refused_beside_their_field(world: World, changes, error, field):
    draft = drafted(world)
    with pytest.raises(error) as caught:
        sent(world, draft, edited(draft, **changes))
    assert [each.field for each in caught.value.errors] == [field]
    assert rows(world, StatusUpdate) == []


def test_lines_left_as_they_were_keep_the_fences_of_their_names(world: World):
    world.vendor.name = "סטודיו"
    world.session.commit()
    draft = drafted(world)
    fenced = draft.waiting
    text = fenced.replace("\u2068", "").replace("\u2069", "")
    assert text != fenced
    update = sent(world, draft, edited(draft, waiting=f"{text}\r\n\u202eMine."))
    assert dict(update.open_parts)["Who is waited for"] == f"• {fenced}\n• Mine."


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MEMBER])
def test_only_leads_choose_draft_edit_send_and_skip(world: World, role: Role):
    project = world.project()
    draft, actor = drafted(world, project), world.member(role)
    acts = [
        lambda: status_updates.revise(world.session, actor=actor, draft=draft, edited=edited(draft)),
        lambda: status_plans.choose(world.session, actor=actor, project=project, choice=Choice(Rhythm.WEEKLY, 0, 9)),
        lambda: status_updates.send(world.session, actor=actor, draft=draft),
    ]
    for act in acts:
        if role is Role.MEMBER:
            with pytest.raises(Forbidden):
                act()
        else:
            act()


def test_strangers_contacts_and_other_studios_may_do_nothing_with_a_draft(world: World):
    project = world.project()
    draft, cleo = drafted(world, project), world.contact(project)
    other = World.founded(world.app, world.session, name="Otto Agency")
    for actor in (cleo.actor, other.owner):
        for verb in (status_updates.send, status_updates.skip):
            with pytest.raises(Forbidden):
                verb(world.session, actor=actor, draft=draft)
        with pytest.raises(Forbidden):
            status_plans.choose(world.session, actor=actor, project=project, choice=Choice(Rhythm.WEEKLY, 0, 9))


def test_a_project_that_has_not_started_has_nothing_to_tell(world: World):
    project = world.draft()
    with pytest.raises(Conflict):
        drafted(world, project)
    with pytest.raises(Conflict):
        status_plans.choose(world.session, actor=world.owner, project=project, choice=Choice(Rhythm.WEEKLY, 0, 9))


def test_the_language_is_the_clients_whatever_the_vendor_reads(world: World):
    draft = drafted(world, world.project(locale="zh_Hans"))
    assert "里程碑 1/3“Step 1”于" in draft.next
    update = sent(world, draft)
    assert [heading for heading, _text in update.open_parts] == ["已完成", "下一步", "等待事项"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE status_updates SET text = replace(text, 'website', 'webpage')",
        "UPDATE status_updates SET money = replace(money, 'Half', 'Most')",
        "UPDATE status_updates SET money = NULL, money_sha256 = NULL",
        "UPDATE status_updates SET text_sha256 = money_sha256",
        "UPDATE status_updates SET number = 2",
        "DELETE FROM status_updates",
    ],
)
def test_every_change_of_what_was_sent_contradicts_the_record(world: World, change: str):
    draft = drafted(world)
    sent(world, draft, edited(draft))
    with tampering(world.app) as connection:
        connection.exec_driver_sql(change)
    found = [finding.reason for finding in verification.verify(world.session).findings]
    assert any("status update" in reason for reason in found), found


def test_the_record_alone_says_which_updates_there_are():
    body = {"kind": "status.sent", "number": 3, "sha256": "ab", "money_sha256": None}
    assert replay.replay([body]) == {("status update", "3"): "ab"}
    assert replay.replay([body | {"money_sha256": "cd"}]) == {("status update", "3"): "ab, money cd"}


def test_the_system_may_send_and_no_one_is_named(world: World):
    world.contact(project := world.project())
    update = status_updates.send(world.session, actor=SystemActor(), draft=drafted(world, project))
    assert update.sent_by is None
    told = [note.to_kind for note in rows(world, Notice) if note.kind == "status_update"]
    assert sorted(told) == ["contact", "member"]
