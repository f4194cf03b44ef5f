"""kill -9 while people work: what was acknowledged is stored, what was not is whole or absent (I5, D12)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres, scale
from tests.faults import invariants
from tests.faults.journal import Journal
from tests.faults.lives import Life
from tests.faults.patience import Killer
from tests.ground import lay_tables
from tests.studios import Studio, opened
from tests.warm import WarmServer

KILLS = {"sqlite": scale.cases(40, full=500), "postgresql": scale.cases(5, full=100)}
CLIENTS = 4
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 10 * KILLS["sqlite"])]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Studio]:
    """A running studio on either database."""
    if request.param == "sqlite":
        with opened(tmp_path, kind=WarmServer) as running:
            yield running
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database(template=lay_tables) as url:
        (tmp_path / "instance").mkdir()
        (tmp_path / "instance" / "portal.toml").write_text(f'database_url = "{url}"\n')
        with opened(tmp_path, kind=WarmServer) as running:
            yield running


def test_random_kills_lose_nothing_that_was_acknowledged(studio: Studio, request: pytest.FixtureRequest) -> None:
    database = request.node.callspec.params["studio"]
    journal, looks = Journal(), []

    def look() -> None:
        with journal.at_rest(), studio.look() as session:
            journal.is_kept(session)
            invariants.hold(session)
        looks.append(len(journal))

    lives = [
        Life(studio.server.url, studio.owner, journal, scale.chance(f"life {n} {database}")) for n in range(CLIENTS)
    ]
    chance = scale.chance(f"kills {database}")
    killer = Killer(studio.server, chance, KILLS[database], between=look, progress=journal.__len__)
    live_through(killer, lives)
    assert [life.failure for life in lives if life.failure] == []
    assert (killer.kills, killer.failure) == (KILLS[database], None)
    studio.server.stop()
    look()
    with studio.look() as session:
        invariants.explained(session)
    assert "storage_unexplained" not in studio.server.log.read_text()
    assert set(journal.kinds) >= {"project", "granted", "revoked", "stored", "submitted", "reported", "confirmed"}
    counted = {"kills": killer.kills, "acknowledged": len(journal), "looks": len(looks)}
    scale.figure("I5", f"kill -9 over mixed work of {CLIENTS} clients, {database}", **counted)


def live_through(killer: Killer, lives: list[Life]) -> None:
    """All of them at once, until there were enough kills or somebody found a fault."""
    threads: list[threading.Thread] = [*lives, killer]
    for thread in threads:
        thread.start()
    while killer.is_alive() and not any(life.failure for life in lives):
        killer.join(0.2)
    killer.enough.set()
    for life in lives:
        life.enough.set()
    for thread in threads:
        thread.join()
