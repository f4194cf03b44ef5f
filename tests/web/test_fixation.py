"""What was planted in a browser before its owner came in is gone afterwards; who was let go is out in any case."""

from __future__ import annotations

from portal.adapters import clock
from portal.models.vendor import Member
from tests.worlds import World


def test_nothing_planted_in_a_session_survives_entering(world: World) -> None:
    cleo, victim = world.contact(world.project()), world.stranger()
    victim.csrf()
    with victim.client.session_transaction() as session:
        session["planted"], session["locale"], known = "by Mallory", "zh_Hans", session["csrf_token"]
    assert victim.post("/enter", {"code": cleo.code}).status_code == 303
    victim.get("/projects")
    with victim.client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != known
        assert session["locale"] == "zh_Hans"


def test_a_member_who_is_disabled_is_nobody_though_the_sitting_was_not_ended(world: World) -> None:
    """Letting somebody go ends their sittings too; this is what holds if one was forgotten."""
    max_ = world.member()
    browser = world.browser(max_)
    assert browser.get("/projects").status_code == 200
    world.session.get_one(Member, max_.member_id).disabled_at = clock.now()
    world.session.commit()
    assert browser.get("/projects").status_code == 303
