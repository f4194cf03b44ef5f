"""What a wrong code or password tells: nothing, at any door, in any way it is asked (A3, A4)."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from portal.access.actor import MemberActor
from portal.adapters import clock, passwords
from portal.models.vendor import Member
from portal.rules import codes
from portal.rules.errors import Invalid
from portal.services import members, sittings
from tests import scale
from tests.attacks.a_instances import kind_of
from tests.queries.test_statement_counts import counting
from tests.web.test_enter import bad_codes
from tests.worlds import VISITOR, World

# CSRF tokens carry their time, and each form has a key of its own.
CHANGES = re.compile(
    r'(?:name="csrf_token" value="|X-CSRFToken": "|name="idempotency_key" [^>]*value="|name="client_key" value=")[^"]+'
)
LATER = timedelta(minutes=16)
TIMED = scale.cases(20, full=1000)


def told(answer: Any, *typed: str) -> tuple[int, str, list[tuple[str, str]]]:
    """Everything a stranger sees of an answer, without tokens and without what they typed themselves."""
    text = CHANGES.sub("", answer.text)
    for secret in typed:
        text = text.replace(secret, "…")
    headers = [(name, re.sub(r"^(\w+)=[^;]+", r"\1=…", value)) for name, value in answer.headers if name != "Date"]
    return answer.status_code, text, sorted((n, v) for n, v in headers if n != "Content-Length")


@contextmanager
def counting_calls(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> Iterator[list[str]]:
    """The calls of a real function inside the block."""
    seen, real = [], getattr(owner, name)

    def noting(*args: Any, **kwargs: Any) -> Any:
        seen.append(name)
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, noting)
        yield seen


@pytest.mark.scaled
@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_asked_once_more_for_the_code_every_wrong_one_is_answered_alike(world: World, accept: str) -> None:
    """The second door: a code of somebody else's project, living or dead, is no more than a code nobody has."""
    project = world.project()
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    kinds = bad_codes(world) | {"of another project": world.contact(world.project()).code}
    browser = world.entered(cleo.code)
    with time_machine.travel(clock.now() + LATER, tick=False):
        answers, statements = {}, {}
        browser.csrf()
        for name, code in kinds.items():
            form = {"manifest": step.manifest_sha256, "typed_name": "Cleo Chen", "code": code}
            with counting(world.app) as seen:
                answer = browser.post(f"/milestones/{step.id}/approval", form, Accept=accept)
            answers[name], statements[name] = told(answer, code), len(seen)
    apart = {name for name, answer in answers.items() if answer != answers["unknown"]}
    scale.figure("A3", f"kinds of wrong code at the second door, {accept}", kinds=len(kinds), told_apart=len(apart),
                 database=kind_of(world.session))  # fmt: skip
    assert answers["unknown"][0] == 422
    assert apart == set()
    assert len(set(statements.values())) == 1, statements


def test_every_kind_of_wrong_code_costs_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    digests, statements, answers = {}, {}, {}
    for name, code in bad_codes(world).items():
        browser = world.stranger()
        browser.csrf()
        with counting_calls(monkeypatch, codes, "digest") as calls, counting(world.app) as seen:
            answers[name] = told(browser.post("/enter", {"code": code}))
        digests[name], statements[name] = len(calls), seen
    assert set(digests.values()) == {1}, digests
    assert len({tuple(seen) for seen in statements.values()}) == 1
    # Cookies, which the test of the page leaves out, are alike too.
    assert {name for name, answer in answers.items() if answer != answers["unknown"]} == set()


def test_known_unknown_and_disabled_members_cost_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes, statements, answers = {}, {}, {}
    for name, email in addresses(world).items():
        browser = world.stranger()
        browser.csrf()
        with counting_calls(monkeypatch, passwords, "matches") as calls, counting(world.app) as seen:
            answer = browser.post("/login", {"email": email, "password": "not the password at all"})
        hashes[name], statements[name], answers[name] = len(calls), tuple(seen), told(answer, email)
    assert set(hashes.values()) == {1}, hashes
    assert len(set(statements.values())) == 1
    assert answers["known"][0] == 422
    assert {name for name, answer in answers.items() if answer != answers["known"]} == set()


def addresses(world: World) -> dict[str, str]:
    """One e-mail address of each kind that does not log in."""
    gone, other = world.member(), World.founded(world.app, world.session, name="Studio Nord")

    def find(who: MemberActor) -> Member:
        return world.session.get_one(Member, who.member_id)

    members.disable(world.session, actor=world.owner, member=find(gone))
    return {
        "known": find(world.owner).email,
        "of another studio": find(other.owner).email,
        "disabled": find(gone).email,
        "unknown": "nobody@studio.example",
        "a client's": "cleo@cherry.example",
        "none at all": "’ or 1=1 --",
    }


@pytest.mark.scaled
@pytest.mark.timeout(300)
def test_the_time_an_unknown_and_a_revoked_code_take_is_measured(world: World) -> None:
    """For the report only: what a busy machine measures proves nothing, the counts above do."""
    kinds = bad_codes(world)
    took: dict[str, list[float]] = {"unknown": [], "revoked": []}
    for _ in range(TIMED):
        for name, kept in took.items():
            kept.append(seconds(partial(refused, world, kinds[name])))
    unknown, revoked = (statistics.median(kept) for kept in took.values())
    apart = abs(unknown - revoked) / unknown
    scale.figure("A4", "median time of unknown and revoked codes", tries=2 * TIMED,
                 unknown_us=round(unknown * 1e6), revoked_us=round(revoked * 1e6), apart=f"{apart:.1%}",
                 database=kind_of(world.session))  # fmt: skip
    assert [len(kept) for kept in took.values()] == [TIMED, TIMED]


def seconds(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def refused(world: World, code: str) -> None:
    with pytest.raises(Invalid):
        sittings.enter(world.session, typed=code, visitor=VISITOR, sitting_id=None)
