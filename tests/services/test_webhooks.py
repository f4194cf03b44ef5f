"""Targets outside: who may have them, what is queued for them with a fact, and what is kept secret."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.fernet import InvalidToken
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.access import doors
from portal.adapters import clock, outside
from portal.db import command
from portal.models.project import Project
from portal.models.webhook import Delivery, Webhook
from portal.rules.errors import AlreadyDone, Conflict, Forbidden, InvalidForm, NotFound
from portal.rules.roles import Role
from portal.rules.webhooks import MOST_TARGETS, Trouble
from portal.services import calls, housekeeping, projects, webhooks
from portal.services.webhooks import Shown, Wanted
from portal.web.installation import installation
from tests.targets import TOLD_BY_STORY, add, call, deliveries, story, target
from tests.worlds import World, fresh_session

NOWHERE = "http://127.0.0.1:9/secret-path?token=secret-token"


def events(world: World) -> list[str]:
    return [kept.event for kept in deliveries(world)]


def test_each_fact_is_queued_once_for_each_target_in_its_transaction(world: World) -> None:
    for _ in range(2):
        add(world, NOWHERE)
    story(world)
    assert sorted(events(world)) == sorted(TOLD_BY_STORY * 2)
    assert {kept.project_id for kept in deliveries(world)} == {world.session.scalars(select(Project.id)).one()}


def test_what_does_not_come_about_is_told_to_nobody(world: World) -> None:
    add(world, NOWHERE)

    @command
    def start_and_fail(session: Session, project: Project) -> None:
        projects.start(session, actor=world.owner, project=project)
        raise RuntimeError("after all")

    with pytest.raises(RuntimeError):
        start_and_fail(world.session, world.draft())
    assert events(world) == []


def test_only_what_was_chosen_is_queued(world: World) -> None:
    add(world, NOWHERE, events=("payment.confirmed", "milestone.settled"))
    story(world)
    assert events(world) == ["payment.confirmed", "milestone.settled"]


def test_a_studio_is_told_of_its_own_facts_only(world: World, app: Flask, session: Session) -> None:
    other = World.founded(app, session, name="Otto Agency")
    add(world, NOWHERE)
    theirs = add(other, NOWHERE)
    story(world)
    assert {kept.vendor_id for kept in deliveries(world)} == {world.owner.vendor_id}
    assert theirs.webhook_id not in {kept.webhook_id for kept in deliveries(world)}
    for door, row in ((doors.get_webhook, theirs.webhook_id), (doors.get_delivery, deliveries(world)[0].id)):
        stranger = world.owner if door is doors.get_webhook else other.owner
        with pytest.raises(NotFound):
            door(session, stranger, row)


def test_a_row_cannot_point_across_the_wall(world: World, app: Flask, session: Session) -> None:
    other = World.founded(app, session, name="Otto Agency")
    made = add(world, NOWHERE)
    of = target(world, made)
    wrong = calls.add(session, of, event=calls.Happening.TEST, project_id=None, about={})
    wrong.vendor_id = other.owner.vendor_id
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        session.commit()
    session.rollback()


def test_without_targets_a_fact_costs_one_question_more(world: World) -> None:
    project = world.draft()
    from tests.queries.test_statement_counts import counting

    with counting(world.app) as seen:
        projects.start(world.session, actor=world.owner, project=project)
    assert [statement for statement in seen if "webhook" in statement] == [
        statement for statement in seen if "FROM webhooks" in statement
    ]
    assert sum("webhook" in statement for statement in seen) == 1


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MEMBER])
def test_leads_have_targets_and_others_do_not(world: World, role: Role) -> None:
    somebody = world.member(role)
    made = add(world, NOWHERE)
    of, acts = target(world, made), (webhooks.try_out, webhooks.pause, webhooks.resume, webhooks.remove)
    for act in acts:
        if role is Role.MEMBER:
            with pytest.raises(Forbidden):
                act(world.session, actor=somebody, webhook=of)
        else:
            act(world.session, actor=somebody, webhook=of)
    wanted = Wanted("x", "milepost", NOWHERE, "", ("project.started",))
    how: dict[str, Any] = {"vendor": world.vendor, "wanted": wanted, "private": True, "ticket": world.ticket()}
    if role is Role.MEMBER:
        with pytest.raises(Forbidden):
            webhooks.add(world.session, actor=somebody, **how)


def test_address_and_secret_stand_in_no_column(world: World) -> None:
    made = add(world, NOWHERE)
    add(world, NOWHERE, format="dingtalk", robot_key="SECrobot")
    story(world)
    rows = [
        str(row)
        for table in ("webhooks", "webhook_deliveries")
        for row in world.session.execute(text(f"SELECT * FROM {table}"))
    ]
    for secret in (made.secret, "SECrobot", "secret-path", "secret-token"):
        assert [row for row in rows if secret in row] == []
    assert calls.unsealed(world.session, target(world, made)) == (NOWHERE, made.secret)


def test_what_was_sealed_elsewhere_is_not_opened(world: World) -> None:
    keys = outside.of(world.session).keys
    with pytest.raises(InvalidToken):
        keys.unseal(type(keys)(codes=b"x" * 32, signer=keys.signer).seal(b"secret"))


def test_the_same_form_again_makes_no_second_target(world: World) -> None:
    wanted = Wanted("x", "milepost", NOWHERE, "", ("project.started",))
    how: dict[str, Any] = {"actor": world.owner, "vendor": world.vendor, "wanted": wanted, "private": True}
    ticket = world.ticket()
    webhooks.add(world.session, ticket=ticket, **how)
    with pytest.raises(Shown):
        webhooks.add(world.session, ticket=ticket, **how)
    assert len(world.session.scalars(select(Webhook)).all()) == 1


def test_a_studio_has_so_many_targets_and_no_more(world: World) -> None:
    for _ in range(MOST_TARGETS):
        add(world, NOWHERE)
    with pytest.raises(Conflict):
        add(world, NOWHERE)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("address", {"address": "http://example.org/"}),
        ("address", {"address": "nonsense"}),
        ("format", {"format": "telegram"}),
        ("name", {"name": "  "}),
        ("events", {"events": ()}),
        ("robot_key", {"format": "feishu", "robot_key": "a b"}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(world: World, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidForm) as refused:
        add(world, **({"address": "https://example.org/", "private": False} | changes))
    assert [finding.field for finding in refused.value.errors] == [field]


def test_a_new_secret_takes_the_place_of_the_old_one_and_the_address_stays(world: World) -> None:
    made = add(world, NOWHERE)
    fresh = webhooks.renew_secret(world.session, actor=world.owner, webhook=target(world, made), ticket=world.ticket())
    assert fresh.secret != made.secret
    assert calls.unsealed(world.session, target(world, made)) == (NOWHERE, fresh.secret)
    robot = add(world, NOWHERE, format="slack")
    with pytest.raises(Conflict):
        webhooks.renew_secret(world.session, actor=world.owner, webhook=target(world, robot), ticket=world.ticket())


def test_a_paused_target_keeps_what_happens_and_is_told_when_it_goes_on(world: World) -> None:
    made = add(world, NOWHERE, events=("project.started",))
    webhooks.pause(world.session, actor=world.owner, webhook=target(world, made))
    with pytest.raises(AlreadyDone):
        webhooks.pause(world.session, actor=world.owner, webhook=target(world, made))
    world.project()
    assert call(world) == 0
    assert deliveries(world)[0].attempts == 0
    with time_machine.travel(clock.now() + timedelta(days=2, hours=23)):
        webhooks.resume(world.session, actor=world.owner, webhook=target(world, made))
        call(world)
        assert deliveries(world)[0].attempts == 1


def test_what_waited_longer_than_three_days_is_not_told_any_more(world: World) -> None:
    made = add(world, NOWHERE, events=("project.started",))
    webhooks.pause(world.session, actor=world.owner, webhook=target(world, made))
    world.project()
    with time_machine.travel(clock.now() + timedelta(days=3, minutes=1)):
        webhooks.resume(world.session, actor=world.owner, webhook=target(world, made))
        call(world)
    (kept,) = deliveries(world)
    assert (kept.attempts, kept.trouble, kept.gave_up_at is not None) == (0, Trouble.TOO_OLD, True)


def test_a_test_is_tried_once_and_counts_for_nothing(world: World) -> None:
    made = add(world, NOWHERE)
    webhooks.try_out(world.session, actor=world.owner, webhook=target(world, made))
    assert call(world) == 0
    (kept,) = deliveries(world)
    assert (kept.event, kept.trouble, kept.attempts, kept.gave_up_at is not None) == ("test", Trouble.BROKEN, 1, True)
    assert target(world, made).misses == 0
    assert json.loads(kept.body)["link"] == installation(world.app).config.base_url


def test_a_target_that_is_told_nothing_is_not_tried_out(world: World) -> None:
    made = add(world, NOWHERE)
    webhooks.pause(world.session, actor=world.owner, webhook=target(world, made))
    with pytest.raises(Conflict):
        webhooks.try_out(world.session, actor=world.owner, webhook=target(world, made))


def test_a_delivery_can_be_sent_again_under_its_own_id(world: World) -> None:
    made = add(world, NOWHERE, events=("project.started",))
    world.project()
    (kept,) = deliveries(world)
    with pytest.raises(Conflict):
        webhooks.send_again(world.session, actor=world.owner, delivery=kept)
    call(world)
    before = kept.id, kept.body
    webhooks.send_again(world.session, actor=world.owner, delivery=kept)
    (kept,) = deliveries(world)
    assert (kept.id, kept.body) == before
    assert (kept.attempts, kept.due_at <= clock.now()) == (0, True)
    assert kept.webhook_id == made.webhook_id


def test_deleting_a_target_forgets_what_it_was_told(world: World) -> None:
    made = add(world, NOWHERE)
    story(world)
    webhooks.remove(world.session, actor=world.owner, webhook=target(world, made))
    assert deliveries(world) == []
    assert world.session.scalars(select(Webhook)).all() == []
    story(world)


def test_a_fact_never_fails_because_its_target_is_deleted_meanwhile(world: World) -> None:
    """On PostgreSQL both are under way at once; SQLite lets one wait for the other from the beginning."""
    made, project = add(world, NOWHERE, events=("project.started",)), world.draft()
    noted, gate, troubles = threading.Event(), threading.Event(), []

    def note_slowly(session: Session, facts: Sequence[object]) -> None:
        calls.note(session, facts)
        session.flush()
        noted.set()
        gate.wait(10)

    @command
    def start_slowly(session: Session) -> None:
        session.info["note"] = note_slowly
        projects.start(session, actor=world.owner, project=session.get_one(Project, project.id))

    def apart(act: Callable[[Session], object]) -> threading.Thread:
        def run() -> None:
            with fresh_session(world.app) as session:
                try:
                    act(session)
                except Exception as error:
                    troubles.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    fact = apart(start_slowly)
    assert noted.wait(10)
    deletion = apart(
        lambda session: webhooks.remove(session, actor=world.owner, webhook=session.get_one(Webhook, made.webhook_id))
    )
    time.sleep(0.3)
    gate.set()
    fact.join()
    deletion.join()
    assert troubles == []
    assert deliveries(world) == []
    assert world.session.get_one(Project, project.id).started_at is not None
    world.session.rollback()
    assert world.session.get(Webhook, made.webhook_id) is None


def test_deliveries_are_forgotten_after_a_month(world: World) -> None:
    add(world, NOWHERE, events=("project.started",))
    world.project()
    for days, left in ((29, 1), (31, 0)):
        with time_machine.travel(clock.now() + timedelta(days=days)):
            housekeeping.tidy_up(world.session)
        assert len(world.session.scalars(select(Delivery)).all()) == left
