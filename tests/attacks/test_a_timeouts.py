"""How long a browser stays in, to the second, and that no clock brings it back (A10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.queries.sittings import CONTACT_IDLE, CONTACT_LONGEST, MEMBER_IDLE, MEMBER_LONGEST
from portal.services import grants
from portal.services.grants import Invitation
from tests import scale
from tests.attacks.a_instances import kind_of
from tests.worlds import EVERYTHING, Browser, World

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND, DAY, YEAR = timedelta(seconds=1), timedelta(days=1), timedelta(days=365)
LIMITS = {
    ("member", "idle"): MEMBER_IDLE,
    ("member", "longest"): MEMBER_LONGEST,
    ("contact", "idle"): CONTACT_IDLE,
    ("contact", "longest"): CONTACT_LONGEST,
}


def come_in(world: World, side: str) -> Browser:
    """Somebody who is in since this moment, with access for a year."""
    if side == "member":
        return world.browser(world.owner)
    invitation = Invitation("Cleo Chen", "cleo@cherry.example", EVERYTHING, expires_on=(NOON + YEAR).date())
    return world.entered(
        grants.issue(world.session, actor=world.owner, project=world.project(), invitation=invitation).code
    )


def is_inside(browser: Browser) -> bool:
    return bool(browser.get("/projects").status_code == 200)


def token_of(browser: Browser) -> str:
    """What the signed cookie carries. A cookie from the future is refused for its date; the token must be, too."""
    with browser.client.session_transaction() as cookie:
        return str(cookie["_user_id"])


def stay(travel: time_machine.Coordinates, browser: Browser, limit: str, side: str, until: datetime) -> None:
    """Let time pass: doing nothing, or something now and then, so that only the longest stay counts."""
    pause = (MEMBER_IDLE if side == "member" else CONTACT_IDLE) - SECOND
    moment = NOON
    while limit == "longest" and moment + pause < until:
        moment += pause
        travel.move_to(moment)
        assert is_inside(browser)
    travel.move_to(until)


@pytest.mark.scaled
@pytest.mark.parametrize(("side", "limit"), LIMITS)
def test_a_stay_ends_at_its_second_and_no_clock_brings_it_back(world: World, side: str, limit: str) -> None:
    length = LIMITS[side, limit]
    with time_machine.travel(NOON, tick=False) as travel:
        early, late = come_in(world, side), come_in(world, side)
        token = token_of(late)
        stay(travel, early, limit, side, NOON + length - SECOND)
        assert is_inside(early)
        travel.move_to(NOON)
        stay(travel, late, limit, side, NOON + length + SECOND)
        assert not is_inside(late)
        travel.shift(-DAY)
        assert not is_inside(late)
        assert not is_inside(world._with_token(token))
    scale.figure("A10", f"a {side}’s {limit} stay", length=str(length), cases=3,
                 database=kind_of(world.session))  # fmt: skip


@pytest.mark.parametrize("side", ["member", "contact"])
def test_a_clock_set_back_neither_ends_nor_stretches_the_stay_of_whoever_is_in(world: World, side: str) -> None:
    with time_machine.travel(NOON, tick=False) as travel:
        token = token_of(come_in(world, side))
        travel.move_to(NOON - DAY)
        assert is_inside(world._with_token(token))
        travel.move_to(NOON + LIMITS[side, "idle"])
        assert is_inside(world._with_token(token))
        travel.move_to(NOON + 2 * LIMITS[side, "idle"] + SECOND)
        assert not is_inside(world._with_token(token))
