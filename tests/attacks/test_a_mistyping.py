"""Slips of the finger are found on the spot and held against nobody (A7)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from portal.models.sitting import Bucket
from portal.rules import codes
from tests import scale
from tests.queries.test_statement_counts import counting
from tests.worlds import World

# What is refused before any database is asked is the same on both.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CODES = 50
EVERY = CODES * 16 * 31


def substitutions(given: list[str]) -> Iterator[str]:
    """Every code that differs from one of the given in a single symbol."""
    for code, place, symbol in itertools.product(given, range(codes.LENGTH), codes.ALPHABET):
        if symbol != code[place]:
            yield code[:place] + symbol + code[place + 1 :]


def swaps(given: list[str]) -> Iterator[str]:
    """Every code that comes from one of the given by exchanging two neighbours that differ."""
    for code, place in itertools.product(given, range(codes.LENGTH - 1)):
        if code[place] != code[place + 1]:
            yield code[:place] + code[place + 1] + code[place] + code[place + 2 :]


def is_slip(text: str) -> bool:
    try:
        codes.normalise(text)
    except codes.Mistyped:
        return True
    return False


@pytest.mark.scaled
def test_every_wrong_symbol_and_nearly_every_swap_is_seen_without_asking_anybody() -> None:
    given = [codes.generate() for _ in range(CODES)]
    wrong, swapped = list(substitutions(given)), list(swaps(given))
    seen, seen_swaps = sum(map(is_slip, wrong)), sum(map(is_slip, swapped))
    scale.figure("A7", "single wrong symbols and neighbour swaps", codes=CODES, wrong=f"{seen} of {len(wrong)}",
                 swapped=f"{seen_swaps} of {len(swapped)}")  # fmt: skip
    assert (len(wrong), seen) == (EVERY, EVERY)
    assert seen_swaps / len(swapped) >= 0.95


@one_database
@pytest.mark.scaled
@pytest.mark.timeout(900)
def test_slips_are_answered_by_the_page_and_never_counted(world: World) -> None:
    """Nobody is throttled for them: the code itself opens after any number."""
    cleo, browser = world.contact(world.project()), world.stranger()
    token = browser.csrf()
    typed = list(substitutions([cleo.code, *(codes.generate() for _ in range(CODES - 1))]))
    scale.chance("slips").shuffle(typed)
    typed = typed[: scale.cases(150, full=EVERY)]
    with counting(world.app) as seen:
        statuses = [
            browser.client.post("/enter", data={"csrf_token": token, "code": text}).status_code for text in typed
        ]
    counted = world.session.scalar(select(func.count()).select_from(Bucket))
    scale.figure("A7", "slips typed into the page", slips=len(typed), counted=counted or 0)
    assert (set(statuses), seen, counted) == ({422}, [], 0)
    assert browser.post("/enter", {"code": cleo.code}).status_code == 303
