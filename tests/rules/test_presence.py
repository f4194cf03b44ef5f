"""Who is here: whoever has a page of the project before their eyes, and for a moment after."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from portal.rules import presence
from portal.rules.presence import LEASE_SECONDS, LINGER_SECONDS, RENEW_SECONDS, Sight

HERE, THERE = UUID(int=1), UUID(int=2)
CLEO, VIC, VERA = UUID(int=3), UUID(int=4), UUID(int=5)
LOOKING = Sight(HERE, "contact", CLEO, "Cleo")
NOW = 1000.0


def away(since: float, of: Sight = LOOKING) -> Sight:
    return replace(of, away_since=since)


@pytest.mark.parametrize(
    ("since", "is_here"),
    [(None, True), (NOW, True), (NOW - LINGER_SECONDS + 0.1, True), (NOW - LINGER_SECONDS, False)],
)
def test_whoever_looked_away_is_here_for_a_moment_more(since: float | None, is_here: bool) -> None:
    assert presence.is_here(replace(LOOKING, away_since=since), NOW) is is_here


def test_somebody_with_several_pages_is_here_once_while_one_of_them_is_looked_at() -> None:
    assert presence.people([away(0), LOOKING, LOOKING], NOW) == {(HERE, "contact"): {CLEO: "Cleo"}}
    assert presence.people([away(0), away(1)], NOW) == {}


def test_people_are_told_apart_by_project_and_by_side() -> None:
    vera, vic = Sight(HERE, "member", VERA, "Vera"), Sight(THERE, "contact", VIC, "Vic")
    assert presence.people([LOOKING, vera, vic], NOW) == {
        (HERE, "contact"): {CLEO: "Cleo"},
        (HERE, "member"): {VERA: "Vera"},
        (THERE, "contact"): {VIC: "Vic"},
    }


def test_a_page_in_the_background_was_never_looked_at() -> None:
    for before in (None, replace(LOOKING, project_id=THERE)):
        assert not presence.is_here(presence.after(before, away(NOW)), NOW)


def test_saying_again_that_one_looks_away_keeps_nobody_here() -> None:
    once = presence.after(LOOKING, away(NOW))
    assert once.away_since == NOW
    assert presence.after(once, away(NOW + 3)).away_since == NOW
    assert presence.after(once, LOOKING).away_since is None


def test_everybody_who_leaves_is_told_to_have_left_within_ten_seconds() -> None:
    """Told by a process that goes on, and forgotten by the browser when it does not."""
    assert LINGER_SECONDS + RENEW_SECONDS < 10
    assert 2 * RENEW_SECONDS + 1 <= LEASE_SECONDS <= 10
