"""Contacts and their codes in the browser: shown once, exchanged, withdrawn, and who may."""

from __future__ import annotations

import html
import re
import urllib.parse
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from portal.adapters import clock
from portal.models.client import Grant
from portal.rules import codes
from portal.rules.roles import Role
from portal.web.devices import device
from tests.worlds import Browser, World

MARKUP = re.compile(r"<(?:script|svg).*?</(?:script|svg)>|<[^>]+>", re.DOTALL)
KEY = re.compile(r'name="idempotency_key"[^>]*value="([^"]+)"')
CODE = re.compile(r"data-access-code[^>]*>([^<]+)<")


def text(page: Any) -> str:
    return " ".join(html.unescape(MARKUP.sub(" ", page.text)).split())


def shown(page: Any) -> str:
    found = CODE.search(page.text)
    assert found, page.text
    return found[1]


def form(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": "Li Wei", "email": "li@cherry.example", "scopes": ["view", "pay"], "expires_on": "",
        "locale": "zh_Hans", "time_zone": "Asia/Shanghai", "idempotency_key": "abcdefgh12",
    }  # fmt: skip
    return values | changes


def count(world: World) -> int:
    world.session.rollback()
    return world.session.scalar(select(func.count()).select_from(Grant))


def contacts(browser: Browser, project: Any, query: str = "") -> Any:
    return browser.get(f"/projects/{project.id}/contacts{query}")


def test_the_person_of_the_project_is_offered_first_and_filled_in(world: World) -> None:
    project = world.draft(contact_name="Cleo Chen", contact_email="cleo@cherry.example")
    world.draft(contact_name="Adam Apple", contact_email="adam@cherry.example")
    page = contacts(world.browser(world.owner), project)
    assert "Nobody can enter this project yet." in text(page)
    assert re.search(r'name="name"[^>]*value="Cleo Chen"', page.text)
    assert re.search(r'name="email"[^>]*value="cleo@cherry.example"', page.text)
    assert "Adam Apple" in text(page)


def test_another_known_person_or_somebody_new_can_be_filled_in(world: World) -> None:
    project = world.draft()
    other = world.draft(contact_name="Adam Apple", contact_email="adam@cherry.example")
    browser = world.browser(world.owner)
    known = contacts(browser, project, f"?contact={other.contact_id}")
    assert re.search(r'name="name"[^>]*value="Adam Apple"', known.text)
    new = contacts(browser, project, "?contact=new")
    assert re.search(r'name="name"[^>]*value=""', new.text)


def test_the_code_is_shown_once_with_link_qr_and_message_and_opens_the_project(world: World) -> None:
    project = world.project(title="Cherry & Co")
    page = world.browser(world.owner).post(f"/projects/{project.id}/grants", form())
    code = shown(page)
    assert (page.status_code, page.headers["Cache-Control"]) == (201, "no-store")
    assert "Li Wei can enter now." in text(page)
    assert f"http://127.0.0.1:8000/enter#{code}" in page.text
    assert 'src="data:image/svg+xml' in page.text
    mail = html.unescape(re.search(r'href="(mailto:[^"]+)"', page.text)[1])
    body = urllib.parse.parse_qs(urllib.parse.urlsplit(mail).query)["body"][0]
    assert mail.startswith("mailto:li@cherry.example?")
    assert {code, f"http://127.0.0.1:8000/enter#{code}", "Vera Studio"} <= set(body.split("\n"))
    assert '<p class="message-text written" lang="zh-Hans">' in page.text
    assert world.stranger().post("/enter", {"code": code}).location == f"/projects/{project.id}"


def test_the_code_is_in_no_other_page_and_in_no_address(world: World) -> None:
    project, browser = world.project(), world.browser(world.owner)
    page = browser.post(f"/projects/{project.id}/grants", form())
    code = shown(page)
    assert "Location" not in page.headers
    assert codes.normalise(code) not in "".join(str(value) for value in page.headers.values())
    for address in (f"/projects/{project.id}/contacts", f"/projects/{project.id}/record", f"/projects/{project.id}"):
        assert not any(secret in browser.get(address).text for secret in (code, codes.normalise(code)))


