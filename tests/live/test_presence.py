"""Who of the other side is here: told by itself, to those who may know it, and soon not any more (issue 4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import websocket
from sqlalchemy import text

from portal.live.guests import Guest, Pages
from portal.live.sockets import PING_SECONDS
from portal.rules.presence import LEASE_SECONDS, LINGER_SECONDS, RENEW_SECONDS, Sight
from tests import scale
from tests.live import stages
from tests.live.people import Listener, listening
from tests.live.stages import Stage
from tests.live.test_cut import GRACE_SECONDS, SOON_SECONDS, expired, left, logged_out, narrowed, revoked

PATIENCE_SECONDS = 15.0
# Leaving is told within this. A line that is cut without a word has to fail a ping first.
GONE_SECONDS = 10.0


def look(socket: Listener, stage: Stage, about: str = "milestone", *, visible: bool = True) -> Any:
    return socket.say("here", {"thread": str(stage.ids[about]), "visible": visible})


def names(socket: Listener) -> list[str]:
    """Who is here, as the page of this socket shows it: what each process said last, together."""
    last = {content["source"]: content["people"] for event, content in list(socket.heard) if event == "present"}
    return sorted({person["id"]: person["name"] for people in last.values() for person in people}.values())


def ever_named(socket: Listener) -> set[str]:
    """Everybody this socket was told of, at any time."""
    told = [content["people"] for event, content in list(socket.heard) if event == "present"]
    return {person["name"] for people in told for person in people}


def within(seconds: float, holds: Callable[[], bool]) -> float:
    """How long it took until it holds; fails when it does not in time."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds
        time.sleep(0.05)
    return time.monotonic() - begun


@contextmanager
def watching(stage: Stage, *people: str) -> Iterator[list[Listener]]:
    """Sockets of these people, each with the page of the milestone before them."""
    with listening(stage.url, *(stage.people[who] for who in people)) as sockets:
        for socket in sockets:
            assert look(socket, stage) == {"ok": True}
        yield sockets


@pytest.fixture
def empty(stage: Stage) -> Stage:
    """Nobody is here any more, whoever the test before this one left."""
    time.sleep(LINGER_SECONDS + 2)
    return stage


def test_each_side_is_told_of_the_other_and_nobody_of_their_own(empty: Stage):
    with watching(empty, "owner", "member", "cleo", "viewer") as [owner, member, cleo, viewer]:
        for socket in (owner, member):
            within(PATIENCE_SECONDS, lambda socket=socket: names(socket) == ["Cleo Chen", "Vic View"])
        for socket in (cleo, viewer):
            within(PATIENCE_SECONDS, lambda socket=socket: len(names(socket)) == 2)
        # By what is told to newcomers, by what changes, and by what is told again.
        time.sleep(RENEW_SECONDS + 1)
        for socket in (owner, member):
            assert ever_named(socket) == {"Cleo Chen", "Vic View"}
        assert ever_named(cleo) == ever_named(viewer)
        assert not {"Cleo Chen", "Vic View"} & ever_named(cleo)


def test_whoever_comes_later_is_told_who_is_here_already(empty: Stage):
    with watching(empty, "cleo"), watching(empty, "owner") as [owner]:
        assert within(3, lambda: names(owner) == ["Cleo Chen"]) < 3


def test_whoever_only_pays_neither_sees_nor_is_seen(empty: Stage):
    with listening(empty.url, empty.people["payer"]) as [payer], watching(empty, "owner", "cleo") as [owner, _]:
        assert look(payer, empty) == look(payer, empty, "project") == {"error": "refused"}
        within(PATIENCE_SECONDS, lambda: names(owner) == ["Cleo Chen"])
        time.sleep(RENEW_SECONDS)
        assert names(owner) == ["Cleo Chen"]
        assert names(payer) == []


def test_people_of_another_project_and_another_studio_are_not_seen(empty: Stage):
    """Each looks at what is theirs; a member of the studio sees whom the page before them is about, nobody else."""
    others = ("neighbour", "other owner", "other contact")
    with watching(empty, "owner", "cleo") as [owner, _], listening(empty.url, *map(empty.people.get, others)) as away:
        for socket, about in zip(away, ("neighbour project", "foreign", "foreign"), strict=True):
            assert look(socket, empty, about) == {"ok": True}
        neighbour, other_owner, other_contact = away
        within(PATIENCE_SECONDS, lambda: len(names(other_owner)) == len(names(other_contact)) == 1)
        time.sleep(RENEW_SECONDS + 1)
        assert names(owner) == ["Cleo Chen"]
        assert names(neighbour) == []
        assert names(other_owner) == ["Ola Other"]
        assert look(owner, empty, "neighbour project") == {"ok": True}
        within(PATIENCE_SECONDS, lambda: names(owner)[-1:] == ["Nia Next"])
        within(PATIENCE_SECONDS, lambda: len(names(neighbour)) == 1)


