"""Mail servers that are down, slow, refusing or rude, and processes killed while they send (I9, I10)."""

from __future__ import annotations

import os
import random
import signal
import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.access import holders
from portal.adapters import clock, mail
from portal.models.client import Contact
from portal.models.outbox import Notice
from portal.notifications import dispatch
from portal.rules.telling import Rhythm, Topic, Wishes
from portal.services import preferences
from tests import scale, warm
from tests.faults import invariants, sinks
from tests.faults.lives import Person
from tests.faults.sinks import Mood, Sink
from tests.faults.test_failpoints import report, until
from tests.studios import Studio, opened
from tests.warm import WarmServer
from tests.worlds import World

SENDER = "milepost@portal.example"
BAD = tuple(mood for mood in Mood if mood is not Mood.GOOD)
ROUNDS = scale.cases(1, full=5)
KILLS = scale.cases(6, full=100)
QUICK_SECONDS = 1.5
pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with sinks.running() as running:
        yield running


@pytest.fixture
def studio(tmp_path: Path, sink: Sink) -> Iterator[Studio]:
    """A studio whose client is asked for money, and whose mails go to the sink."""
    plan = {"PORTAL_SMTP_URL": sink.url}

    def furnish(world: World, milestone, _entered) -> None:
        world.deliver(milestone, note="Done.")

    with opened(tmp_path, furnish=furnish, environment=plan, kind=WarmServer) as running:
        yield running


def unsent(session: Session) -> list[Notice]:
    session.rollback()
    return list(session.scalars(select(Notice).where(Notice.sent_at.is_(None), Notice.gave_up_at.is_(None))))


def send_later(session: Session, sink: Sink, after: timedelta = timedelta(minutes=11)) -> None:
    """The next turn of the outbox, when waits and leases are over."""
    with time_machine.travel(clock.now() + after):
        dispatch.send_due(session, post=mail.Server(sink.url, known_as="portal.example"), sender=SENDER)


def act(cleo: Person, milestone: str) -> float:
    """Report a payment, which is told by mail, and look at the page; seconds for both."""
    begun = time.monotonic()
    cleo.post(f"/milestones/{milestone}/payments", report() | {"reference": uuid.uuid4().hex})
    cleo.get(f"/milestones/{milestone}")
    return time.monotonic() - begun


def test_pages_stay_quick_and_mails_come_later_however_the_mail_server_behaves(studio: Studio, sink: Sink) -> None:
    cleo, milestone = Person(studio.server.url, studio.client), str(studio.milestone_id)
    act(cleo, milestone)
    with studio.look() as session:
        until(lambda: not unsent(session))
        usual = [act(cleo, milestone) for _ in range(5)]
        taken: list[float] = []
        for _ in range(ROUNDS):
            for mood in BAD:
                sink.mood = mood
                begun = len(taken)
                taken += [act(cleo, milestone) for _ in range(3)]
                if mood is not Mood.NEVER and "hangs" not in mood:
                    until(lambda: any(notice.last_error for notice in unsent(session)))
                assert len(unsent(session)) + len(given_up(session)) >= 1, f"{mood}: {begun}"
                sink.mood = Mood.GOOD
                sink.wake()
                until(lambda: nobody_sends(session))
                send_later(session, sink)
                assert unsent(session) == []
        assert statistics.median(taken) < 3 * statistics.median(usual) + QUICK_SECONDS
        nothing_lost(session, sink)
        invariants.hold(session)
        invariants.explained(session)
    scale.figure("I9", "acts while the mail server misbehaves", moods=len(BAD), acts=len(taken))


def nobody_sends(session: Session) -> bool:
    """Whether nothing is claimed any more: what failed is put off."""
    return all(notice.claimed_until is None for notice in unsent(session))


def given_up(session: Session) -> list[Notice]:
    return list(session.scalars(select(Notice).where(Notice.gave_up_at.is_not(None))))


def nothing_lost(session: Session, sink: Sink) -> None:
    """Everything that is marked as sent was accepted, and only what was refused for good never was."""
    session.rollback()
    sent = set(session.scalars(select(Notice.message_id).where(Notice.sent_at.is_not(None))))
    assert sent <= set(sink.accepted)
    assert all(notice.last_error.startswith("550") for notice in given_up(session))
    known = set(session.scalars(select(Notice.message_id)))
    assert set(sink.accepted) <= known


