"""Connections in a real browser, on a real server whose jobs call real receivers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import icalendar
import pytest
import requests
from playwright.sync_api import Browser

from tests import receivers, studios
from tests.e2e.watching import Watched
from tests.receivers import answers, receiving, until
from tests.studios import COOKIE, Studio

pytestmark = pytest.mark.e2e
PRIVATE = {"PORTAL_WEBHOOK_PRIVATE": "true"}


def sit_down(chromium: Browser, studio: Studio, who: dict[str, str], **how: Any) -> Watched:
    """A browser that is in already."""
    watched = Watched(chromium, studio.server.url, "somebody", **how)
    value = who["Cookie"].partition("=")[2]
    watched.context.add_cookies([{"name": COOKIE, "value": value, "url": studio.server.url}])
    watched.context.set_extra_http_headers({"Accept-Language": "zh-CN" if how["language"] == "zh_Hans" else "en"})
    return watched


@pytest.mark.parametrize(
    ("phone", "language", "scripts"), [(False, "en", True), (True, "en", True), (True, "en", False)]
)
def test_a_target_is_added_tried_out_and_deleted(
    chromium: Browser, tmp_path: Path, phone: bool, language: str, scripts: bool
) -> None:
    with receiving() as receiver, studios.opened(tmp_path, environment=PRIVATE) as studio:
        vera = sit_down(chromium, studio, studio.owner, phone=phone, language=language, scripts=scripts)
        vera.go("/settings/connections")
        vera.fill("/settings/webhooks", name="Accounting", address=receiver.url)
        vera.press("/settings/webhooks")
        assert re.search(r"mps_[\w-]{43}", vera.text())
        vera.page.locator("main a.button-primary").click()
        vera.page.wait_for_load_state("networkidle")
        vera.look()
        vera.press("/test")
        assert until(lambda: [heard.json["event"] for heard in receiver.heard] == ["test"], 20)
        assert until(lambda: "HTTP 200" in (vera.page.reload() and vera.text()), 10)
        vera.look()
        vera.press("/pause")
        vera.press("/resumption")
        vera.press("/removal")
        assert vera.page.locator("main .item", has_text="Accounting").count() == 0
        vera.context.close()


def test_a_target_that_hangs_keeps_no_mail_and_no_other_target_waiting(tmp_path: Path) -> None:
    with (
        receiving(receivers.hangs) as silent,
        receiving() as well,
        studios.opened(tmp_path, environment=PRIVATE) as studio,
    ):
        for number, receiver in enumerate((silent, silent, silent, well)):
            form = {"name": f"Target {number}", "format": "milepost", "address": receiver.url,
                    "idempotency_key": f"a key of its own {number}", "events": ["milestone.submitted"]}  # fmt: skip
            answer = requests.post(
                f"{studio.server.url}/settings/webhooks", data=form, headers=studio.owner, timeout=30
            )
            assert answer.status_code == 200, answer.text
        address = f"{studio.server.url}/milestones/{studio.milestone_id}/submission"
        answer = requests.post(address, data={"note": "Workshop held."}, headers=studio.owner, timeout=30)
        assert answer.status_code == 200, answer.text
        assert until(lambda: len(well.heard) == 1, 8)
        outbox = studio.server.instance / "outbox"
        assert until(lambda: len(list(outbox.glob("*.eml"))) == 1, 8)
        # The others were called beside them, in whatever order.
        assert until(lambda: len(silent.heard) == 3, 8)


@pytest.mark.parametrize(("side", "scripts"), [("client", True), ("client", False), ("owner", True)])
def test_a_calendar_link_is_made_read_and_switched_off(
    chromium: Browser, tmp_path: Path, side: str, scripts: bool
) -> None:
    with studios.opened(tmp_path) as studio:
        who = sit_down(chromium, studio, getattr(studio, side), phone=True, language="en", scripts=scripts)
        who.go("/projects" if side == "client" else "/settings/connections")
        who.press("/calendar")
        path = urlsplit(re.search(r"https?://\S+\.ics", who.text())[0]).path
        answer = requests.get(studio.server.url + path, timeout=30)
        calendar = icalendar.Calendar.from_ical(answer.content)
        assert len(calendar.walk("VEVENT")) == 3
        tag = {"If-None-Match": answer.headers["ETag"]}
        assert requests.get(studio.server.url + path, headers=tag, timeout=30).status_code == 304
        who.page.locator("main a.button-secondary").last.click()
        who.page.wait_for_load_state("networkidle")
        who.press("/calendar/revocation")
        assert requests.get(studio.server.url + path, timeout=30).status_code == 404
        who.context.close()


def inward(studio: Studio) -> receivers.Behaviour:
    return answers(302, Location=f"{studio.server.url}/healthz")


def test_a_redirect_to_this_very_server_is_not_followed(tmp_path: Path) -> None:
    with studios.opened(tmp_path, environment=PRIVATE) as studio, receiving(inward(studio)) as receiver:
        form = {"name": "Turning", "format": "milepost", "address": receiver.url, "events": ["milestone.submitted"],
                "idempotency_key": "a key of its own"}  # fmt: skip
        requests.post(f"{studio.server.url}/settings/webhooks", data=form, headers=studio.owner, timeout=30)
        page = studio.get("/settings/connections").text
        target = re.search(r"/settings/webhooks/[0-9a-f-]{36}", page)[0]
        requests.post(f"{studio.server.url}{target}/test", headers=studio.owner, timeout=30)
        assert until(lambda: "HTTP 302" in studio.get(target).text, 20)
        assert len(receiver.heard) == 1