def test_reloading_the_page_makes_no_second_code(world: World) -> None:
    project, browser = world.project(), world.browser(world.owner)
    browser.post(f"/projects/{project.id}/grants", form())
    again = browser.post(f"/projects/{project.id}/grants", form())
    assert (again.status_code, again.location) == (303, f"/projects/{project.id}/contacts")
    assert "This code was already shown" in text(browser.get(again.location))
    assert count(world) == 1


def test_a_used_form_with_other_values_is_refused_and_can_be_sent_again(world: World) -> None:
    project, browser = world.project(), world.browser(world.owner)
    browser.post(f"/projects/{project.id}/grants", form())
    refused = browser.post(f"/projects/{project.id}/grants", form(name="Noor Haddad"))
    assert refused.status_code == 422
    fresh = KEY.search(refused.text.split('id="issue"')[1])[1]
    assert fresh != "abcdefgh12"
    again = browser.post(f"/projects/{project.id}/grants", form(name="Noor Haddad", idempotency_key=fresh))
    assert again.status_code == 201


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "Name the person who gets this code."),
        ({"email": "nobody"}, "This does not look like an e-mail address"),
        ({"scopes": []}, "Choose at least one thing this person may do."),
        ({"scopes": ["everything"]}, "Choose at least one thing this person may do."),
        ({"expires_on": "2020-01-01"}, "This date is in the past."),
        ({"expires_on": "31.12.2030"}, "Write the date as year-month-day"),
        ({"expires_on": "2030-02-30"}, "This day does not exist in the calendar."),
        ({"locale": "tlh"}, "Choose one of the languages in the list."),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone from the list"),
        ({"idempotency_key": ""}, "This form is incomplete."),
    ],
)
def test_every_mistake_comes_back_beside_its_field_with_everything_typed(
    world: World, wrong: dict[str, Any], said: str
) -> None:
    project = world.project()
    page = world.browser(world.owner).post(f"/projects/{project.id}/grants", form(**wrong))
    assert page.status_code == 422
    assert said in text(page)
    if "email" not in wrong:
        assert 'value="li@cherry.example"' in page.text
    assert count(world) == 0


def test_a_new_code_replaces_the_old_one_at_once_and_a_reload_makes_no_third(world: World) -> None:
    project, browser = world.project(), world.browser(world.owner)
    cleo = world.contact(project)
    client = world.entered(cleo.code)
    page = browser.post(f"/grants/{cleo.grant_id}/rotation", {"idempotency_key": "abcdefgh34"})
    new = shown(page)
    assert client.get("/projects").location == "/enter"
    assert world.stranger().post("/enter", {"code": cleo.code}).status_code == 422
    again = browser.post(f"/grants/{cleo.grant_id}/rotation", {"idempotency_key": "abcdefgh34"})
    assert again.location == f"/projects/{project.id}/contacts"
    assert world.stranger().post("/enter", {"code": new}).status_code == 303


def test_revoking_is_asked_about_before_and_told_after(world: World) -> None:
    project, browser = world.project(), world.browser(world.owner)
    cleo = world.contact(project)
    assert "Cleo Chen is out at once" in text(contacts(browser, project))
    answer = browser.post(f"/grants/{cleo.grant_id}/revocation")
    assert answer.location == f"/projects/{project.id}/contacts"
    page = contacts(browser, project)
    assert "The access was revoked." in text(page)
    assert f'id="grant-{cleo.grant_id}" data-state="revoked"' in page.text
    browser.post(f"/grants/{cleo.grant_id}/revocation")
    assert "This access was already revoked." in text(contacts(browser, project))
    rotated = browser.post(f"/grants/{cleo.grant_id}/rotation", {"idempotency_key": "abcdefgh56"})
    assert (rotated.status_code, "Issue a new one instead" in text(rotated)) == (409, True)


