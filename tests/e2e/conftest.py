"""A server of its own for each journey, and a studio at work for each conversation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.models.client import Contact
from portal.models.milestone import Milestone
from tests.servers import Server, serving
from tests.studios import Studio, opened
from tests.worlds import Entered, World


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A portal nobody has set up yet."""
    with serving(tmp_path / "instance") as up:
        yield up


@pytest.fixture
def client_speaks() -> str:
    """Tests choose by a parameter of this name."""
    return "en"


@pytest.fixture
def studio(tmp_path: Path, client_speaks: str) -> Iterator[Studio]:
    """Vera’s studio, with a project under way for Cleo."""

    def furnish(world: World, milestone: Milestone, entered: Entered) -> None:
        contact = world.session.get_one(Contact, entered.actor.keys[0].contact_id)
        contact.name, contact.locale = "Cleo 陈", client_speaks
        world.session.commit()

    with opened(tmp_path, furnish=furnish) as running:
        yield running
