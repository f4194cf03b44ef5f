"""The same money twice: a retry, a double click, a second tab, a crash (F2; I1 to I5 of the promises)."""

from __future__ import annotations

import ast
import os
import signal
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

import portal.services
from portal.access.actor import Actor
from portal.config import Config
from portal.models.outbox import Answer
from portal.services import record
from portal.web.installation import installation
from tests import scale
from tests.races import together
from tests.races.confirming import confirm, waiting
from tests.races.money import POSTS, Form, Post, Scene, rows
from tests.worlds import Browser, World

AT_ONCE = 4
IMPOSSIBLE_KEYS = {"": 422, "seven77": 422, "k" * 65: 422, "k" * 10_000: 422, "null\0null": 400}
ODD_KEYS = ["        x", "键键键键键键键键", "🔑" * 8, "' OR 1=1 --", "bell\x07bell", "line\nline", "k" * 64]
KEYED = {
    "payments.report", "payments.confirm", "payments.reject", "payments.reverse",
    "grants.issue", "grants.rotate", "project.create", "feeds.make", "webhooks.add", "webhooks.renew",
}  # fmt: skip
Case = Callable[["Sending"], None]


class Sending:
    """One request that moves money, ready to be sent as often as one likes."""

    def __init__(self, scene: Scene, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        self.scene, self.post, self.monkeypatch = scene, post, monkeypatch
        self.browser = post.browser(scene)
        self.again()

    def again(self) -> None:
        """From now on it is about another payment, and the key is another."""
        self.address, form = self.post.prepare(self.scene)
        self.form: Form = form | {"idempotency_key": uuid.uuid4().hex}

    def send(self, browser: Browser | None = None, **changes: str) -> Any:
        """The answer."""
        return (browser or self.browser).post(self.address, self.form | changes)

    def rows(self) -> dict[str, int]:
        return rows(self.scene.world)

    def keys(self) -> int:
        """How many used keys are kept with this one's text."""
        self.scene.world.session.rollback()
        kept = select(Answer).where(Answer.key == self.form["idempotency_key"])
        return len(list(self.scene.world.session.scalars(kept)))


def a_repeat_gets_the_same_answer_and_changes_nothing(sending: Sending) -> None:
    first = sending.send()
    before = sending.rows()
    again = sending.send()
    assert (first.status_code, again.status_code) == (303, 303)
    assert (again.location, sending.rows()) == (first.location, before)


def another_input_under_the_same_key_is_refused(sending: Sending) -> None:
    assert sending.send().status_code == 303
    before = sending.rows()
    # 409 where the form is not on the page any more, because the payment was decided.
    assert sending.send(**sending.post.other).status_code in (409, 422)
    assert sending.rows() == before


def of_several_at_once_one_acts(sending: Sending) -> None:
    browsers = [sending.post.browser(sending.scene) for _ in range(AT_ONCE)]
    for browser in browsers:
        browser.csrf()
    start, before = Barrier(AT_ONCE, timeout=together.PATIENCE_SECONDS), sending.rows()

    def one(browser: Browser) -> int:
        start.wait()
        return int(sending.send(browser).status_code)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        statuses = list(threads.map(one, browsers))
    assert set(statuses) <= {303, 409}
    grown = {name: count - before[name] for name, count in sending.rows().items()}
    sending.again()
    alone = sending.rows()
    sending.send()
    assert grown == {name: count - alone[name] for name, count in sending.rows().items()}


def an_act_that_fails_leaves_the_key_unused(sending: Sending) -> None:
    before = sending.rows()
    with sending.monkeypatch.context() as patch:
        patch.setattr(record, "append", fail)
        assert sending.send().status_code == 500
    assert (sending.rows(), sending.keys()) == (before, 0)
    assert (sending.send().status_code, sending.keys()) == (303, 1)


def a_crash_before_the_commit_leaves_the_key_unused(sending: Sending) -> None:
    before, sessions = sending.rows(), installation(sending.scene.world.app).sessions
    event.listen(sessions, "before_commit", fail_when_telling)
    try:
        assert sending.send().status_code == 500
    finally:
        event.remove(sessions, "before_commit", fail_when_telling)
    assert (sending.rows(), sending.keys()) == (before, 0)
    assert (sending.send().status_code, sending.keys()) == (303, 1)


def another_person_with_the_same_key_does_not_get_its_answer(sending: Sending) -> None:
    other = sending.post.somebody_else(sending.scene)
    assert sending.send().status_code == 303
    before = sending.rows()
    answer = sending.send(other, reference="another transfer")
    if sending.post.by_client:
        assert (answer.status_code, sending.keys()) == (303, 2)
        assert sending.rows()["payments"] == before["payments"] + 1
    else:
        # They are told that it was done, and nothing is done again.
        assert (answer.status_code, sending.keys(), sending.rows()) == (303, 1, before)
        assert "already done" in other.get(answer.location).text


def a_key_that_cannot_be_is_refused(sending: Sending) -> None:
    before = sending.rows()
    for key, status in IMPOSSIBLE_KEYS.items():
        assert (key, sending.send(idempotency_key=key).status_code) == (key, status)
    assert sending.rows() == before
    for key in ODD_KEYS:
        assert (key, sending.send(idempotency_key=key).status_code) == (key, 303)
        sending.again()


def the_same_key_elsewhere_is_another_key(sending: Sending) -> None:
    key = sending.form["idempotency_key"]
    assert sending.send().status_code == 303
    elsewhere = next(post for post in POSTS.values() if post.by_client is sending.post.by_client)
    other = Sending(sending.scene, elsewhere, sending.monkeypatch)
    before = sending.rows()
    answer = other.send(idempotency_key=key)
    # A report says in its input which milestone it is about; the other acts have a key for each payment.
    if sending.post.by_client:
        assert (answer.status_code, sending.rows()) == (422, before)
    else:
        assert (answer.status_code, sending.rows()["answers"]) == (303, before["answers"] + 1)


CASES: list[Case] = [
    a_repeat_gets_the_same_answer_and_changes_nothing,
    another_input_under_the_same_key_is_refused,
    of_several_at_once_one_acts,
    an_act_that_fails_leaves_the_key_unused,
    a_crash_before_the_commit_leaves_the_key_unused,
    another_person_with_the_same_key_does_not_get_its_answer,
    a_key_that_cannot_be_is_refused,
    the_same_key_elsewhere_is_another_key,
]


@pytest.mark.parametrize("endpoint", POSTS)
def test_money_is_moved_once_however_often_it_is_sent(
    world: World, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(world)
    for case in CASES:
        print(case.__name__)
        case(Sending(scene, POSTS[endpoint], monkeypatch))
    database = world.session.get_bind().dialect.name
    scale.figure("F2", f"{endpoint} sent again, {database}", cases=len(CASES))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_post_that_moves_money_is_among_them(app: Flask) -> None:
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert {endpoint for endpoint in posts if endpoint.startswith("payments.")} == set(POSTS)


def test_every_act_with_a_key_is_known_here() -> None:
    """Whoever gives another act a key adds a case."""
    assert {act for path in Path(portal.services.__path__[0]).glob("*.py") for act in acts_with_a_key(path)} == KEYED


def acts_with_a_key(path: Path) -> set[str]:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    claims = [call for call in calls if ast.unparse(call.func) in ("answers.claim", "_claim")]
    literals = [node.value for call in claims for node in ast.walk(call) if isinstance(node, ast.Constant)]
    return {text.partition(":")[0] for text in literals if isinstance(text, str) and "." in text}


def test_a_process_killed_before_the_commit_leaves_the_key_unused(settings: Config, world: World) -> None:
    [payment_id] = waiting(world, 1)
    before = rows(world)
    with pytest.raises(AssertionError, match="died"):
        together.apart(settings, die_at_the_commit, [(world.owner, payment_id, "the same key")])
    assert rows(world) == before
    assert isinstance(confirm(world.session, world.owner, payment_id, "the same key"), UUID)


def die_at_the_commit(session: Session, actor: Actor, payment_id: UUID, key: str) -> Any:
    event.listen(session, "before_commit", lambda _session: os.kill(os.getpid(), signal.SIGKILL))
    return confirm(session, actor, payment_id, key)


def fail(*_args: object, **_kwargs: object) -> None:
    raise ZeroDivisionError


def fail_when_telling(session: Session) -> None:
    """At the very end of a command that has something to tell, not when somebody is noted to be there."""
    if session.info.get("announced"):
        raise ZeroDivisionError