def test_somebody_with_three_pages_is_one_person_until_the_last_is_closed(empty: Stage):
    with watching(empty, "owner") as [owner], watching(empty, "cleo") as [last]:
        with watching(empty, "cleo", "cleo"):
            within(PATIENCE_SECONDS, lambda: names(owner) == ["Cleo Chen"])
        time.sleep(LINGER_SECONDS + 2)
        assert names(owner) == ["Cleo Chen"]
        last.leave()
        within(GONE_SECONDS, lambda: names(owner) == [])


def test_a_phone_in_the_pocket_is_not_here_and_is_again_when_taken_out(empty: Stage):
    with watching(empty, "owner", "cleo") as [owner, cleo]:
        within(PATIENCE_SECONDS, lambda: names(owner) == ["Cleo Chen"])
        assert look(cleo, empty, visible=False) == {"ok": True}
        within(GONE_SECONDS, lambda: names(owner) == [])
        assert look(cleo, empty) == {"ok": True}
        within(3, lambda: names(owner) == ["Cleo Chen"])


def test_going_to_the_next_page_is_not_leaving(empty: Stage):
    with watching(empty, "owner") as [owner]:
        for _ in range(3):
            with watching(empty, "cleo"):
                within(PATIENCE_SECONDS, lambda: names(owner) == ["Cleo Chen"])
                before = len(owner.heard)
        time.sleep(1)
        assert all(content["people"] for event, content in owner.heard[before:] if event == "present")
        within(GONE_SECONDS, lambda: names(owner) == [])


def test_a_line_that_goes_dead_without_a_word_is_noticed(empty: Stage):
    """A bare WebSocket that answers no ping: a phone in a tunnel."""
    address = f"{empty.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    header = [f"Cookie: {empty.people['cleo']['Cookie']}"]
    with watching(empty, "owner") as [owner]:
        phone = websocket.create_connection(address, timeout=20, suppress_origin=True, header=header)
        phone.recv()
        phone.send("40")
        phone.recv()
        phone.send(f'42["here",{{"thread":"{empty.ids["milestone"]}","visible":true}}]')
        within(3, lambda: names(owner) == ["Cleo Chen"])
        took = within(PING_SECONDS + GONE_SECONDS + GRACE_SECONDS, lambda: names(owner) == [])
        phone.close()
    scale.figure("G3", "a dead line is not somebody who is here", seconds=round(took))


def test_what_is_told_counts_for_a_few_seconds_and_is_told_again_before(empty: Stage):
    assert LEASE_SECONDS >= 2 * RENEW_SECONDS + 1
    with watching(empty, "owner", "cleo") as [owner, _]:
        within(PATIENCE_SECONDS, lambda: names(owner) == ["Cleo Chen"])
        before = len(owner.heard)
        time.sleep(2 * RENEW_SECONDS + 2)
        again = [content for event, content in owner.heard[before:] if event == "present"]
        assert 1 <= len(again) <= 3
        assert {content["seconds"] for content in again} == {LEASE_SECONDS}


def test_looking_away_and_back_all_the_time_tells_others_nothing(empty: Stage):
    with watching(empty, "owner", "cleo") as [owner, cleo]:
        within(PATIENCE_SECONDS, lambda: names(owner) == ["Cleo Chen"])
        before = len(owner.heard)
        for number in range(200):
            cleo.client.emit("here", {"thread": str(empty.ids["milestone"]), "visible": number % 2 == 0})
        time.sleep(3)
        assert len([event for event, _ in owner.heard[before:] if event == "present"]) <= 4


def test_a_page_in_the_background_shows_nobody_however_often_it_says_so(empty: Stage):
    with watching(empty, "owner") as [owner], listening(empty.url, empty.people["cleo"]) as [cleo]:
        before = len(owner.heard)
        for _ in range(3):
            assert look(cleo, empty, visible=False) == {"ok": True}
            time.sleep(1)
        assert [content for event, content in owner.heard[before:] if event == "present"] == []
        assert look(cleo, empty) == {"ok": True}
        within(3, lambda: names(owner) == ["Cleo Chen"])
        deadline = time.monotonic() + GONE_SECONDS
        while names(owner) and time.monotonic() < deadline:
            look(cleo, empty, visible=False)
            time.sleep(1)
        assert names(owner) == []


WRONG = (
    None, {}, [], "here", 1, {"thread": "x", "visible": True}, {"visible": True}, {"thread": "", "visible": True},
    {"thread": None, "visible": True}, {"project": "milestone", "visible": True},
)  # fmt: skip


