"""Forms come from us (reliability.md C1, C2): whatever another site makes a browser send changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from portal import config, create_app, migrating
from portal.web import setup_token
from portal.web.installation import installation
from tests import scale
from tests.access import table
from tests.attacks.contents import changes, contents
from tests.attacks.deeds import DEEDS
from tests.attacks.scene import Case, Request, Scene, one_database
from tests.worlds import Browser, World

pytestmark = pytest.mark.scaled
# These answer without keeping anything.
KEEPS_NOTHING = {("POST", "/projects/rows"), ("POST", "/projects/<uuid>/rows")}

# One click in a mail program: whoever has the token from the mail may, with no form of ours (RFC 8058).
BY_TOKEN = {("POST", "/notices/<token>/unsubscription")}


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene.of(world)


def forgeries(scene: Scene, case: Case) -> list[dict[str, Any]]:
    """What `Request.send` is told, to send it as somebody else's page would."""
    session_of_another = scene.world.stranger().csrf()
    tokens: list[Any] = [None, "ImJhZCI.Zm9yZ2Vk.c2lnbmF0dXJl", session_of_another]
    elsewhere = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
    return [{"token": token} for token in tokens if case not in BY_TOKEN] + [{"headers": each} for each in elsewhere]


def test_there_is_a_deed_for_every_rule_that_changes_something(app: Flask) -> None:
    unsafe = {(method, rule) for method, rule in table.rules(app) if method not in ("GET", "HEAD", "OPTIONS")}
    assert unsafe - {("POST", "/setup")} == set(DEEDS)


@one_database
def test_what_another_site_sends_is_refused_and_what_we_send_is_done(scene: Scene) -> None:
    engine, wrong = installation(scene.world.app).engine, []
    for case, deed in DEEDS.items():
        request = deed(scene)
        before = contents(engine)
        for forged in forgeries(scene, case):
            answer = request.send(**forged)
            if not 400 <= answer.status_code < 500 or changed(engine, before):
                wrong.append(f"{case} with {forged} → {answer.status_code}, {changed(engine, before)}")
        # The control: the same request in our own page's hands is done.
        answer = request.send()
        if answer.status_code >= 400 or (changed(engine, before) == []) != (case in KEEPS_NOTHING):
            wrong.append(f"{case} → {answer.status_code}: {answer.text[:300]}")
    assert wrong == []
    scale.figure("C1", "forms sent by other sites", rules=len(DEEDS), requests=5 * len(DEEDS))


def changed(engine: Any, before: Any) -> list[str]:
    """The tables that are not what they were."""
    return sorted(changes(before, contents(engine)))


def test_the_first_visit_is_not_made_by_another_site(tmp_path: Any) -> None:
    settings = config.load({}, instance=tmp_path / "instance")
    migrating.upgrade(settings)
    app = create_app(settings)
    form = {"token": setup_token.read(settings), "vendor_name": "Evil", "name": "Eve", "email": "eve@evil.example"}
    request = Request(Browser(app.test_client()), "POST", "/setup", form | {"password": "seven quiet harbours 12"})
    before = contents(installation(app).engine)
    for forged in ({"token": None}, {"headers": {"Sec-Fetch-Site": "cross-site"}}, {"headers": {"Origin": "null.x"}}):
        assert request.send(**forged).status_code == 400
    assert changed(installation(app).engine, before) == []
    installation(app).engine.dispose()
