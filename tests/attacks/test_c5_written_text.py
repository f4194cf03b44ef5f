"""What people wrote is text (reliability.md C4, C5): whatever they write, the page has the elements it always has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.models.sitting import Bucket
from tests import scale
from tests.attacks import pages, written
from tests.attacks.deeds import DEEDS
from tests.attacks.pages import Page
from tests.attacks.payloads import HTMX, SCRIPTS
from tests.attacks.scene import Scene, one_database
from tests.attacks.written import FIELDS, Written
from tests.worlds import World

pytestmark = pytest.mark.scaled
HARMLESS = "just words"
# Forms that show again what was typed when it cannot be taken.
REPEATED = [
    ("POST", address)
    for address in (
        "/projects", "/projects/<uuid>/terms", "/projects/<uuid>/grants", "/milestones/<uuid>/payments",
        "/payments/<uuid>/confirmation", "/milestones/<uuid>/release", "/settings/studio", "/settings/members",
        "/settings/account/zone", "/login", "/enter",
    )
]  # fmt: skip
STROKES = {"path", "circle", "line", "rect", "polyline", "polygon", "ellipse"}
QUERIES = ("q", "standing", "page")
Skeletons = dict[str, Any]


def test_there_are_as_many_payloads_as_promised() -> None:
    assert len(set(SCRIPTS)) >= 100
    assert len(set(HTMX)) >= 40
    assert max(map(len, SCRIPTS + HTMX)) <= 60


def shifted(kind: tuple[str, ...], by: int) -> Callable[[str], str]:
    """Each field says another payload; after as many rounds as there are payloads, each field has said all."""
    return lambda field: kind[(FIELDS.index(field) + by) % len(kind)][: LIMITS.get(field, 60)]


LIMITS = {"bank code": 34, "project kind": 40}


def skeletons(world: World, story: Written) -> Skeletons:
    """What every page is made of, by the place it has in the story."""
    people = {"owner": world.browser(world.owner), "contact": world.entered(*story.codes)}
    addresses = ["/projects", "/settings", "/settings/payment", "/settings/members", *story.addresses]
    return {
        f"{name} {number}": made_of(answer)
        for name, browser in people.items()
        for number, address in enumerate(addresses)
        if pages.is_html(answer := browser.get(address))
    }


def made_of(answer: Any) -> tuple[int, Counter[Any]]:
    """Status, elements and names of attributes. Not their order: lists are sorted by what people wrote.

    Nor what icons are made of: which one a file gets depends on its name.
    """
    return answer.status_code, Counter(part for part in Page(answer.text).skeleton if part[0] not in STROKES)


def told(app: Flask, session: Session, say: Callable[[str], str]) -> Skeletons:
    world = World.founded(app, session)
    return skeletons(world, written.write(world, say))


@one_database
@pytest.mark.parametrize("kind", [SCRIPTS, HTMX], ids=["scripts", "htmx"])
def test_words_make_no_element_and_no_attribute(app: Flask, session: Session, kind: tuple[str, ...]) -> None:
    plain = told(app, session, lambda field: field)
    assert len(plain) > 25
    rounds, wrong = scale.cases(2, full=len(kind)), []
    start = scale.chance(f"C5 {len(kind)}").randrange(len(kind))
    for by in range(start, start + rounds):
        got = told(app, session, shifted(kind, by))
        wrong += [f"round {by}: {place}" for place in plain if got[place] != plain[place]]
    assert wrong == []
    number = "C5" if kind is SCRIPTS else "C4"
    counted = {"fields": len(FIELDS), "payloads": rounds, "pages": rounds * len(plain)}
    scale.figure(number, "words that would be markup, stored in every field", **counted)


@one_database
@pytest.mark.parametrize("kind", [SCRIPTS, HTMX], ids=["scripts", "htmx"])
def test_a_form_that_comes_back_shows_what_was_typed_as_text(world: World, kind: tuple[str, ...]) -> None:
    """Refused forms, searches and whatever else is repeated to the one who sent it."""
    scene, sent = Scene.of(world), 0
    rounds = scale.cases(1, full=len(kind))
    start = scale.chance("C5 forms").randrange(len(kind))
    for case in REPEATED:
        request = DEEDS[case](scene)
        plain = made_of(request.send(form=dict.fromkeys(request.form, HARMLESS)))
        for by in range(start, start + rounds):
            forget_tries(world)
            typed = {name: kind[(by + at) % len(kind)] for at, name in enumerate(request.form)}
            assert made_of(request.send(form=typed)) == plain, (case, typed)
            sent += 1
    for by in range(start, start + rounds):
        for name in QUERIES:
            assert searched(scene, name, kind[by % len(kind)]) == searched(scene, name, "zzzz"), (name, by)
    scale.figure("C5" if kind is SCRIPTS else "C4", "words that would be markup, sent back", forms=sent)


def forget_tries(world: World) -> None:
    """Of codes and passwords: what is asked here is not how many there may be."""
    world.session.rollback()
    world.session.execute(delete(Bucket))
    world.session.commit()


def searched(scene: Scene, name: str, text: str) -> Any:
    return made_of(scene.owner.client.get("/projects", query_string={name: text}))