def test_a_mail_server_that_is_not_there_holds_up_nobody(studio: Studio, sink: Sink) -> None:
    cleo, milestone = Person(studio.server.url, studio.client), str(studio.milestone_id)
    sink.close()
    seconds = [act(cleo, milestone) for _ in range(3)]
    assert min(seconds) < QUICK_SECONDS
    with studio.look() as session, sinks.running() as back:
        until(lambda: len(unsent(session)) == 4 and all(notice.last_error for notice in unsent(session)))
        send_later(session, back)
        assert unsent(session) == []
        assert set(back.accepted) == set(session.scalars(select(Notice.message_id)))


def test_one_address_that_is_put_off_does_not_hold_up_the_others(world: World, sink: Sink) -> None:
    names = [f"{name} Chen" for name in ("Ada", "Bob", "Cyd", "Dan")]
    for name in names:
        project = world.project()
        world.contact(project, name=name)
        world.deliver(world.milestone(project), note="Done.")
    sink.unwanted = ("bob@cherry.example",)
    post = mail.Server(sink.url, known_as="portal.example")
    assert dispatch.send_due(world.session, post=post, sender=SENDER) == 3
    (left,) = unsent(world.session)
    assert world.session.get_one(Contact, left.to_id).name == "Bob Chen"
    sink.unwanted = ()
    send_later(world.session, sink)
    assert sorted(sink.accepted.values()) == [1, 1, 1, 1]


DISPATCH = """
import sys
from portal import config, create_app
from portal.adapters import mail
from portal.notifications import dispatch
from portal.rules.telling import Rhythm, Topic, Wishes
from portal.services import preferences
from portal.web.installation import installation
app = create_app(config.load(instance=sys.argv[1]))
with installation(app).sessions() as session:
    post = mail.Server(sys.argv[2], known_as="portal.example")
    dispatch.send_due(session, post=post, sender="milestone@portal.example")
"""


def test_kills_around_the_moment_of_acceptance_lose_no_mail_and_repeat_it_only_as_the_same(
    world: World, sink: Sink, settings, tmp_path: Path
) -> None:
    chance, killed = scale.chance("mail kills"), 0
    gathers = world.member(name="Gil Gathers")
    daily = Wishes({Topic.ASKS: Rhythm.DAILY})
    preferences.choose(world.session, holder=holders.of_actor(gathers), wishes=daily)
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Done.")
    environment = {"PORTAL_DATABASE_URL": settings.database_url}
    for _ in range(KILLS):
        # One more than may be struck at, so that it never ends by itself.
        for _ in range(4):
            world.report(step, cleo, 1, duplicate_ok=True)
        # As if their morning had come: four facts in one mail.
        morning = update(Notice).where(Notice.to_id == gathers.member_id, Notice.sent_at.is_(None))
        world.session.execute(morning.values(due_at=clock.now()))
        world.session.commit()
        process = Dying(sink, chance)
        process.run(settings.instance, tmp_path / "log", environment)
        killed += process.was_killed
        send_later(world.session, sink)
    assert killed == KILLS
    ids = set(world.session.scalars(select(Notice.message_id).where(Notice.mailed_with.is_(None))))
    assert unsent(world.session) == []
    assert set(sink.accepted) == ids
    along = world.session.scalars(select(Notice.mailed_with).where(Notice.mailed_with.is_not(None))).all()
    assert len(along) == 3 * len(set(along)) == 3 * KILLS
    again = sum(times - 1 for times in sink.accepted.values())
    assert max(sink.accepted.values()) <= 2
    assert again <= killed
    scale.figure("I10", "kill -9 around the acceptance of a mail", kills=killed, mails=len(ids), lost=0, repeated=again,
                 digests=KILLS)  # fmt: skip


class Dying:
    """A process that sends mails and is killed at a random moment around one of its first three mails."""

    def __init__(self, sink: Sink, chance: random.Random) -> None:
        self.sink, self.when = sink, chance.choice(["begun", "before", "after"])
        self.delay = chance.choice([0, 0, 0.002, 0.01])
        self.left, self.was_killed = chance.randint(1, 3), False
        self.pid, self.known = 0, threading.Event()

    def run(self, instance: Path, log: Path, environment: dict[str, str]) -> None:
        """Until it is dead."""
        self.sink.moment = self.strike
        process = warm.stove().start(DISPATCH, str(instance), self.sink.url, log=log, environment=environment)
        self.pid = process.pid
        self.known.set()
        process.wait(60)
        self.sink.moment = lambda _when: None

    def strike(self, when: str) -> None:
        """Called by the sink."""
        self.left -= when == self.when
        if self.left == 0 and when == self.when:
            self.known.wait()
            time.sleep(self.delay)
            os.kill(self.pid, signal.SIGKILL)
            self.was_killed = True
