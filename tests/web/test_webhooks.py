"""The page of connections: targets are added, tried, paused and deleted there, and a secret is shown once."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from portal.rules.roles import Role
from portal.services import calls, webhooks
from portal.web.installation import installation
from tests import targets
from tests.forms import beside
from tests.queries.test_statement_counts import counting
from tests.receivers import answers, receiving
from tests.targets import deliveries, target
from tests.worlds import Browser, World

FORM = {"name": "Accounting <b>x</b>", "format": "milepost", "address": "https://hooks.example.org/in?token=abcdef",
        "robot_key": "", "events": ["project.started", "payment.confirmed"]}  # fmt: skip


def added(browser: Browser, key: str = "k" * 16, **changes: Any) -> Any:
    return browser.post("/settings/webhooks", FORM | {"idempotency_key": key} | changes)


def secret_on(page: str) -> list[str]:
    return re.findall(r"mps_[\w-]{43}", html.unescape(page))


def test_a_target_is_added_and_its_secret_shown_once(world: World) -> None:
    browser = world.browser(world.owner)
    page = added(browser)
    secret = secret_on(page.text)[0]
    assert page.status_code == 200
    found = re.search(r"/settings/webhooks/[0-9a-f-]{36}", page.text)[0]
    for address in (found, "/settings/connections"):
        shown = browser.get(address).text
        assert "hooks.example.org" in shown
        assert "Accounting &lt;b&gt;x&lt;/b&gt;" in shown
        assert (secret in shown, "abcdef" in shown) == (False, False)


def test_reloading_the_page_of_the_secret_shows_it_no_second_time(world: World) -> None:
    browser = world.browser(world.owner)
    added(browser)
    again = added(browser)
    assert (again.status_code, again.headers["Location"]) == (303, "/settings/connections")
    assert browser.get("/settings/connections").text.count('id="webhook-') == 1


def test_a_robot_has_no_secret_of_ours(world: World) -> None:
    answer = added(world.browser(world.owner), format="dingtalk", robot_key="SECabc")
    assert answer.status_code == 303
    assert re.fullmatch(r"/settings/webhooks/[0-9a-f-]{36}", answer.headers["Location"])


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("address", {"address": "http://hooks.example.org/"}),
        ("address", {"address": ""}),
        ("name", {"name": ""}),
        ("events", {"events": []}),
        ("format", {"format": "telegram"}),
    ],
)
def test_a_form_with_mistakes_comes_back_with_what_was_typed(world: World, field: str, changes: dict[str, Any]) -> None:
    browser = world.browser(world.owner)
    page = added(browser, **changes)
    assert page.status_code == 422
    assert beside(page.text, field)
    assert ('value="Accounting &lt;b&gt;x&lt;/b&gt;"' in page.text) is (field != "name")
    # Nothing was kept, its key neither: the same form is accepted once it is in order.
    assert added(browser).status_code == 200


def test_the_log_says_what_became_of_each_message(world: World) -> None:
    browser = world.browser(world.owner)
    with receiving(answers(500, b"<script>alert(1)</script> \xe2\x80\xae broken")) as receiver:
        made = targets.add(world, receiver.url, events=("project.started",))
        page = f"/settings/webhooks/{made.webhook_id}"
        assert "Each message and what was answered is listed here." in browser.get(page).text
        world.project()
        assert 'data-state="waiting"' in browser.get(page).text
        targets.call(world)
        shown = browser.get(page).text
        assert "It answered with an error." in shown
        assert "HTTP 500" in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt; broken" in shown
        receiver.behave = answers(200, b"fine")
        delivery = deliveries(world)[0].id
        assert browser.post(f"/settings/deliveries/{delivery}/repeat").headers["Location"] == page
        targets.call(world)
        shown = browser.get(page).text
    assert ('data-state="sent"' in shown, "HTTP 200" in shown, "fine" in shown) == (True, True, True)


def test_send_test_pause_switch_on_and_delete(world: World) -> None:
    browser = world.browser(world.owner)
    with receiving() as receiver:
        made = targets.add(world, receiver.url)
        page = f"/settings/webhooks/{made.webhook_id}"
        assert browser.post(f"{page}/test").headers["Location"] == page
        assert targets.call(world) == 1
        assert receiver.heard[0].json["event"] == "test"
        assert browser.post(f"{page}/pause").headers["Location"] == page
        assert "is paused." in browser.get(page).text
        assert browser.post(f"{page}/pause").headers["Location"] == page
        assert browser.post(f"{page}/test").status_code == 409
        assert browser.post(f"{page}/resumption").headers["Location"] == page
        assert target(world, made).paused_at is None
        assert browser.post(f"{page}/removal").headers["Location"] == "/settings/connections"
    assert browser.get(page).status_code == 404


def test_a_new_secret_is_shown_once_and_signs_from_then_on(world: World) -> None:
    browser = world.browser(world.owner)
    made = targets.add(world, "http://127.0.0.1:9/")
    page = f"/settings/webhooks/{made.webhook_id}"
    form = {"idempotency_key": "s" * 16}
    (secret,) = set(secret_on(browser.post(f"{page}/secret", form).text))
    assert secret != made.secret
    assert calls.unsealed(world.session, target(world, made))[1] == secret
    assert browser.post(f"{page}/secret", form).status_code == 303
    assert calls.unsealed(world.session, target(world, made))[1] == secret


def test_name_and_events_can_be_changed(world: World) -> None:
    browser = world.browser(world.owner)
    made = targets.add(world, "http://127.0.0.1:9/")
    page = f"/settings/webhooks/{made.webhook_id}"
    assert browser.post(page, {"name": "New name", "events": ["payment.rejected"]}).status_code == 303
    assert (target(world, made).name, target(world, made).events_text) == ("New name", "payment.rejected")
    refused = browser.post(page, {"name": "", "events": []})
    assert refused.status_code == 422
    assert (target(world, made).name, target(world, made).events_text) == ("New name", "payment.rejected")


def test_a_target_that_was_switched_off_says_so(world: World) -> None:
    browser = world.browser(world.owner)
    made = targets.add(world, "http://127.0.0.1:9/")
    target(world, made).off_at = target(world, made).made_at
    world.session.commit()
    assert "20 messages in a row could not be delivered" in browser.get(f"/settings/webhooks/{made.webhook_id}").text
    assert "Switched off, because it could not be reached for days." in browser.get("/settings/connections").text
    webhooks.resume(world.session, actor=world.owner, webhook=target(world, made))
    assert "could not be delivered" not in browser.get(f"/settings/webhooks/{made.webhook_id}").text


def test_members_see_their_calendar_and_no_targets(world: World) -> None:
    targets.add(world, "http://127.0.0.1:9/", name="Accounting")
    page = world.browser(world.member(Role.MEMBER)).get("/settings/connections").text
    assert ("Make a calendar link" in page, "Accounting" in page, 'action="/settings/webhooks"' in page) == (
        True,
        False,
        False,
    )


def test_pages_of_targets_cost_the_same_for_one_and_for_many(world: World) -> None:
    browser, costs = world.browser(world.owner), set()
    for count in (1, 4):
        for _ in range(count):
            made = targets.add(world, "http://127.0.0.1:9/", events=("project.started",))
            world.project()
        for page in ("/settings/connections", f"/settings/webhooks/{made.webhook_id}"):
            browser.get(page)
            with counting(world.app) as seen:
                assert browser.get(page).status_code == 200
            costs.add((page.count("webhooks"), len(seen)))
    assert len(costs) == 2
    assert max(cost for _, cost in costs) <= 6


def test_private_networks_can_be_named_only_where_the_setting_allows_it(world: World) -> None:
    assert installation(world.app).config.webhook_private is False
    page = added(world.browser(world.owner), address="http://10.0.0.1/")
    assert "https://" in beside(page.text, "address")
