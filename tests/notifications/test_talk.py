"""What people write is told once: who is named at once, the others in one mail of all they have not read by then."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.access import holders
from portal.access.actor import Actor
from portal.adapters import clock as times
from portal.db import command, new_id
from portal.models.client import Contact, Grant
from portal.models.message import Message, Thread
from portal.models.milestone import Milestone
from portal.models.outbox import Notice
from portal.models.project import Project
from portal.notifications import dispatch, parcels
from portal.rules.hours import NIGHT
from portal.rules.roles import Scope
from portal.rules.telling import Rhythm, Topic, Wishes
from portal.services import grants, notices, preferences, readings, record
from tests import letters
from tests.letters import SENDER, Box, html, text
from tests.worlds import Entered, World, fresh_session

AFTERNOON = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AFTERNOON, tick=False) as traveller:
        yield traveller


def author(actor: Actor) -> tuple[str, UUID]:
    return (actor.kind, actor.member_id if actor.kind == "member" else actor.latest.contact_id)


@command
def say(
    session: Session, project: Project, by: Actor, body: str, about: Milestone | None = None, named: tuple = ()
) -> UUID:
    """As the conversation does it: hold the project, number the message, tell of it."""
    record.hold(session, by, project.id)
    thread_id = about.id if about else project.id
    thread = session.get(Thread, thread_id)
    if thread is None:
        thread = Thread(
            id=thread_id,
            vendor_id=project.vendor_id,
            project_id=project.id,
            milestone_id=about.id if about else None,
            head_seq=0,
        )
        session.add(thread)
    thread.head_seq += 1
    kind, author_id = author(by)
    message = Message(
        id=new_id(), vendor_id=project.vendor_id, project_id=project.id, thread_id=thread_id, seq=thread.head_seq,
        author_kind=kind, author_id=author_id, body=body, at=times.now(),
    )  # fmt: skip
    session.add(message)
    session.flush()
    notices.tell_of_message(session, project, about, message_id=message.id, by=by, mentioned=named)
    return message.id


def run(world: World, box: Box) -> int:
    world.session.rollback()
    return dispatch.send_due(world.session, post=box, sender=SENDER)


def told(world: World, kind: str) -> list[Notice]:
    world.session.rollback()
    return list(world.session.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.created_at)))


def to(box: Box) -> list[str]:
    return sorted(str(mail["To"]).partition(" <")[0] for mail in box.messages)


@pytest.fixture
def talk(world: World) -> tuple[World, Project, Entered]:
    project = world.project()
    return world, project, world.contact(project)


def test_all_that_was_written_in_a_quarter_of_an_hour_is_one_mail(talk, clock):
    world, project, _ = talk
    for minute, body in enumerate(("Good morning.", "The colours are ready.", "Have a look.")):
        clock.move_to(AFTERNOON + timedelta(minutes=minute))
        say(world.session, project, world.owner, body)
    assert len(told(world, "message_posted")) == 1
    box = Box()
    assert run(world, box) == 0
    clock.move_to(AFTERNOON + QUARTER)
    assert (run(world, box), run(world, box)) == (1, 0)
    (mail,) = map(letters.read, box.messages)
    assert str(mail["Subject"]) == "3 new messages in “Cherry Harvest website”"
    assert "Vera Stein wrote in “Cherry Harvest website”." in text(mail)
    said = text(mail)
    assert said.index("> Good morning.") < said.index("> The colours are ready.") < said.index("> Have a look.")
    assert f"/projects/{project.id}#message-" in said


def test_nobody_is_told_of_what_they_wrote_themselves(talk, clock):
    world, project, cleo = talk
    say(world.session, project, world.owner, "How is it?")
    say(world.session, project, cleo.actor, "Fine.")
    clock.move_to(AFTERNOON + QUARTER)
    box = Box()
    run(world, box)
    said = {str(mail["To"]).partition(" <")[0]: text(letters.read(mail)) for mail in box.messages}
    assert ("> Fine." in said["Vera Stein"], "> How is it?" in said["Vera Stein"]) == (True, False)
    assert ("> Fine." in said["Cleo Chen"], "> How is it?" in said["Cleo Chen"]) == (False, True)


def test_what_was_read_by_then_is_not_sent(talk, clock):
    world, project, cleo = talk
    say(world.session, project, world.owner, "One")
    say(world.session, project, world.owner, "Two")
    # The first line says that the project has started.
    read(world, project, cleo, 2)
    clock.move_to(AFTERNOON + QUARTER)
    box = Box()
    assert run(world, box) == 1
    assert ("> One" in text(box.messages[0]), "> Two" in text(box.messages[0])) == (False, True)
    clock.shift(timedelta(hours=1))
    say(world.session, project, world.owner, "Three")
    read(world, project, cleo, 4)
    clock.shift(QUARTER)
    assert run(world, box) == 0
    assert told(world, "message_posted")[-1].dropped_at is not None


def read(world: World, project: Project, who: Entered, seq: int) -> None:
    world.session.rollback()
    readings.read(world.session, actor=who.actor, about=project, seq=seq)


def test_what_was_taken_back_by_then_is_not_sent(talk, clock):
    world, project, _ = talk
    gone = say(world.session, project, world.owner, "A slip.")
    say(world.session, project, world.owner, "What I meant.")
    world.session.execute(update(Message).where(Message.id == gone).values(deleted_at=times.now(), body=""))
    world.session.commit()
    clock.move_to(AFTERNOON + QUARTER)
    box = Box()
    run(world, box)
    assert str(box.messages[0]["Subject"]).startswith("1 new message")
    assert "A slip." not in text(box.messages[0])


def test_whoever_is_named_hears_at_once_and_not_once_more_in_the_bundle(talk, clock):
    world, project, cleo = talk
    li = world.contact(project, name="Li Wei")
    say(world.session, project, world.owner, "@Cleo Chen please look.", named=(author(cleo.actor),))
    say(world.session, project, world.owner, "And something for all.")
    box = Box()
    assert run(world, box) == 1
    assert box.subjects == ["Vera Stein mentioned you in “Cherry Harvest website”"]
    assert "> @Cleo Chen please look." in text(box.messages[0])
    clock.move_to(AFTERNOON + QUARTER)
    later = Box()
    run(world, later)
    said = {str(mail["To"]).partition(" <")[0]: text(letters.read(mail)) for mail in later.messages}
    assert "please look" not in said["Cleo Chen"]
    assert "please look" in said["Li Wei"]
    assert all("> And something for all." in each for each in said.values())
    assert li.actor.name == "Li Wei"


def test_whoever_wants_no_mail_when_named_still_finds_it_in_the_bundle(talk, clock):
    world, project, cleo = talk
    preferences.choose(world.session, holder=holders.of_actor(cleo.actor), wishes=Wishes({Topic.ASKS: Rhythm.NEVER}))
    say(world.session, project, world.owner, "@Cleo Chen please look.", named=(author(cleo.actor),))
    clock.move_to(AFTERNOON + QUARTER)
    box = Box()
    assert run(world, box) == 1
    assert "please look" in text(box.messages[0])


def test_what_is_written_while_a_bundle_is_on_its_way_waits_for_the_next_and_is_in_no_two(talk, clock):
    world, project, _ = talk
    say(world.session, project, world.owner, "First")
    clock.move_to(AFTERNOON + QUARTER)
    world.session.rollback()
    parcels.claim(world.session, most=20)
    clock.shift(timedelta(seconds=1))
    say(world.session, project, world.owner, "Second")
    assert len(told(world, "message_posted")) == 2
    clock.shift(timedelta(minutes=16))
    box = Box()
    assert run(world, box) == 2
    said = [text(letters.read(mail)) for mail in box.messages]
    assert sum("> First" in each for each in said) == sum("> Second" in each for each in said) == 1


def test_a_bundle_that_failed_is_tried_again_with_the_same_messages(talk, clock):
    world, project, _ = talk
    say(world.session, project, world.owner, "First")
    clock.move_to(AFTERNOON + QUARTER)
    run(world, Box(fails=TimeoutError()))
    say(world.session, project, world.owner, "Second")
    clock.shift(timedelta(minutes=2))
    box = Box()
    assert run(world, box) == 1
    assert ("> First" in text(box.messages[0]), "> Second" in text(box.messages[0])) == (True, False)


def test_many_who_write_at_once_leave_one_bundle_for_each_reader_and_nothing_is_lost(talk, clock):
    world, project, cleo = talk
    project_id, barrier, failures = project.id, threading.Barrier(4), []

    def write_apart(number: int) -> None:
        with fresh_session(world.app) as session:
            barrier.wait()
            try:
                for line in range(5):
                    say(session, session.get_one(Project, project_id), world.owner, f"line {number}-{line}.")
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=write_apart, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [notice.to_id for notice in told(world, "message_posted")] == [cleo.actor.latest.contact_id]
    clock.move_to(AFTERNOON + QUARTER)
    box = Box()
    run(world, box)
    said = text(box.messages[0])
    assert all(said.count(f"line {number}-{line}.") == 1 for number in range(4) for line in range(5))


def test_who_only_pays_reads_nothing_of_the_talk(talk):
    world, project, _ = talk
    world.contact(project, frozenset({Scope.PAY}), "Pam Pay")
    say(world.session, project, world.owner, "Between us.")
    names = {world.session.get_one(Contact, notice.to_id).name for notice in told(world, "message_posted")}
    assert names == {"Cleo Chen"}


def test_who_lost_access_or_may_only_pay_by_then_is_not_told(talk, clock):
    world, project, cleo = talk
    li = world.contact(project, name="Li Wei")
    say(world.session, project, world.owner, "Between us.")
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, cleo.grant_id))
    world.session.get_one(Grant, li.grant_id).scopes_text = "pay"
    world.session.commit()
    clock.move_to(AFTERNOON + QUARTER)
    box = Box()
    assert (run(world, box), box.messages) == (0, [])


def test_messages_can_wait_for_the_morning_or_never_come(talk, clock):
    world, project, cleo = talk
    holder = holders.of_actor(cleo.actor)
    preferences.choose(world.session, holder=holder, wishes=Wishes({Topic.MESSAGES: Rhythm.DAILY}))
    say(world.session, project, world.owner, "One")
    clock.shift(timedelta(hours=2))
    say(world.session, project, world.owner, "Two")
    (found,) = told(world, "message_posted")
    assert found.due_at == datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
    clock.move_to(found.due_at)
    box = Box()
    run(world, box)
    assert all(f"> {word}" in text(box.messages[0]) for word in ("One", "Two"))
    preferences.silence(world.session, holder=holder, topics=frozenset({Topic.MESSAGES}))
    say(world.session, project, world.owner, "Three")
    assert len(told(world, "message_posted")) == 1


def test_at_night_messages_gather_until_it_is_over(talk, clock):
    world, project, cleo = talk
    preferences.choose(world.session, holder=holders.of_actor(cleo.actor), wishes=Wishes(quiet=NIGHT))
    for hour in (22, 23):
        clock.move_to(datetime(2026, 11, 26, hour, 30, tzinfo=UTC))
        say(world.session, project, world.owner, f"At {hour}")
    box = Box()
    assert run(world, box) == 0
    clock.move_to(datetime(2026, 11, 27, 6, 0, tzinfo=UTC))
    assert run(world, box) == 1
    assert box.subjects == ["2 new messages in “Cherry Harvest website”"]


def test_messages_of_several_places_lead_to_the_project_and_of_one_to_it(talk, clock):
    world, project, _ = talk
    step = world.milestone(project)
    message_id = say(world.session, project, world.owner, "Here.", step)
    clock.move_to(AFTERNOON + QUARTER)
    box = Box()
    run(world, box)
    assert f"/milestones/{step.id}#message-{message_id}" in html(letters.read(box.messages[0]))
    say(world.session, project, world.owner, "Here.", step)
    say(world.session, project, world.owner, "There.")
    clock.shift(QUARTER)
    run(world, box)
    assert f'/projects/{project.id}"' in html(letters.read(box.messages[1]))


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", '<img src=x hx-get="/x">', "\u202eevil", "> quoted\n\n--\nx"]
)
def test_what_people_write_stays_text(talk, clock, evil):
    world, project, _ = talk
    say(world.session, project, world.owner, evil)
    clock.move_to(AFTERNOON + QUARTER)
    box = Box()
    run(world, box)
    page = html(letters.read(box.messages[0]))
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
