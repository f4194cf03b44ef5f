"""What a proxy that nobody declared claims to forward counts for nothing."""

from __future__ import annotations

from portal.rules import codes
from tests.worlds import World


def test_without_a_declared_proxy_an_invented_address_buys_no_second_bucket(world: World) -> None:
    """A13: each try names another address, wherever in the list it is looked for."""
    stranger = world.stranger()
    statuses = []
    for number in range(14):
        forwarded = f"192.0.2.{number}, 198.51.100.{number}, 203.0.113.{number}"
        answer = stranger.post("/enter", {"code": codes.generate()}, X_Forwarded_For=forwarded)
        statuses.append(answer.status_code)
    assert statuses == [422] * 10 + [429] * 4


def test_without_a_declared_proxy_a_forwarded_host_is_no_host_of_ours(world: World) -> None:
    answer = world.stranger().get("/projects", X_Forwarded_Host="evil.example", X_Forwarded_Proto="https")
    assert answer.location == "/enter"
    assert "Strict-Transport-Security" not in answer.headers
