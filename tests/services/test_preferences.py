"""What people chose is kept, holds for what comes, and moves what waits; nobody is told what they do not want."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from portal.access import holders
from portal.access.holders import Holder
from portal.models.client import Contact
from portal.models.outbox import Notice
from portal.models.preference import Preference
from portal.queries import preferences as reads
from portal.rules.hours import NIGHT
from portal.rules.telling import Rhythm, Topic, Wishes
from portal.services import preferences
from tests.worlds import World, fresh_session

# A Thursday, 15:00 in Berlin, 22:00 in Shanghai.
AFTERNOON = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def afternoon():
    with time_machine.travel(AFTERNOON, tick=False) as traveller:
        yield traveller


def choose(world: World, holder: Holder, wishes: Wishes) -> None:
    preferences.choose(world.session, holder=holder, wishes=wishes)


def told(world: World, kind: str, to_kind: str = "contact") -> list[Notice]:
    world.session.rollback()
    mine = Notice.kind == kind, Notice.to_kind == to_kind
    return list(world.session.scalars(select(Notice).where(*mine).order_by(Notice.created_at, Notice.id)))


def delivery(world: World, wishes: Wishes | None = None) -> Notice | None:
    """A delivery told to a contact with these wishes."""
    project = world.project()
    cleo = world.contact(project)
    if wishes is not None:
        choose(world, holders.of_actor(cleo.actor), wishes)
    world.deliver(world.milestone(project), note="Done.")
    return next(iter(told(world, "work_delivered")), None)


def test_what_was_chosen_is_kept_and_chosen_anew(world: World):
    holder = holders.of_actor(world.owner)
    assert reads.wishes(world.session, holder) == Wishes()
    for wishes in (Wishes({Topic.NEWS: Rhythm.NEVER}, NIGHT, browser=True), Wishes({Topic.ASKS: Rhythm.WEEKLY})):
        choose(world, holder, wishes)
        assert reads.wishes(world.session, holder) == wishes
    assert world.session.scalar(select(func.count()).select_from(Preference)) == 1


def test_each_chooses_for_themselves(world: World):
    colleague = world.member()
    choose(world, holders.of_actor(colleague), Wishes({Topic.ASKS: Rhythm.NEVER}))
    project = world.project()
    cleo = world.contact(project)
    world.report(world.deliver(world.milestone(project), note="Done."), cleo)
    assert [notice.to_id for notice in told(world, "payment_reported", "member")] == [world.owner.member_id]


def test_without_a_choice_what_asks_something_is_due_at_once(world: World):
    found = delivery(world)
    assert found is not None
    assert (found.due_at, found.rhythm) == (AFTERNOON, "at_once")


def test_whoever_wants_no_mail_of_a_kind_has_no_row(world: World):
    assert delivery(world, Wishes({Topic.ASKS: Rhythm.NEVER})) is None


def test_a_digest_is_due_at_eight_on_the_clock_of_the_person(world: World):
    project = world.project()
    cleo = world.contact(project)
    contact_id = cleo.actor.latest.contact_id
    world.session.execute(update(Contact).where(Contact.id == contact_id).values(time_zone="Asia/Shanghai"))
    world.session.commit()
    choose(world, holders.of_actor(cleo.actor), Wishes({Topic.ASKS: Rhythm.DAILY}))
    world.deliver(world.milestone(project), note="Done.")
    (found,) = told(world, "work_delivered")
    assert (found.due_at, found.rhythm) == (datetime(2026, 11, 27, 0, 0, tzinfo=UTC), "daily")


def test_what_happens_in_quiet_hours_is_due_when_they_end(world: World, afternoon):
    afternoon.move_to(datetime(2026, 11, 26, 23, 30, tzinfo=UTC))
    found = delivery(world, Wishes(quiet=NIGHT))
    assert found is not None
    assert found.due_at == datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


def waiting(world: World, wishes: Wishes) -> tuple[Holder, Notice]:
    """A delivery that waits for the contact's morning or Monday."""
    project = world.project()
    holder = holders.of_actor(world.contact(project).actor)
    choose(world, holder, wishes)
    world.deliver(world.milestone(project), note="Done.")
    return holder, told(world, "work_delivered")[0]


@pytest.mark.parametrize(
    ("chosen", "due"),
    [
        (Rhythm.AT_ONCE, AFTERNOON + timedelta(hours=1)),
        (Rhythm.DAILY, datetime(2026, 11, 27, 7, 0, tzinfo=UTC)),
        (Rhythm.WEEKLY, datetime(2026, 11, 30, 7, 0, tzinfo=UTC)),
    ],
)
def test_what_waits_comes_when_the_new_choice_says(world: World, afternoon, chosen, due):
    holder, _ = waiting(world, Wishes({Topic.ASKS: Rhythm.WEEKLY}))
    afternoon.shift(timedelta(hours=1))
    choose(world, holder, Wishes({Topic.ASKS: chosen}))
    (found,) = told(world, "work_delivered")
    assert (found.due_at, found.patient_from, found.rhythm, found.dropped_at) == (due, due, chosen, None)


def test_what_waits_and_is_not_wanted_any_more_is_dropped(world: World):
    holder, _ = waiting(world, Wishes({Topic.ASKS: Rhythm.DAILY}))
    preferences.silence(world.session, holder=holder, topics=frozenset({Topic.ASKS}))
    assert told(world, "work_delivered")[0].dropped_at == AFTERNOON


def test_what_somebody_set_out_to_send_is_not_moved(world: World):
    holder, found = waiting(world, Wishes({Topic.ASKS: Rhythm.DAILY}))
    before = found.due_at
    world.session.execute(update(Notice).where(Notice.id == found.id).values(attempts=1))
    world.session.commit()
    choose(world, holder, Wishes({Topic.ASKS: Rhythm.WEEKLY}))
    assert told(world, "work_delivered")[0].due_at == before


def test_what_waits_for_others_is_left_alone(world: World):
    _, found = waiting(world, Wishes({Topic.ASKS: Rhythm.WEEKLY}))
    before = found.due_at
    choose(world, holders.of_actor(world.contact(world.project(), name="Li Wei").actor), Wishes())
    assert told(world, "work_delivered")[0].due_at == before


def test_silencing_keeps_everything_else_that_was_chosen(world: World):
    holder = holders.of_actor(world.owner)
    choose(world, holder, Wishes({Topic.ASKS: Rhythm.DAILY}, NIGHT, browser=True))
    preferences.silence(world.session, holder=holder, topics=frozenset({Topic.MESSAGES, Topic.RECEIPTS}))
    expected = Wishes({Topic.ASKS: Rhythm.DAILY, Topic.MESSAGES: Rhythm.NEVER}, NIGHT, browser=True)
    assert reads.wishes(world.session, holder) == expected


def test_several_who_choose_at_once_for_the_same_person_leave_one_row(world: World):
    holder, barrier, failures = holders.of_actor(world.owner), threading.Barrier(4), []

    def choose_apart() -> None:
        with fresh_session(world.app) as session:
            barrier.wait()
            try:
                preferences.choose(session, holder=holder, wishes=Wishes({Topic.NEWS: Rhythm.WEEKLY}))
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=choose_apart) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    world.session.rollback()
    assert world.session.scalar(select(func.count()).select_from(Preference)) == 1


def test_a_word_of_another_version_goes_as_usual(world: World):
    holder = holders.of_actor(world.owner)
    choose(world, holder, Wishes({Topic.NEWS: Rhythm.WEEKLY}))
    world.session.execute(update(Preference).values(news="hourly", asks="bundled"))
    world.session.commit()
    assert reads.wishes(world.session, holder) == Wishes()
