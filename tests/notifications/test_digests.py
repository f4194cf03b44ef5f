"""What a morning has gathered goes out in one mail: everything in it, once, and the same when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.access import holders
from portal.adapters.mail import Refused
from portal.models.client import Contact
from portal.models.outbox import Notice
from portal.models.project import Project
from portal.notifications import dispatch, parcels
from portal.rules import chain
from portal.rules.hours import Quiet
from portal.rules.telling import Rhythm, Topic, Wishes
from portal.services import grants, milestones, preferences
from portal.web.installation import installation
from tests import letters
from tests.letters import SENDER, Box, html, text
from tests.worlds import Entered, World

# A Thursday, 15:00 in Berlin; and the morning after.
AFTERNOON = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
DAILY = Wishes(dict.fromkeys((Topic.ASKS, Topic.NEWS, Topic.RECEIPTS), Rhythm.DAILY))


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AFTERNOON, tick=False) as traveller:
        yield traveller


def run(world: World, box: Box) -> int:
    world.session.rollback()
    return dispatch.send_due(world.session, post=box, sender=SENDER)


def notices(world: World, *conditions: object) -> list[Notice]:
    world.session.rollback()
    return list(world.session.scalars(select(Notice).where(*conditions).order_by(Notice.created_at, Notice.id)))


def same_person(world: World, *projects: Project) -> list[Entered]:
    """One contact in several projects, as the studio invites them again."""
    entered = [world.contact(project) for project in projects]
    first = entered[0].actor.latest.contact_id
    for other in entered[1:]:
        world.session.execute(update(grants.Grant).where(grants.Grant.id == other.grant_id).values(contact_id=first))
    world.session.commit()
    return entered


@pytest.fixture
def two(world: World) -> tuple[World, list[Project], Contact]:
    """Cleo, with a daily digest, takes part in two projects; in each of them work was delivered."""
    projects = [world.project(title=title) for title in ("Cherry shop", "Cherry book")]
    entered = same_person(world, *projects)
    preferences.choose(world.session, holder=holders.of_actor(entered[0].actor), wishes=DAILY)
    for project in projects:
        world.deliver(world.milestone(project), note=f"Note about {project.title}.")
    contact = world.session.get_one(Contact, entered[0].actor.latest.contact_id)
    return world, projects, contact


def test_several_facts_of_several_projects_are_one_mail_in_the_morning(two, clock):
    world, projects, _ = two
    box = Box()
    assert run(world, box) == 0
    clock.move_to(MORNING)
    assert (run(world, box), run(world, box)) == (1, 0)
    (mail,) = map(letters.read, box.messages)
    assert str(mail["Subject"]) == "2 pieces of news from Vera Studio"
    base = installation(world.app).config.base_url
    for project in projects:
        place = f"{base}/milestones/{world.milestone(project).id}"
        assert all(said in text(mail) for said in (project.title, place, f"Note about {project.title}."))
        assert f'href="{place}"' in html(mail)
    assert text(mail).count("Milestone 1 of 3 is delivered. Pay €1,500.00 to download the files.") == 2
    assert all(notice.sent_at == MORNING for notice in notices(world))


def test_the_head_of_each_project_is_at_its_foot_and_signed(two, clock):
    world, projects, _ = two
    box = Box()
    clock.move_to(MORNING)
    run(world, box)
    said = text(letters.read(box.messages[0]))
    for notice, project in zip(notices(world), projects, strict=True):
        assert f"Where the record of “{project.title}” stood: {notice.head}" in said
        seq, digest = notice.head.split(":")
        signature = installation(world.app).keys.sign(chain.head_text(int(seq), digest).encode())
        assert f"Signature (Ed25519): {signature}" in said


def test_a_digest_of_one_fact_is_the_mail_about_that_fact(world: World, clock):
    project = world.project()
    preferences.choose(world.session, holder=holders.of_actor(world.contact(project).actor), wishes=DAILY)
    world.deliver(world.milestone(project), note="Done.")
    box = Box()
    clock.move_to(MORNING)
    run(world, box)
    assert box.subjects == ["Milestone 1 of 3 is delivered: Step 1"]


def test_a_digest_that_failed_goes_out_the_same_whatever_happened_meanwhile(two, clock):
    world, projects, _ = two
    box = Box()
    clock.move_to(MORNING)
    run(world, Box(fails=TimeoutError()))
    lead = notices(world, Notice.mailed_with.is_(None))[0]
    third = world.project(title="Late news")
    world.session.add(_copy(notices(world)[0], third, due=MORNING))
    world.session.commit()
    clock.shift(timedelta(minutes=2))
    assert run(world, box) == 2
    again = next(mail for mail in box.messages if str(mail["Message-ID"]) == lead.message_id)
    assert str(again["Subject"]) == "2 pieces of news from Vera Studio"
    assert all(project.title in text(letters.read(again)) for project in projects)
    assert len(set(box.ids)) == 2


def _copy(notice: Notice, project: Project, due: datetime) -> Notice:
    """One more fact of the same morning, in a project the person has no code for."""
    values = {
        name: getattr(notice, name) for name in ("vendor_id", "kind", "about", "to_kind", "to_id", "head", "rhythm")
    }
    made = Notice(**values, project_id=notice.project_id, message_id=f"<{project.id}@portal.example>")
    made.due_at = made.created_at = due
    return made


def test_a_process_that_died_with_a_digest_in_hand_leaves_it_whole_to_the_next(two, clock):
    world, _, _ = two
    clock.move_to(MORNING)
    world.session.rollback()
    (lead,) = parcels.claim(world.session, most=20)
    assert parcels.claim(world.session, most=20) == []
    clock.shift(parcels.LEASE + timedelta(seconds=1))
    box = Box()
    assert run(world, box) == 1
    assert box.ids == [notices(world, Notice.id == lead)[0].message_id]
    assert str(box.messages[0]["Subject"]).startswith("2 pieces")


def test_of_a_project_the_person_lost_nothing_is_told_and_of_the_other_everything(two, clock):
    world, projects, _ = two
    mine = select(grants.Grant).where(grants.Grant.project_id == projects[0].id)
    grants.revoke(world.session, actor=world.owner, grant=world.session.scalars(mine).one())
    clock.move_to(MORNING)
    box = Box()
    assert run(world, box) == 1
    assert "Cherry shop" not in text(letters.read(box.messages[0]))
    states = {notice.project_id: (notice.sent_at, notice.dropped_at) for notice in notices(world)}
    assert states == {projects[0].id: (None, MORNING), projects[1].id: (MORNING, None)}
    # Its first part stands for the whole, told or not.
    assert box.ids == [notice.message_id for notice in notices(world) if notice.mailed_with is None]


def test_what_is_not_wanted_any_more_by_the_time_it_is_sent_is_dropped(two, clock):
    world, _, contact = two
    clock.move_to(MORNING)
    world.session.rollback()
    parcels.claim(world.session, most=20)
    holder = holders.Holder("contact", contact.id, contact.vendor_id, "", "en", contact.time_zone)
    preferences.silence(world.session, holder=holder, topics=frozenset({Topic.ASKS}))
    clock.shift(parcels.LEASE + timedelta(seconds=1))
    box = Box()
    assert (run(world, box), box.messages) == (0, [])
    assert all(notice.dropped_at is not None for notice in notices(world))


def test_quiet_hours_that_were_not_known_yet_are_kept_at_the_last_moment(two, clock):
    world, _, contact = two
    clock.move_to(MORNING)
    world.session.rollback()
    parcels.claim(world.session, most=20)
    holder = holders.Holder("contact", contact.id, contact.vendor_id, "", "en", contact.time_zone)
    quiet = Quiet(7 * 60, 10 * 60)
    preferences.choose(world.session, holder=holder, wishes=Wishes(DAILY.rhythms, quiet))
    clock.shift(parcels.LEASE + timedelta(seconds=1))
    box = Box()
    assert run(world, box) == 0
    clock.move_to(datetime(2026, 11, 27, 9, 0, tzinfo=UTC))
    assert run(world, box) == 1


def test_what_failed_is_not_tried_again_in_quiet_hours(world: World, clock):
    project = world.project()
    quiet = Wishes(quiet=Quiet(15 * 60 + 1, 17 * 60))
    preferences.choose(world.session, holder=holders.of_actor(world.contact(project).actor), wishes=quiet)
    world.deliver(world.milestone(project), note="Done.")
    run(world, Box(fails=TimeoutError()))
    assert notices(world)[0].due_at == datetime(2026, 11, 26, 16, 0, tzinfo=UTC)


def test_a_digest_that_waited_a_week_is_still_tried_for_five_days(world: World, clock):
    project = world.project()
    weekly = Wishes({Topic.ASKS: Rhythm.WEEKLY})
    clock.move_to(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    preferences.choose(world.session, holder=holders.of_actor(world.contact(project).actor), wishes=weekly)
    world.deliver(world.milestone(project), note="Done.")
    clock.move_to(datetime(2026, 11, 30, 7, 0, tzinfo=UTC))
    run(world, Box(fails=TimeoutError()))
    assert notices(world)[0].gave_up_at is None
    clock.shift(timedelta(days=5))
    run(world, Box(fails=TimeoutError()))
    assert notices(world)[0].gave_up_at is not None


def test_a_digest_that_is_refused_is_given_up_as_one_mail(two, clock):
    world, _, _ = two
    clock.move_to(MORNING)
    run(world, Box(fails=Refused("550 no such person")))
    found = notices(world)
    assert [notice.last_error for notice in found] == ["550 no such person"] * 2
    assert [notice.mailed_with for notice in found].count(None) == 1


def test_more_than_fits_goes_out_in_several_mails_and_nothing_twice(world: World, clock, monkeypatch):
    monkeypatch.setattr(parcels, "MOST_IN_ONE", 3)
    monkeypatch.setattr(dispatch, "AT_ONCE", 2)
    projects = [world.project(title=f"Project {number}") for number in range(7)]
    entered = same_person(world, *projects)
    preferences.choose(world.session, holder=holders.of_actor(entered[0].actor), wishes=DAILY)
    for project in projects:
        world.deliver(world.milestone(project), note="Done.")
    clock.move_to(MORNING)
    box = Box()
    run(world, box)
    said = "".join(text(letters.read(mail)) for mail in box.messages)
    assert [said.count(str(world.milestone(project).id)) for project in projects] == [1] * 7
    assert len(box.messages) == 3
    assert all(notice.sent_at == MORNING for notice in notices(world))
    assert len(box.messages) == len({notice.mailed_with or notice.id for notice in notices(world)})


def test_two_people_get_two_digests(world: World, clock):
    project = world.project()
    for name in ("Cleo Chen", "Li Wei"):
        holder = holders.of_actor(world.contact(project, name=name).actor)
        preferences.choose(world.session, holder=holder, wishes=DAILY)
    step = world.deliver(world.milestone(project), note="Done.")
    milestones.release(world.session, actor=world.owner, milestone=step, confirm=step.title)
    clock.move_to(MORNING)
    box = Box()
    run(world, box)
    assert sorted(str(mail["To"]).partition(" <")[0] for mail in box.messages) == ["Cleo Chen", "Li Wei"]
    assert set(box.subjects) == {"2 pieces of news from Vera Studio"}


def test_what_a_colleague_hears_in_the_morning_is_not_about_their_own_acts(world: World, clock):
    colleague = world.member()
    for member in (world.owner, colleague):
        preferences.choose(world.session, holder=holders.of_actor(member), wishes=DAILY)
    project = world.project()
    world.pay(world.deliver(world.milestone(project), note="Done."), world.contact(project))
    clock.move_to(MORNING)
    box = Box()
    run(world, box)
    said = {str(mail["To"]).partition(" <")[0]: text(letters.read(mail)) for mail in box.messages}
    assert "The payment of €1,500.00 from Cherry Harvest GmbH is confirmed." in said["Max Krüger"]
    assert "is confirmed" not in said["Vera Stein"]


def test_a_digest_in_chinese_is_chinese(two, clock):
    world, _, contact = two
    world.session.execute(update(Contact).where(Contact.id == contact.id).values(locale="zh_Hans"))
    world.session.commit()
    clock.move_to(MORNING)
    box = Box()
    run(world, box)
    mail = letters.read(box.messages[0])
    assert str(mail["Subject"]) == "来自 Vera Studio 的 2 条动态"
    assert '<html lang="zh-Hans">' in html(mail)