def test_the_list_says_who_may_do_what_until_when_and_who_came_from_where(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    for agent in ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit Safari/604.1", "curl/8"):
        client = world.stranger()
        client.post("/enter", {"code": cleo.code}, User_Agent=agent)
    world.contact(project, name="Li Wei")
    said = text(contacts(world.browser(world.owner), project))
    assert "2 people can enter this project." in said
    assert "See and download files Approve work Pay and see receipts Sign agreements" in said
    assert re.search(r"Valid until \w{3} \d+ \w{3} \d{4}, 24:00 Berlin", said)
    assert "Entered 2 times" in said
    assert "Safari on iPhone · 127.0.0.1" in said
    assert "Unknown browser · 127.0.0.1" in said
    assert "Last entered Not yet" in said


def test_only_the_latest_uses_are_listed_and_all_are_counted(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    for _ in range(12):
        world.entered(cleo.code)
    said = text(contacts(world.browser(world.owner), project))
    assert "Entered 12 times" in said
    assert "Only the latest 10 are shown." in said
    assert said.count("· 127.0.0.1") == 10


def test_an_expired_access_says_so_and_can_be_given_again(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    with time_machine.travel(clock.now() + timedelta(days=365), tick=True):
        page = contacts(world.browser(world.owner), project)
    assert f'id="grant-{cleo.grant_id}" data-state="expired"' in page.text
    assert "Nobody can enter this project yet." in text(page)
    assert "Give access again" in text(page)
    assert "/rotation" not in page.text


def test_a_plain_member_sees_the_list_and_deals_in_nothing(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    browser = world.browser(world.member(Role.MEMBER))
    page = contacts(browser, project)
    assert "Cleo Chen" in text(page)
    assert "<form" not in page.text.split('class="workspace"')[1]
    assert browser.post(f"/projects/{project.id}/grants", form()).status_code == 403
    assert browser.post(f"/grants/{cleo.grant_id}/rotation", {"idempotency_key": "abcdefgh78"}).status_code == 403
    assert browser.post(f"/grants/{cleo.grant_id}/revocation").status_code == 403
    assert world.stranger().post("/enter", {"code": cleo.code}).status_code == 303


def test_for_contacts_and_other_vendors_none_of_it_exists(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    missing = "00000000-0000-7000-8000-000000000000"
    nord = World.founded(world.app, world.session, name="Studio Nord")
    for browser in (world.entered(cleo.code), nord.browser(nord.owner)):
        assert contacts(browser, project).status_code == 404
        assert browser.post(f"/projects/{project.id}/grants", form()).status_code == 404
        for word in ("rotation", "revocation"):
            own = browser.post(f"/grants/{cleo.grant_id}/{word}", {"idempotency_key": "abcdefgh90"})
            none = browser.post(f"/grants/{missing}/{word}", {"idempotency_key": "abcdefgh90"})
            assert own.status_code == none.status_code == 404
    assert count(world) == 1
    assert contacts(world.stranger(), project).location == "/login"


def test_what_people_are_called_is_text_and_never_markup(world: World) -> None:
    project, browser = world.project(), world.browser(world.owner)
    page = browser.post(f"/projects/{project.id}/grants", form(name='<b>"Li"</b>', email=""))
    assert "<b>" not in page.text
    assert 'href="mailto:?subject=' in page.text
    assert "<b>" not in contacts(browser, project).text


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Gecko/20100101 Firefox/132.0", "Firefox on Mac"),
        ("Mozilla/5.0 (iPhone) AppleWebKit MicroMessenger/8.0.50 Safari", "WeChat on iPhone"),
        ("", "Unknown browser"),
    ],
)
def test_devices_are_named_in_the_words_people_use(world: World, agent: str, said: str) -> None:
    with world.app.test_request_context():
        assert device(agent) == said


def test_each_grant_is_exchanged_under_its_own_key(world: World) -> None:
    """And one key used for two grants still makes a code for each."""
    project = world.project()
    first, second = world.contact(project), world.contact(project, name="Li Wei")
    browser = world.browser(world.owner)
    keys = KEY.findall(contacts(browser, project).text)
    assert len(keys) == len(set(keys)) == 3
    for entered in (first, second):
        assert browser.post(f"/grants/{entered.grant_id}/rotation", {"idempotency_key": keys[0]}).status_code == 201