def test_what_no_page_says_makes_nobody_be_here(empty: Stage):
    thread = str(empty.ids["milestone"])
    odd = [{"thread": thread}, {"thread": thread, "visible": True, "name": "Mallory"}, [thread, True]]
    odd += [{"thread": thread, "visible": value} for value in (1, 0, None, "true", [], {}, 1.0)]
    odd += [{"thread": value, "visible": True} for value in (thread.upper(), f"{thread} ", thread[:-1], [thread], 7)]
    with watching(empty, "owner") as [owner], listening(empty.url, empty.people["cleo"]) as [cleo]:
        for content in (*WRONG, *odd):
            assert cleo.say("here", content) == {"error": "refused"}, content
            time.sleep(0.25)
        assert cleo.say("here", {"thread": thread, "visible": True}, "more") == {"error": "refused"}
        time.sleep(1)
        assert names(owner) == []


def test_nothing_of_it_is_written(empty: Stage):
    """Neither who is here nor when is kept anywhere: the database says the same before and after."""
    with empty.studio.look() as session:
        tables = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()

    def kept() -> dict[str, list[str]]:
        # When a sitting was last seen is noted for any request, this event's or a page's.
        with empty.studio.look() as session:
            rows = {table: session.execute(text(f'SELECT * FROM "{table}"')).all() for table in tables}
        return {table: sorted(map(str, found)) for table, found in rows.items() if table != "sittings"}

    with listening(empty.url, empty.people["owner"], empty.people["cleo"]) as [owner, cleo]:
        before = kept()
        for socket in (owner, cleo):
            assert look(socket, empty) == {"ok": True}
        within(PATIENCE_SECONDS, lambda: names(owner) == ["Cleo Chen"])
        assert look(cleo, empty, visible=False) == {"ok": True}
        within(GONE_SECONDS, lambda: names(owner) == [])
        assert kept() == before


ENDINGS: list[tuple[str, str, Callable[[Stage], None]]] = [
    ("cleo", "owner", revoked),
    ("cleo", "owner", expired),
    ("cleo", "owner", narrowed),
    ("cleo", "owner", left),
    ("member", "cleo", logged_out),
]


@pytest.mark.parametrize(("who", "by", "end"), ENDINGS, ids=[end.__name__ for *_, end in ENDINGS])
def test_whoever_is_out_is_gone_within_two_seconds_and_is_told_nothing_more(tmp_path: Path, who, by, end):
    with stages.opened(tmp_path) as stage, watching(stage, by, who) as [other, gone]:
        within(PATIENCE_SECONDS, lambda: len(names(other)) == 1)
        end(stage)
        took = within(SOON_SECONDS + GRACE_SECONDS, lambda: names(other) == [])
        assert gone.gone.wait(2)
        before = [event for event, _ in gone.heard].count("present")
        look(other, stage, visible=False)
        time.sleep(LINGER_SECONDS + 2)
        assert [event for event, _ in gone.heard].count("present") == before
    scale.figure("A8", f"somebody {end.__name__} is not shown any more", ms=round(took * 1000))


def test_whoever_is_revoked_just_after_closing_the_page_does_not_linger(tmp_path: Path):
    with stages.opened(tmp_path) as stage, watching(stage, "owner", "cleo") as [owner, cleo]:
        within(PATIENCE_SECONDS, lambda: names(owner) == ["Cleo Chen"])
        cleo.leave()
        revoked(stage)
        within(SOON_SECONDS + GRACE_SECONDS, lambda: names(owner) == [])


GUEST = Guest("sid", uuid4(), "standing")
LOOKED_AT = Sight(uuid4(), "contact", uuid4(), "Cleo")


def test_a_page_whose_socket_is_gone_is_looked_at_no_more_and_soon_forgotten():
    pages = Pages()
    pages.show(GUEST, LOOKED_AT)
    assert pages.sights(100, lambda _: 0.0) == [LOOKED_AT]
    assert [sight.away_since for sight in pages.sights(101, lambda _: None)] == [101]
    assert pages.guests() == [GUEST]
    assert pages.sights(101 + LINGER_SECONDS, lambda _: None) == []
    assert pages.guests() == []


def test_a_page_whose_line_does_not_answer_is_looked_at_no_more():
    pages = Pages()
    pages.show(GUEST, LOOKED_AT)
    assert [sight.away_since for sight in pages.sights(100, lambda _: 3.0)] == [97]
    assert [sight.away_since for sight in pages.sights(101, lambda _: 0.0)] == [None]


def test_whoever_may_not_be_here_is_forgotten_at_once_and_told_nothing():
    pages = Pages()
    pages.show(GUEST, LOOKED_AT)
    pages.drop(GUEST.sid)
    assert (pages.newcomers(), pages.guests(), pages.sights(100, lambda _: 0.0)) == ([], [], [])
