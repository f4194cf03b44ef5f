"""Who we are is what the settings say, not what a request says (reliability.md C8)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from portal import config, create_app
from portal.config import Config
from portal.notifications import dispatch
from portal.web.installation import installation
from tests import scale
from tests.attacks import deeds
from tests.attacks.letters import Box
from tests.attacks.scene import Scene, one_database
from tests.worlds import World

pytestmark = pytest.mark.scaled
HOSTS = (
    "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "127.0.0.1:8000.evil.example", "evil.127.0.0.1",
    "localhost.evil.example", "localhost@evil.example", "evil.example#localhost", "evil.example/localhost",
    "evil.example\\localhost", "localhost evil.example", "127.0.0.1,evil.example", "[::ffff:127.0.0.1]", "0x7f000001",
    "2130706433",
)  # fmt: skip
ADDRESSES = ("/", "/enter", "/static/css/base.css", "/nowhere")
FORWARDED = ("X-Forwarded-Host", "X-Host", "Forwarded", "X-Forwarded-Server", "X-Original-Host")


def shown(answer: Any) -> str:
    return str(answer.headers) + answer.text


@one_database
def test_a_host_that_is_not_ours_gets_nothing(app: Flask) -> None:
    client, wrong = app.test_client(), []
    for host in HOSTS:
        answers = [client.get(address, headers={"Host": host}, buffered=True) for address in ADDRESSES]
        answers.append(client.post("/enter", data={"code": "x"}, headers={"Host": host}))
        wrong += [host for answer in answers if answer.status_code != 400 or host in shown(answer)]
    assert wrong == []
    assert client.get("/enter").status_code == 200
    scale.figure("C8", "hosts that are not ours", hosts=len(HOSTS), requests=5 * len(HOSTS))


@one_database
@pytest.mark.parametrize("hops", [0, 1, 2])
def test_what_a_proxy_is_said_to_have_seen_changes_no_address(settings: Config, hops: int) -> None:
    """Behind a proxy too: its address and scheme count, the host it names does not."""
    given = {"PORTAL_DATABASE_URL": settings.database_url, "PORTAL_TRUSTED_PROXIES": str(hops)}
    app = create_app(config.load(given, instance=settings.instance))
    client = app.test_client()
    for host in HOSTS:
        told = {name: f"host={host}" if name == "Forwarded" else host for name in FORWARDED}
        for address in ("/", "/projects", "/enter"):
            answer = client.get(address, headers=told)
            assert answer.status_code < 400
            assert host not in shown(answer)
            assert answer.headers.get("Location", "/").startswith("/")
    installation(app).engine.dispose()


@one_database
def test_mails_and_letters_lead_to_the_address_of_the_settings(settings: Config) -> None:
    """Also when whoever caused them came by another of our names, as everybody in a test does (localhost)."""
    given = {"PORTAL_DATABASE_URL": settings.database_url, "PORTAL_BASE_URL": "http://portal.example"}
    app = create_app(config.load(given, instance=settings.instance))
    with installation(app).sessions() as session:
        scene = Scene.of(World.founded(app, session))
        letter, box = deeds.issue(scene).send().text, Box()
        assert [deed(scene).send().status_code for deed in (deeds.report, deeds.confirm)] == [303, 303]
        dispatch.send_due(session, post=box, sender="milepost@portal.example")
        assert "http://portal.example/enter#" in letter
        assert len(box.letters) >= 2
        assert all("http://portal.example/" in text for _, text in box.letters)
        assert [text for text in (letter, *(text for _, text in box.letters)) if "localhost" in text] == []
    installation(app).engine.dispose()
