"""Mails leave at least once, under one Message-ID, and never while a transaction is open."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from portal.adapters import clock, mail
from portal.adapters.mail import Refused
from portal.models.client import Contact
from portal.models.outbox import Notice
from portal.models.vendor import Member
from portal.notifications import dispatch, parcels
from portal.services import grants
from tests.worlds import World, fresh_session

SENDER = "milepost@portal.example"


class Box:
    """A post office that keeps, or fails as it is told."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.messages: list[EmailMessage] = []
        self.fails = fails

    def send(self, message: EmailMessage) -> None:
        if self.fails is not None:
            raise self.fails
        self.messages.append(message)

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.messages]


def delivered(world: World) -> Notice:
    """A world with exactly one notice that is due."""
    project = world.project()
    world.contact(project)
    world.deliver(world.milestone(project), note="Done.")
    return one(world)


def one(world: World) -> Notice:
    world.session.rollback()
    return world.session.scalars(select(Notice)).one()


def run(world: World, box: Box) -> int:
    return dispatch.send_due(world.session, post=box, sender=SENDER)


def test_a_due_notice_is_sent_once_and_marked(world: World):
    found, box = delivered(world), Box()
    assert (run(world, box), run(world, box)) == (1, 0)
    assert box.ids == [found.message_id]
    found = one(world)
    assert (found.attempts, found.claimed_until, found.gave_up_at) == (1, None, None)
    assert found.sent_at is not None


def test_no_transaction_is_open_while_the_server_takes_its_time(world: World):
    delivered(world)
    seen: list[bool] = []

    class Watching(Box):
        def send(self, message: EmailMessage) -> None:
            seen.append(world.session.in_transaction())

    run(world, Watching())
    assert seen == [False]


def test_what_fails_is_tried_again_later_and_later_and_given_up_after_five_days(world: World):
    delivered(world)
    box, waits = Box(fails=ConnectionRefusedError("nobody there")), []
    started = clock.now()
    with time_machine.travel(started, tick=False) as traveller:
        for _ in range(100):
            run(world, box)
            found = one(world)
            if found.gave_up_at:
                break
            waits.append(int((found.due_at - clock.now()).total_seconds() // 60))
            traveller.move_to(found.due_at)
    assert waits[:12] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440]
    assert timedelta(days=5) <= found.gave_up_at - started <= timedelta(days=6)
    assert found.last_error == "ConnectionRefusedError: nobody there"
    assert run(world, Box()) == 0


def test_what_failed_goes_out_under_the_same_message_id(world: World):
    found, box = delivered(world), Box()
    run(world, Box(fails=TimeoutError()))
    assert run(world, box) == 0
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert run(world, box) == 1
    assert box.ids == [found.message_id]


def test_a_refusal_for_good_is_not_tried_again(world: World):
    delivered(world)
    run(world, Box(fails=Refused("550 no such person")))
    found = one(world)
    assert (found.sent_at, found.last_error) == (None, "550 no such person")
    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert run(world, Box()) == 0


def test_one_bad_notice_does_not_hold_up_the_others(world: World):
    for name in ("Ada One", "Bob Two", "Cyd Three"):
        project = world.project()
        world.contact(project, name=name)
        world.deliver(world.milestone(project), note="Done.")
    bob = world.session.scalars(select(Contact).where(Contact.name == "Bob Two")).one()
    bob.email = "no address at all"
    world.session.commit()
    box = Box()
    assert run(world, box) == 2
    assert {str(message["To"]) for message in box.messages} == {
        "Ada One <ada@cherry.example>", "Cyd Three <cyd@cherry.example>"
    }  # fmt: skip


def test_whoever_lost_access_meanwhile_is_not_told(world: World):
    delivered(world)
    for grant in world.session.scalars(select(grants.Grant)).all():
        grants.revoke(world.session, actor=world.owner, grant=grant)
    box = Box()
    assert (run(world, box), box.messages) == (0, [])
    found = one(world)
    assert (found.dropped_at is None, found.gave_up_at) == (False, None)
    assert run(world, box) == 0


def test_a_member_who_left_is_not_told(world: World):
    colleague = world.member()
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Done.")
    world.report(step, cleo)
    world.session.get_one(Member, colleague.member_id).disabled_at = clock.now()
    world.session.commit()
    box = Box()
    run(world, box)
    assert [str(message["To"]).partition(" <")[0] for message in box.messages] == ["Cleo Chen", "Vera Stein"]


def test_a_claim_is_for_one_process_until_its_lease_ends(world: World):
    found = delivered(world)
    assert parcels.claim(world.session, most=10) == [found.id]
    assert parcels.claim(world.session, most=10) == []
    with time_machine.travel(clock.now() + parcels.LEASE + timedelta(seconds=1)):
        assert parcels.claim(world.session, most=10) == [found.id]


def test_several_that_dispatch_at_once_send_each_notice_once(world: World):
    for _ in range(12):
        project = world.project()
        world.contact(project)
        world.deliver(world.milestone(project), note="Done.")
    box, barrier = Box(), threading.Barrier(4)
    threads = [threading.Thread(target=dispatch_apart, args=(world, box, barrier)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(Counter(box.ids).values()) == {1: 12}


def dispatch_apart(world: World, box: Box, barrier: threading.Barrier) -> None:
    with fresh_session(world.app) as session:
        barrier.wait()
        dispatch.send_due(session, post=box, sender=SENDER)


CRASH = """
import sys
from portal import config, create_app
from portal.adapters import mail
from portal.notifications import dispatch, parcels
from portal.web.installation import installation
app = create_app(config.load(instance=sys.argv[1]))
with installation(app).sessions() as session:
    dispatch.send_due(session, post=mail.Folder(installation(app).config.outbox_folder), sender="m@portal.example")
"""


@pytest.mark.faults
def test_a_process_killed_between_sending_and_marking_sends_the_same_mail_again(world: World, settings):
    found = delivered(world)
    plan = {
        "MILEPOST_FAILPOINT": "mail.accepted=kill",
        "PORTAL_DATABASE_URL": settings.database_url,
    }
    command = [sys.executable, "-c", CRASH, str(settings.instance)]
    killed = subprocess.run(command, env=os.environ | plan, cwd=Path(__file__).parents[2], capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    assert [path.stem for path in settings.outbox_folder.iterdir()] == [str(found.id)]
    assert one(world).sent_at is None
    with time_machine.travel(clock.now() + parcels.LEASE + timedelta(seconds=1)):
        box = Box()
        assert run(world, box) == 1
        mail.Folder(settings.outbox_folder).send(box.messages[0])
    assert box.ids == [found.message_id]
    assert len(list(settings.outbox_folder.iterdir())) == 1
