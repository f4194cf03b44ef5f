"""Drafting by the clock: one draft for each period, made from the facts, whoever looks and however often."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.db import new_id
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft, StatusPlan, StatusUpdate
from portal.rules.rhythm import Choice, Rhythm
from portal.rules.status_updates import Section
from portal.services import status_drafts, status_plans, status_updates, verification
from portal.services.status_updates import Edited
from portal.worker import Job, do
from tests.races import together
from tests.worlds import World

MONDAY = Choice(Rhythm.WEEKLY, 0, 9)
# A Friday; the first draft is due on Monday the 9th at 9:00 in Berlin, 8:00 UTC.
FRIDAY = datetime(2026, 11, 6, 12, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def planned(world: World, choice: Choice = MONDAY, **changes) -> Project:
    """A project whose rhythm was chosen on that Friday."""
    with time_machine.travel(FRIDAY, tick=False):
        project = world.project(**changes)
        status_plans.choose(world.session, actor=world.owner, project=project, choice=choice)
    return project


def at(world: World, moment: datetime) -> int:
    """The clock job at `moment`; how many drafts it made."""
    with time_machine.travel(moment, tick=False):
        return status_drafts.draft_due(world.session)


def drafts(world: World) -> list[StatusDraft]:
    world.session.rollback()
    return list(world.session.scalars(select(StatusDraft).order_by(StatusDraft.period_on)))


def sent(world: World) -> int:
    world.session.rollback()
    return world.session.scalar(select(func.count()).select_from(StatusUpdate)) or 0


def test_a_draft_is_made_when_it_is_due_and_not_a_minute_before(world: World):
    planned(world)
    assert at(world, DUE - timedelta(minutes=1)) == 0
    assert [at(world, DUE), at(world, DUE), at(world, DUE + timedelta(hours=5))] == [1, 0, 0]
    (draft,) = drafts(world)
    assert (draft.period_on, draft.state, draft.drafted_at) == (date(2026, 11, 9), DraftState.WAITING, DUE)


def test_a_server_that_slept_for_ten_weeks_makes_one_draft_and_then_goes_on_in_step(world: World):
    project = planned(world)
    late = DUE + 10 * WEEK + timedelta(days=2)
    assert at(world, late) == 1
    assert [draft.period_on for draft in drafts(world)] == [date(2027, 1, 18)]
    plan = world.session.scalars(select(StatusPlan).where(StatusPlan.project_id == project.id)).one()
    assert plan.next_at == DUE + 11 * WEEK
    assert [at(world, late), at(world, DUE + 11 * WEEK)] == [0, 1]


def test_summer_time_does_not_move_the_hour(world: World):
    planned(world)
    # 28 March 2027: Berlin goes to summer time; Monday the 29th at 9:00 is 7:00 UTC.
    monday = datetime(2027, 3, 29, 7, 0, tzinfo=UTC)
    assert at(world, monday - WEEK + timedelta(hours=1)) == 1
    assert [at(world, monday - timedelta(minutes=5)), at(world, monday)] == [0, 1]


def test_two_workers_at_once_make_one(world: World):
    planned(world)
    with time_machine.travel(DUE, tick=False):
        answers = together.at_once(world.app, [status_drafts.draft_due] * 4)
    assert sorted(answers) == [0, 0, 0, 1]
    assert len(drafts(world)) == 1


def test_the_period_has_one_draft_even_when_the_plan_forgot_that_it_was_made(world: World):
    project = planned(world)
    at(world, DUE)
    world.session.execute(StatusPlan.__table__.update().values(next_at=DUE))
    world.session.commit()
    with time_machine.travel(DUE + timedelta(minutes=5), tick=False):
        # Straight, not through the job, which would only log what the unique key refuses.
        assert status_drafts._draft_planned(world.session, project.id) is False
    assert [draft.state for draft in drafts(world)] == [DraftState.WAITING]


def test_the_table_itself_refuses_a_second_of_one_period_and_a_second_that_waits(world: World):
    project = planned(world)
    at(world, DUE)
    (draft,) = drafts(world)
    values = {column.name: getattr(draft, column.name) for column in StatusDraft.__table__.columns}
    for change in ({"state": DraftState.SKIPPED}, {"period_on": date(2026, 11, 10)}):
        world.session.add(StatusDraft(**(values | {"id": new_id()} | change)))
        with pytest.raises(IntegrityError):
            world.session.flush()
        world.session.rollback()
    assert [draft.project_id for draft in drafts(world)] == [project.id]


def test_what_nobody_touched_is_replaced_by_the_next_and_what_somebody_wrote_stays(world: World):
    planned(world)
    at(world, DUE)
    at(world, DUE + WEEK)
    first, second = drafts(world)
    assert (first.state, second.state) == (DraftState.REPLACED, DraftState.WAITING)
    text = dict.fromkeys(Section, "Mine.")
    status_updates.revise(world.session, actor=world.owner, draft=second, edited=Edited(text, second.version))
    assert at(world, DUE + 2 * WEEK) == 0
    assert [draft.state for draft in drafts(world)] == [DraftState.REPLACED, DraftState.WAITING]
    assert drafts(world)[1].done == "Mine."


def test_the_draft_tells_what_the_tables_and_the_record_say(world: World):
    project = planned(world)
    with time_machine.travel(FRIDAY + timedelta(hours=1), tick=False):
        cleo = world.contact(project)
        step = world.deliver(world.milestone(project), ("plan.txt", b"the plan"))
        world.pay(step, cleo, minor=500_00)
    at(world, DUE)
    (draft,) = drafts(world)
    assert draft.lines(Section.DONE) == [
        "The project started on 6 November 2026.",
        "“Step 1” was opened on 6 November 2026.",
        "“Step 1” was delivered on 6 November 2026.",
    ]
    assert draft.lines(Section.NEXT)[0] == "Milestone 2 of 3, “Step 2”, is due on 26 November 2026."
    assert draft.lines(Section.MONEY) == [
        "€500.00 for “Step 1” was confirmed on 6 November 2026.",
        "Paid so far: €500.00 of €5,000.00.",
        "“Step 1” waits for €1,000.00 from Cherry Harvest GmbH, since 6 November 2026.",
        "Still to come in all: €4,500.00.",
    ]
    assert "€" not in draft.done + draft.next + draft.waiting + draft.risks


def test_another_studio_and_another_project_are_in_no_draft(world: World):
    planned(world)
    other = World.founded(world.app, world.session, name="Otto Agency")
    with time_machine.travel(FRIDAY, tick=False):
        world.project(title="Next door", client_name="Neighbour Ltd")
        theirs = other.project(title="Far away", client_name="Foreign SA")
        other.deliver(other.milestone(theirs), note="Done.")
    at(world, DUE)
    (draft,) = drafts(world)
    text = "".join(getattr(draft, section.value) for section in Section)
    assert draft.vendor_id == world.owner.vendor_id
    assert [word for word in ("Otto", "Foreign", "Neighbour", "Far away", "delivered") if word in text] == []


def test_nothing_is_sent_by_itself_unless_the_project_says_so(world: World):
    planned(world)
    at(world, DUE)
    with time_machine.travel(DUE + timedelta(days=6), tick=False):
        assert status_updates.send_due(world.session) == 0
    assert sent(world) == 0


def test_a_draft_goes_as_drafted_after_the_days_that_were_chosen(world: World):
    planned(world, Choice(Rhythm.WEEKLY, 0, 9, send_after_days=2))
    at(world, DUE)
    with time_machine.travel(DUE + timedelta(days=2, minutes=-1), tick=False):
        assert status_updates.send_due(world.session) == 0
    with time_machine.travel(DUE + timedelta(days=2), tick=False):
        answers = together.at_once(world.app, [status_updates.send_due] * 3)
    assert (sorted(answers), sent(world)) == ([0, 0, 1], 1)
    assert verification.verify(world.session).findings == []


def test_choosing_anew_decides_about_the_draft_that_waits_but_sends_nothing_at_once(world: World):
    project = planned(world, Choice(Rhythm.WEEKLY, 0, 9, send_after_days=1))
    at(world, DUE)
    for choice, left in ((MONDAY, None), (Choice(Rhythm.WEEKLY, 0, 9, 1), timedelta(days=1)), (OFF, None)):
        with time_machine.travel(DUE + timedelta(days=3), tick=False):
            status_plans.choose(world.session, actor=world.owner, project=project, choice=choice)
            assert status_updates.send_due(world.session) == 0
        due = drafts(world)[0].send_at
        assert due == (DUE + timedelta(days=3) + left if left else None)


OFF = Choice(Rhythm.OFF, 0, 9, 1)


def test_where_there_is_no_rhythm_nothing_is_drafted(world: World):
    project = planned(world)
    with time_machine.travel(FRIDAY, tick=False):
        status_plans.choose(world.session, actor=world.owner, project=project, choice=OFF)
    assert at(world, DUE + 20 * WEEK) == 0
    assert drafts(world) == []


def test_a_finished_project_has_one_last_update_and_no_more(world: World):
    project = planned(world, amounts=("100",))
    with time_machine.travel(FRIDAY + timedelta(hours=1), tick=False):
        world.pay(world.deliver(world.milestone(project), note="Done."), world.contact(project))
    assert at(world, DUE) == 1
    (draft,) = drafts(world)
    assert draft.lines(Section.NEXT) == ["All milestones are complete."]
    assert [at(world, DUE + number * WEEK) for number in (1, 2)] == [0, 0]


def test_one_that_fails_does_not_keep_the_others_from_theirs(world: World, monkeypatch):
    first, second = planned(world), planned(world)
    honest = status_drafts._write

    def fails(session, project, *rest):
        if project.id == first.id:
            raise RuntimeError("no words")
        return honest(session, project, *rest)

    monkeypatch.setattr(status_drafts, "_write", fails)
    assert at(world, DUE) == 1
    assert [draft.project_id for draft in drafts(world)] == [second.id]
    monkeypatch.undo()
    assert at(world, DUE + timedelta(minutes=5)) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_clock_job_drafts_and_sends(world: World):
    planned(world, Choice(Rhythm.WEEKLY, 0, 9, send_after_days=1))
    for moment, expected in ((DUE, 0), (DUE + timedelta(days=1), 1)):
        with time_machine.travel(moment, tick=False):
            do(world.app, Job.STATUS_UPDATES)
        assert sent(world) == expected
