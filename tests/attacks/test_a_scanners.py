"""Programs that look at links before people do open nothing and use nothing up (A6)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.models.client import GrantUse
from portal.models.sitting import Bucket, Key, Sitting
from portal.rules import codes
from tests import scale
from tests.attacks.a_instances import kind_of
from tests.worlds import World

SCANNERS = (
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SafeLinks/1.0",
    "Mozilla/5.0 (compatible; Microsoft-Office/16.0; Outlook)",
    "Mozilla/5.0 BingPreview/1.0b",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "Mozilla/5.0 (compatible; Mimecast)",
    "Barracuda Sentinel",
    "Mozilla/5.0 (compatible; Symantec Email Security)",
    "FortiMail/7.0",
    "Mozilla/5.0 (compatible; GoogleImageProxy)",
    "Google-Read-Aloud",
    "Slackbot-LinkExpanding 1.0",
    "WhatsApp/2.23",
    "TelegramBot (like TwitterBot)",
    "facebookexternalhit/1.1",
    "Twitterbot/1.0",
    "LinkedInBot/1.0",
    "Discordbot/2.0",
    "SkypeUriPreview",
    "curl/8.5",
    "",
)


@pytest.mark.scaled
def test_scanners_of_mail_open_nothing(world: World) -> None:
    cleo = world.contact(world.project())
    link = f"/enter#{codes.display(cleo.code)}"
    for agent in SCANNERS:
        for method in ("GET", "HEAD"):
            for address in (link, link.replace("#", "?code="), f"/enter/{cleo.code}"):
                answer = world.stranger().client.open(address, method=method, headers={"User-Agent": agent})
                assert answer.status_code == (404 if address.endswith(f"/{cleo.code}") else 200), (agent, address)
                # The form for the language knows its own address; the one for the code is empty.
                assert f'value="{cleo.code}"' not in answer.text.replace("-", "")
    assert [count(world, model) for model in (Sitting, GrantUse, Key, Bucket)] == [0, 0, 0, 0]
    # The link is as good as before.
    assert world.stranger().post("/enter", {"code": cleo.code}).status_code == 303
    scale.figure("A6", "scanners that look at a link", scanners=len(SCANNERS), database=kind_of(world.session))


def test_a_person_who_enters_leaves_the_traces_a_scanner_does_not(world: World) -> None:
    """The control: the same tables tell when somebody did enter."""
    world.entered(world.contact(world.project()).code)
    assert [count(world, model) for model in (Sitting, GrantUse, Key)] == [1, 1, 1]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_no_reading_method_enters_whatever_is_written_in_its_query(world: World, method: str) -> None:
    cleo = world.contact(world.project())
    browser = world.stranger()
    address = f"/enter?code={cleo.code}&csrf_token={browser.csrf()}&_method=POST"
    browser.client.open(address, method=method, headers={"X-HTTP-Method-Override": "POST"})
    assert [count(world, model) for model in (Sitting, GrantUse, Key)] == [0, 0, 0]


def count(world: World, model: type) -> int:
    world.session.rollback()
    return world.session.scalar(select(func.count()).select_from(model)) or 0
