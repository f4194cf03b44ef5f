"""Buckets: atomic, refilled by the clock, and never in the way of whoever has the right code."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.models.sitting import Bucket
from portal.rules.errors import Throttled
from portal.services import throttle
from portal.services.throttle import CODE_IN_A_FLOOD, CODE_OVERALL, CODE_PER_ADDRESS, MILLI, Limit
from portal.web.installation import installation
from tests import scale
from tests.worlds import World, fresh_session

TEN = Limit(capacity=10, refill_seconds=3600)
AT_ONCE = 64
ROUNDS = scale.cases(2, full=20)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def passes(session: Session, name: str, limit: Limit) -> bool:
    try:
        throttle.take(session, name=name, limit=limit)
    except Throttled:
        return False
    return True


def try_code(session: Session, address: str) -> bool:
    try:
        throttle.take_for_code(session, address=address)
    except Throttled:
        return False
    return True


def all_at_once(world: World, attempt: Callable[[Session], bool]) -> int:
    """How many of 64 attempts, each with a session of its own, pass."""

    def one(_number: int) -> bool:
        with fresh_session(world.app) as session:
            return attempt(session)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return sum(threads.map(one, range(AT_ONCE)))


@pytest.mark.scaled
def test_of_64_at_once_exactly_as_many_pass_as_the_bucket_holds(world: World) -> None:
    for turn in range(ROUNDS):
        assert all_at_once(world, lambda session, turn=turn: passes(session, f"race {turn}", TEN)) == TEN.capacity
    database = world.session.get_bind().dialect.name
    scale.figure("A14", f"{AT_ONCE} tries at once at a bucket of {TEN.capacity}, {database}", rounds=ROUNDS)


def test_a_bucket_that_looks_before_it_takes_lets_too_many_pass(world: World) -> None:
    """The control: without the guard, in one statement, the same 64 drink from the same ten tokens."""
    throttle.take(world.session, name="race", limit=TEN)
    everybody_looked = Barrier(AT_ONCE, timeout=60)

    def unguarded(session: Session) -> bool:
        level = session.scalar(select(Bucket.millitokens).where(Bucket.name == "race")) or 0
        session.close()
        everybody_looked.wait()
        if level < MILLI:
            return False
        with installation(world.app).engine.execution_options(writing=True).begin() as connection:
            connection.execute(update(Bucket).where(Bucket.name == "race").values(millitokens=level - MILLI))
        return True

    assert all_at_once(world, unguarded) > TEN.capacity


def test_a_bucket_refills_with_time_and_never_beyond_its_size(world: World) -> None:
    limit = Limit(capacity=2, refill_seconds=30)
    with time_machine.travel(NOON, tick=False) as travel:
        assert [passes(world.session, "slow", limit) for _ in range(3)] == [True, True, False]
        travel.shift(29)
        assert not passes(world.session, "slow", limit)
        travel.shift(1)
        assert [passes(world.session, "slow", limit) for _ in range(2)] == [True, False]
        travel.shift(timedelta(days=30))
        assert [passes(world.session, "slow", limit) for _ in range(3)] == [True, True, False]


def test_a_clock_set_back_gives_nothing_away(world: World) -> None:
    limit = Limit(capacity=1, refill_seconds=30)
    with time_machine.travel(NOON, tick=False) as travel:
        assert passes(world.session, "back", limit)
        travel.move_to(NOON - timedelta(days=1))
        assert not passes(world.session, "back", limit)


def test_a_token_given_back_can_be_taken_again_but_fills_no_bucket_over(world: World) -> None:
    limit = Limit(capacity=1, refill_seconds=3600)
    for _ in range(3):
        throttle.take(world.session, name="again", limit=limit)
        throttle.give_back(world.session, name="again", limit=limit)
    throttle.give_back(world.session, name="again", limit=limit)
    assert [passes(world.session, "again", limit) for _ in range(2)] == [True, False]


def test_wrong_codes_from_many_addresses_get_few_tries_in_all(world: World) -> None:
    """What 5,000 tries from 50 addresses are in full: the common bucket, then a small one for each address."""
    addresses = [f"198.51.100.{number}" for number in range(10)]
    with time_machine.travel(NOON, tick=False):
        passed = sum(try_code(world.session, address) for _ in range(30) for address in addresses)
        assert passed == CODE_OVERALL.capacity + len(addresses) * CODE_IN_A_FLOOD.capacity
        assert try_code(world.session, "203.0.113.7")


def test_one_address_alone_gets_no_more_than_its_own_bucket(world: World) -> None:
    with time_machine.travel(NOON, tick=False):
        passed = sum(try_code(world.session, "198.51.100.1") for _ in range(40))
    assert passed == CODE_PER_ADDRESS.capacity


def test_a_flood_from_everywhere_locks_nobody_out_who_has_the_right_code(world: World) -> None:
    with time_machine.travel(NOON, tick=False):
        for number in range(100):
            try_code(world.session, f"198.51.100.{number}")
        for _ in range(20):
            for token in throttle.take_for_code(world.session, address="203.0.113.7"):
                throttle.give_back(world.session, name=token.name, limit=token.limit)


def test_throttled_says_when_to_try_again(world: World) -> None:
    limit = Limit(capacity=1, refill_seconds=42)
    throttle.take(world.session, name="wait", limit=limit)
    with pytest.raises(Throttled) as refusal:
        throttle.take(world.session, name="wait", limit=limit)
    assert refusal.value.retry_after == 42


def test_buckets_nobody_drew_from_for_a_day_are_swept_away(world: World) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=25), tick=False):
        throttle.take(world.session, name="old", limit=TEN)
    throttle.take(world.session, name="new", limit=TEN)
    assert throttle.sweep(world.session) == 1
    assert world.session.scalar(select(func.count()).select_from(Bucket)) == 1
