"""The walls that every answer carries, whatever it answers; and hosts that are not ours."""

from __future__ import annotations

import pytest

from tests.worlds import World

DIRECTIVES = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "connect-src 'self'",
    "font-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
}  # fmt: skip
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.fixture
def answers(world: World) -> dict[str, object]:
    """Pages, a part of one, a redirect, and refusals of several kinds."""
    owner, stranger = world.browser(world.owner), world.stranger()
    project = world.project()
    return {
        "a page": owner.get(f"/projects/{project.id}"),
        "a part": owner.get("/projects?q=x", HX_Request="true"),
        "the entrance": stranger.get("/enter"),
        "a stranger": stranger.get(f"/projects/{project.id}"),
        "nothing there": owner.get("/nothing/there"),
        "another method": owner.client.delete("/enter"),
        "no token": owner.client.post("/leave"),
        "json": stranger.get("/projects", Accept="application/json"),
        "an upload": owner.client.post("/uploads"),
        "health": stranger.get("/healthz"),
    }


def test_every_answer_carries_the_same_walls(answers) -> None:
    for what, answer in answers.items():
        told = answer.headers
        assert set(told["Content-Security-Policy"].split("; ")) == DIRECTIVES, what
        assert {name: told.get(name) for name in ALWAYS} == ALWAYS, what
        assert {"HX-Request", "Cookie"} <= set(answer.vary), what


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "[::1].evil"])
def test_a_host_that_is_not_ours_is_refused(world: World, host: str) -> None:
    answer = world.stranger().get("/enter", Host=host)
    assert answer.status_code == 400
    assert "evil" not in answer.text
