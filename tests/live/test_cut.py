"""Sockets of people whose access ends are cut within two seconds, whoever ended it and however (A8, B9, G3)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import socketio
from sqlalchemy import select, update

from portal.adapters import clock
from portal.models.client import Grant
from portal.models.sitting import Key, Sitting
from portal.models.vendor import Member
from portal.rules.roles import Role
from tests import scale
from tests.live import stages
from tests.live.people import Listener, listening
from tests.live.stages import Stage

SOON_SECONDS = 2.0
# What the machine of a test may add to that.
GRACE_SECONDS = 1.0


@pytest.fixture
def fresh(tmp_path: Path):
    """A server of its own for each: what was ended stays ended."""
    with stages.opened(tmp_path) as made:
        yield made


def revoked(stage: Stage) -> None:
    assert stage.post("owner", f"/grants/{stage.grants['cleo']}/revocation").status_code == 303


def rotated(stage: Stage) -> None:
    assert (
        stage.post(
            "owner", f"/grants/{stage.grants['cleo']}/rotation", idempotency_key="a-key-of-this-test"
        ).status_code
        == 201
    )


def expired(stage: Stage) -> None:
    with stage.studio.look() as session:
        gone = clock.now() - timedelta(seconds=1)
        session.execute(update(Grant).where(Grant.id == stage.grants["cleo"]).values(expires_at=gone))
        session.commit()


def narrowed(stage: Stage) -> None:
    """Other scopes are other rooms, so the socket begins anew."""
    with stage.studio.look() as session:
        session.execute(update(Grant).where(Grant.id == stage.grants["cleo"]).values(scopes_text="pay"))
        session.commit()


def left(stage: Stage) -> None:
    assert stage.post("cleo", "/leave").status_code == 303


def idle(stage: Stage) -> None:
    with stage.studio.look() as session:
        mine = select(Key.sitting_id).where(Key.grant_id == stage.grants["cleo"])
        session.execute(update(Sitting).where(Sitting.id.in_(mine)).values(seen_at=clock.now() - timedelta(days=2)))
        session.commit()


def logged_out(stage: Stage) -> None:
    assert stage.post("member", "/logout").status_code == 303


def removed(stage: Stage) -> None:
    with stage.studio.look() as session:
        member = session.scalar(select(Member.id).where(Member.role == Role.MEMBER).order_by(Member.created_at))
    assert stage.post("owner", f"/settings/members/{member}/removal").status_code == 303


def promoted(stage: Stage) -> None:
    with stage.studio.look() as session:
        member = session.scalar(select(Member.id).where(Member.role == Role.MEMBER).order_by(Member.created_at))
    assert stage.post("owner", f"/settings/members/{member}/role", role="manager").status_code == 303


def ended_elsewhere(stage: Stage) -> None:
    """Another process, or somebody at the database: no event of ours tells of it."""
    with stage.studio.look() as session:
        session.execute(update(Sitting).where(Sitting.member_id.is_not(None)).values(ended_at=clock.now()))
        session.commit()


ENDINGS: list[tuple[str, Callable[[Stage], None]]] = [
    ("cleo", revoked),
    ("cleo", rotated),
    ("cleo", expired),
    ("cleo", narrowed),
    ("cleo", left),
    ("cleo", idle),
    ("member", logged_out),
    ("member", removed),
    ("member", promoted),
    ("member", ended_elsewhere),
]


@pytest.mark.parametrize(("who", "end"), ENDINGS, ids=[end.__name__ for _, end in ENDINGS])
def test_three_sockets_of_whoever_is_out_are_cut_and_those_of_others_stay(fresh: Stage, who, end):
    with listening(fresh.url, *[fresh.people[who]] * 3, fresh.people["other contact"]) as sockets:
        *theirs, other = sockets
        end(fresh)
        begun = time.monotonic()
        for socket in theirs:
            assert socket.gone.wait(SOON_SECONDS + GRACE_SECONDS), f"still there after {time.monotonic() - begun:.1f} s"
            socket.wait_for("signed_out")
        assert not other.gone.is_set()
        fresh.say("owner" if end is not ended_elsewhere else "other contact", "after the end")
        time.sleep(0.3)
        for socket in theirs:
            assert socket.fragments() == []
    scale.figure("A8", f"three sockets, access {end.__name__}", sockets=3)


def test_an_event_of_whoever_is_out_is_refused_before_the_second_is_over(fresh: Stage):
    socket = Listener(fresh.url, fresh.people["cleo"]).connect()
    revoked(fresh)
    try:
        assert socket.say("typing", {"thread": str(fresh.ids["milestone"])}) == {"error": "refused"}
    except socketio.exceptions.SocketIOError:
        # Cut already.
        assert socket.gone.wait(SOON_SECONDS)
    socket.leave()
