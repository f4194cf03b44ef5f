"""Targets outside are told at least once, each delivery under one id, and none of them holds up another."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from portal.adapters import calls as line
from portal.adapters import clock
from portal.notifications import calling
from portal.notifications.calling import Switchboard
from portal.rules import webhooks as rules
from portal.rules.webhooks import Trouble
from portal.services import calls, webhooks
from portal.web.installation import installation
from tests import receivers, scale
from tests.receivers import answers, receiving, until
from tests.targets import ROBOTS, TOLD_BY_STORY, add, call, deliveries, robot, story, target
from tests.worlds import World

ROOT = Path(__file__).parents[2]


def test_what_happens_is_told_once_signed_and_in_order(world: World) -> None:
    with receiving() as receiver:
        made = add(world, receiver.url)
        story(world)
        assert call(world) == len(TOLD_BY_STORY)
        assert call(world) == 0
    assert [heard.json["event"] for heard in receiver.heard] == TOLD_BY_STORY
    for heard, kept in zip(receiver.heard, deliveries(world), strict=True):
        assert heard.body == kept.body.encode()
        assert heard.headers["Milepost-Delivery"] == heard.json["id"] == str(kept.id)
        assert heard.headers["Milepost-Event"] == heard.json["event"]
        stamp, _, sign = heard.headers["Milepost-Signature"].removeprefix("t=").partition(",v1=")
        wanted = hmac.new(made.secret.encode(), f"{stamp}.".encode() + heard.body, hashlib.sha256)
        assert hmac.compare_digest(sign, wanted.hexdigest())
        assert abs(int(stamp) - clock.now().timestamp()) < 60
        assert (kept.sent_at is not None, kept.status, kept.answer, kept.attempts) == (True, 200, "ok", 1)


def test_a_body_holds_ids_numbers_and_links_and_nothing_people_wrote(world: World) -> None:
    with receiving() as receiver:
        add(world, receiver.url)
        project = world.project(title="Geheimes 项目", client_name="Secret GmbH")
        cleo = world.contact(project)
        step = world.deliver(world.milestone(project), note="Secret words.")
        payment = world.report(step, cleo, minor=100_000, reference="SECRET-REF")
        world.confirm(payment, 90_000)
        call(world)
    everything = b"".join(heard.body for heard in receiver.heard).decode()
    for written in ("Geheim", "项目", "Secret", "SECRET-REF", "Cleo", "Step", cleo.code, "cherry"):
        assert written not in everything
    confirmed = next(heard.json for heard in receiver.heard if heard.json["event"] == "payment.confirmed")
    assert confirmed == {
        "id": confirmed["id"], "event": "payment.confirmed", "at": confirmed["at"], "vendor": str(project.vendor_id),
        "project": str(project.id), "milestone": str(step.id), "position": 1, "count": 3, "payment": str(payment.id),
        "amount_minor": 90_000, "currency": "EUR",
        "link": f"{installation(world.app).config.base_url}/milestones/{step.id}",
    }  # fmt: skip


def test_what_fails_is_tried_again_later_and_later_and_given_up_after_three_days(world: World) -> None:
    started, waits = clock.now(), []
    with receiving(answers(500, b"broken")) as receiver, time_machine.travel(started, tick=False) as traveller:
        made = add(world, receiver.url, events=("project.started",))
        world.project()
        for _ in range(50):
            assert call(world) == 0
            (kept,) = deliveries(world)
            if kept.gave_up_at:
                break
            waits.append((kept.due_at - clock.now()) // timedelta(minutes=1))
            traveller.move_to(kept.due_at)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]
    assert timedelta(days=3) <= kept.gave_up_at - started <= timedelta(days=4)
    assert (kept.status, kept.answer, kept.trouble, kept.attempts) == (500, "broken", Trouble.REFUSED, 14)
    assert target(world, made).misses == 1
    assert len(set(receiver.ids)) == 1
    assert len({heard.body for heard in receiver.heard}) == 1


def test_what_failed_arrives_under_the_same_id_once_the_target_is_back(world: World) -> None:
    with receiving(receivers.hangs_up) as receiver:
        made = add(world, receiver.url, events=("project.started",))
        world.project()
        assert call(world) == 0
        receiver.behave = answers()
        assert call(world) == 0
        with time_machine.travel(clock.now() + timedelta(minutes=2)):
            assert call(world) == 1
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert target(world, made).misses == 0


def test_after_twenty_given_up_in_a_row_the_target_is_switched_off(world: World) -> None:
    with receiving(answers(410)) as receiver:
        made = add(world, receiver.url, events=("project.started",))
        for _ in range(rules.MOST_MISSES + 1):
            world.project()
        with time_machine.travel(clock.now() + timedelta(days=3, hours=1)):
            assert call(world) == 0
            assert len(receiver.heard) == rules.MOST_MISSES
            assert target(world, made).off_at is not None
            world.project()
    assert len(deliveries(world)) == rules.MOST_MISSES + 1
    assert [kept.gave_up_at is not None for kept in deliveries(world)].count(True) == rules.MOST_MISSES


def test_one_success_in_between_and_the_count_begins_anew(world: World) -> None:
    with receiving(answers(410)) as receiver:
        made = add(world, receiver.url, events=("project.started",))
        for _ in range(rules.MOST_MISSES - 1):
            world.project()
        with time_machine.travel(clock.now() + timedelta(days=4)):
            call(world)
            assert target(world, made).misses == rules.MOST_MISSES - 1
            receiver.behave = answers()
            world.project()
            assert call(world) == 1
            assert (target(world, made).misses, target(world, made).off_at) == (0, None)


def test_no_transaction_is_open_while_a_target_takes_its_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = line.post
    with receiving() as receiver:
        add(world, receiver.url, events=("project.started",))
        world.project()
        with installation(world.app).sessions() as session:
            monkeypatch.setattr(line, "post", lambda *a, **k: seen.append(session.in_transaction()) or real(*a, **k))
            calling.call_due(lambda: session, private=True)
    assert seen == [False]


def test_a_target_that_hangs_holds_up_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "SECONDS", 3)
    monkeypatch.setattr(line.post, "__kwdefaults__", {"seconds": 3})
    board = Switchboard(installation(world.app).sessions, private=True)
    with receiving(receivers.hangs) as silent, receiving() as well:
        add(world, silent.url, events=("project.started",))
        add(world, well.url, events=("project.started",))
        for _ in range(3):
            world.project()
        board.wake()
        # The one that hangs was added first, and is called first.
        assert until(lambda: len(well.heard) == 3, 2)
        assert until(lambda: board.idle)
        # It failed slowly once, and is left alone for a while with the rest of what waits for it.
        assert len(silent.heard) == 1
    assert Counter(kept.trouble for kept in deliveries(world)) == {"": 5, Trouble.SLOW: 1}


def test_more_targets_that_hang_than_threads_hold_up_others_for_a_moment_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line.post, "__kwdefaults__", {"seconds": 2})
    board = Switchboard(installation(world.app).sessions, private=True, most=2)
    with receiving(receivers.hangs) as silent, receiving() as well:
        for _ in range(4):
            add(world, silent.url, events=("project.started",))
        add(world, well.url, events=("project.started",))
        for _ in range(5):
            world.project()
        board.wake()
        assert until(lambda: len(well.heard) == 5, 8)
        assert until(lambda: board.idle)
        assert len(silent.heard) == 4


def test_whoever_is_woken_while_all_are_busy_looks_once_more(world: World) -> None:
    board = Switchboard(installation(world.app).sessions, private=True, most=1)
    gate = threading.Event()
    with receiving(lambda handler: gate.wait(10) and handler.answer(200)) as receiver:
        add(world, receiver.url, events=("project.started",))
        world.project()
        board.wake()
        assert until(lambda: len(receiver.heard) == 1)
        world.project()
        board.wake()
        gate.set()
        assert until(lambda: len(receiver.heard) == 2)
        assert until(lambda: board.idle)


def test_several_that_call_at_once_send_each_delivery_once(world: World) -> None:
    with receiving() as receiver:
        for _ in range(3):
            add(world, receiver.url, events=("project.started",))
        for _ in range(8):
            world.project()
        barrier = threading.Barrier(4)

        def apart() -> None:
            barrier.wait()
            call(world)

        threads = [threading.Thread(target=apart) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert Counter(Counter(receiver.ids).values()) == {1: 24}
    assert all(kept.sent_at for kept in deliveries(world))


def test_a_target_is_one_threads_alone_until_the_lease_ends(world: World) -> None:
    made = add(world, "http://127.0.0.1:9/", events=("project.started",))
    world.project()
    found, lease = calls.take(world.session) or (None, clock.now())
    assert found == made.webhook_id
    assert calls.take(world.session) is None
    with time_machine.travel(clock.now() + calls.LEASE + timedelta(seconds=1)):
        assert calls.take(world.session) is not None
        # Whoever slept longer than its lease finds that the target is not its own any more.
        assert calls.next_of(world.session, made.webhook_id, lease) is None


@pytest.mark.parametrize("how", ["pause", "remove"])
def test_a_target_that_is_stopped_while_it_is_called_is_told_nothing_more(world: World, how: str) -> None:
    def stops(handler: receivers.Handler) -> None:
        with installation(world.app).sessions() as session:
            getattr(webhooks, how)(session, actor=world.owner, webhook=session.get_one(type(of), of.id))
        handler.answer(200)

    with receiving(stops) as receiver:
        made = add(world, receiver.url, events=("project.started",))
        of = target(world, made)
        world.project()
        world.project()
        call(world)
        assert len(receiver.heard) == 1
    assert len(deliveries(world)) == {"pause": 2, "remove": 0}[how]


def test_private_networks_are_called_only_where_that_is_allowed(world: World) -> None:
    with receiving() as receiver:
        add(world, receiver.url, events=("project.started",))
        world.project()
        assert call(world, private=False) == 0
        assert receiver.heard == []
    assert [kept.trouble for kept in deliveries(world)] == [Trouble.PRIVATE]


def test_plain_http_that_was_added_while_it_was_allowed_is_not_called_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(line, "post", lambda *given, **_: asked.append(given))
    add(world, "http://example.org/", events=("project.started",))
    world.project()
    assert call(world, private=False) == 0
    assert (asked, [kept.trouble for kept in deliveries(world)]) == ([], [Trouble.PRIVATE])


def test_a_redirect_into_the_house_is_not_followed(world: World) -> None:
    with receiving() as inside, receiving(answers(307, Location=inside.url)) as receiver:
        add(world, receiver.url, events=("project.started",))
        world.project()
        assert call(world) == 0
        assert (len(receiver.heard), inside.heard) == (1, [])
    assert [kept.status for kept in deliveries(world)] == [307]


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
@pytest.mark.parametrize("kind", ROBOTS)
def test_robots_are_told_in_a_sentence_of_the_studios_language(world: World, kind: str, locale: str) -> None:
    with robot(world, kind, locale) as (receiver, texts):
        story(world)
        assert call(world) == len(TOLD_BY_STORY)
    said = texts()
    assert all(text.startswith("Milepost: ") and re.search("/(milestones|projects)/", text) for text in said)
    words = "已确认收款" if locale == "zh_Hans" else "is confirmed for milestone 1 of 3"
    assert [words in text and "1,500.00" in text for text in said].count(True) == 1
    assert all(bool(re.search("[\u4e00-\u9fff]", text)) is (locale == "zh_Hans") for text in said)
    assert "Milepost-Signature" not in receiver.heard[0].headers


def test_robots_that_check_signatures_get_theirs(world: World) -> None:
    with receiving(answers(200, b'{"errcode":0,"code":0}')) as receiver:
        for kind in ("dingtalk", "feishu"):
            add(world, receiver.url, format=kind, robot_key="SECkey", events=("project.started",))
        world.project()
        assert call(world) == 2
    dingtalk, feishu = sorted(receiver.heard, key=lambda heard: "sign" in heard.json)
    assert re.fullmatch(r"/hook\?key=abc&timestamp=\d{13}&sign=[\w%]+", dingtalk.path)
    assert feishu.path == "/hook?key=abc"
    assert (feishu.json["timestamp"].isdigit(), len(feishu.json["sign"])) == (True, 44)


def test_a_robot_without_a_key_is_called_without_a_signature(world: World) -> None:
    with receiving(answers(200, b'{"errcode":0,"code":0}')) as receiver:
        for kind in ("dingtalk", "feishu"):
            add(world, receiver.url, format=kind, events=("project.started",))
        world.project()
        assert call(world) == 2
    assert {heard.path for heard in receiver.heard} == {"/hook?key=abc"}
    assert [heard for heard in receiver.heard if "sign" in heard.json] == []


def test_a_robot_that_says_no_with_a_200_is_tried_again(world: World) -> None:
    with receiving(answers(200, b'{"errcode":45009,"errmsg":"api freq out of limit"}')) as receiver:
        add(world, receiver.url, format="wecom", events=("project.started",))
        world.project()
        assert call(world) == 0
    (kept,) = deliveries(world)
    assert (kept.trouble, kept.sent_at, "45009" in kept.answer) == (Trouble.ROBOT_REFUSED, None, True)


@pytest.mark.scaled
def test_many_events_are_all_told_and_each_once(world: World) -> None:
    """A studio busy beyond reason: nothing is lost, nothing comes twice."""
    many = scale.cases(300, full=10_000)
    with receiving() as receiver:
        made = add(world, receiver.url)
        of = target(world, made)
        queue(world, of, many)
        board = Switchboard(installation(world.app).sessions, private=True)
        board.wake()
        assert until(lambda: len(receiver.heard) >= many, 280)
        assert until(lambda: board.idle)
    assert Counter(Counter(receiver.ids).values()) == {1: many}
    assert all(kept.sent_at for kept in deliveries(world))
    scale.figure("webhooks", "events told to one target", events=many, twice=0, lost=0)


def queue(world: World, of: object, many: int) -> None:
    for _ in range(many):
        calls.add(world.session, of, event=rules.Happening.PROJECT_STARTED, project_id=None, about={})  # type: ignore[arg-type]  # a Webhook
    world.session.commit()


CRASH = """
import sys
from portal import config, create_app
from portal.notifications import calling
from portal.web.installation import installation
app = create_app(config.load(instance=sys.argv[1]))
calling.call_due(installation(app).sessions, private=True)
"""


PLACES = (("call.made", 0), ("call.answered", 1), ("call.settling", 1))


@pytest.mark.faults
@pytest.mark.parametrize(("place", "heard"), PLACES)
def test_a_process_killed_around_a_call_calls_again_under_the_same_id(
    world: World, settings, place: str, heard: int
) -> None:
    with receiving() as receiver:
        add(world, receiver.url, events=("project.started",))
        world.project()
        plan = {"MILEPOST_FAILPOINT": f"{place}=kill", "PORTAL_DATABASE_URL": settings.database_url}
        command = [sys.executable, "-c", CRASH, str(settings.instance)]
        killed = subprocess.run(command, env=os.environ | plan, cwd=ROOT, capture_output=True)
        assert killed.returncode == -9, killed.stderr.decode()
        assert len(receiver.heard) == heard
        assert call(world) == 0
        with time_machine.travel(clock.now() + calls.LEASE + timedelta(seconds=1)):
            assert call(world) == 1
    assert len(receiver.ids) == heard + 1
    assert len(set(receiver.ids)) == 1


def test_bodies_are_json_whatever_the_numbers(world: World) -> None:
    made = add(world, "http://127.0.0.1:9/")
    story(world)
    assert [json.loads(kept.body)["vendor"] for kept in deliveries(world)] == [str(world.owner.vendor_id)] * 7
    assert {kept.webhook_id for kept in deliveries(world)} == {made.webhook_id}
