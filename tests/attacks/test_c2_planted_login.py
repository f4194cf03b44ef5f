"""Nobody is put into an attacker's project or account by a page of the attacker's (reliability.md C2)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from portal.models.sitting import Sitting
from tests import scale
from tests.attacks import deeds
from tests.attacks.scene import Scene, one_database
from tests.worlds import World

pytestmark = pytest.mark.scaled
FORGED = {
    "without a token": {"token": None},
    "with the attacker's own token": {},
    "from another site": {"headers": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}},
}


def sittings(scene: Scene) -> int:
    scene.world.session.rollback()
    return scene.world.session.scalar(select(func.count()).select_from(Sitting)) or 0


@one_database
@pytest.mark.parametrize("way_in", [deeds.enter, deeds.log_in])
@pytest.mark.parametrize("forged", FORGED)
def test_a_page_of_somebody_else_puts_nobody_in(world: World, way_in: deeds.Deed, forged: str) -> None:
    scene = Scene.of(world)
    request, victim = way_in(scene), world.stranger()
    sent = {"token": scene.world.stranger().csrf()} | FORGED[forged]
    if forged == "from another site":
        sent["token"] = victim.csrf()
    before = sittings(scene)
    assert replace(request, browser=victim).send(**sent).status_code == 400
    assert sittings(scene) == before
    assert victim.get("/projects").status_code == 303
    # The control: typed into our own page, it opens.
    assert replace(request, browser=victim).send().status_code == 303
    assert victim.get("/projects").status_code == 200
    scale.figure("C2", f"{way_in.__name__.replace('_', ' ')} {forged}", requests=1, put_in=0)
