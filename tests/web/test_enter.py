"""The client's entrance: what opens it, what does not, and that nobody learns why."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import time_machine
from sqlalchemy import func, select

from portal import config, create_app
from portal.adapters import clock
from portal.models.client import Grant, GrantUse
from portal.models.sitting import Bucket, Key, Sitting
from portal.rules import codes
from portal.rules.roles import Role
from portal.services import grants
from portal.services.grants import Invitation
from portal.web.installation import installation
from tests.queries.test_statement_counts import counting
from tests.worlds import EVERYTHING, Browser, World

TOKEN = re.compile(r'(?:name="csrf_token" value="|X-CSRFToken": ")[^"]+')
SCANNERS = (
    "Mozilla/5.0 BingPreview/1.0b",
    "Slackbot-LinkExpanding 1.0",
    "WhatsApp/2.23",
    "curl/8.5",
    "Barracuda Sentinel",
)


def bad_codes(world: World) -> dict[str, str]:
    """One code of each kind that opens nothing, all with a right check symbol."""
    project = world.project()
    other = World.founded(world.app, world.session, name="Studio Nord")
    live = {name: world.contact(project) for name in ("revoked", "rotated")}
    foreign = other.contact(other.project())
    with time_machine.travel(clock.now() - timedelta(days=400), tick=False):
        expired = world.contact(world.project())
    for vendor, entered in ((world, live["revoked"]), (other, foreign)):
        grant = world.session.get_one(Grant, entered.grant_id)
        grants.revoke(world.session, actor=vendor.owner, grant=grant)
    grants.rotate(world.session, actor=world.owner, grant=world.session.get_one(Grant, live["rotated"].grant_id))
    return {
        "unknown": codes.generate(),
        "another unknown": codes.generate(),
        "expired": expired.code,
        "foreign": foreign.code,
        **{name: entered.code for name, entered in live.items()},
    }


def masked(answer: Any) -> tuple[int, str, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "Set-Cookie")}
    return answer.status_code, TOKEN.sub("", answer.text), headers


def count(world: World, model: Any) -> int:
    world.session.rollback()
    return world.session.scalar(select(func.count()).select_from(model))


def is_inside(browser: Browser) -> bool:
    return browser.get("/projects").status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_whatever_is_wrong_with_a_code_the_answer_is_the_same(world: World, accept: str) -> None:
    answers, statements = {}, {}
    for name, code in bad_codes(world).items():
        browser = world.stranger()
        browser.csrf()
        with counting(world.app) as seen:
            answers[name] = masked(browser.post("/enter", {"code": code}, Accept=accept))
        statements[name] = len(seen)
        assert code not in answers[name][1]
    assert answers["unknown"][0] == 422
    assert {
        name: answer == answers["unknown"] for name, answer in answers.items() if answer != answers["unknown"]
    } == {}
    assert len(set(statements.values())) == 1, statements
    assert count(world, Sitting) == 0


@pytest.mark.parametrize("write", [str, str.lower, codes.display, lambda code: f"  {codes.display(code).lower()} \n"])
def test_a_code_opens_its_project_however_it_is_written(world: World, write) -> None:
    project = world.project()
    answer = world.stranger().post("/enter", {"code": write(world.contact(project).code)})
    assert (answer.status_code, answer.location) == (303, f"/projects/{project.id}")


def test_a_slip_of_the_finger_is_shown_with_what_was_typed_and_held_against_nobody(world: World) -> None:
    cleo, browser = world.contact(world.project()), world.stranger()
    for symbol in codes.ALPHABET:
        typed = symbol + cleo.code[1:]
        if typed != cleo.code:
            answer = browser.post("/enter", {"code": typed})
            assert answer.status_code == 422
            assert f'value="{typed}"' in answer.text
    assert browser.post("/enter", {"code": ""}).status_code == 422
    assert count(world, Bucket) == 0
    assert browser.post("/enter", {"code": cleo.code}).status_code == 303


def test_after_too_many_wrong_codes_one_address_waits_and_another_enters_at_once(world: World) -> None:
    cleo, browser = world.contact(world.project()), world.stranger()
    answers = [browser.post("/enter", {"code": codes.generate()}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    blocked = browser.post("/enter", {"code": cleo.code})
    assert blocked.status_code == 429
    assert cleo.code in blocked.text  # nothing typed is lost; press Enter again in a moment
    elsewhere = world.stranger()
    elsewhere.client.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    assert elsewhere.post("/enter", {"code": cleo.code}).status_code == 303


def test_right_codes_are_never_held_against_anyone(world: World) -> None:
    cleo, browser = world.contact(world.project()), world.stranger()
    assert {browser.post("/enter", {"code": cleo.code}).status_code for _ in range(15)} == {303}


@pytest.mark.parametrize("agent", SCANNERS)
def test_scanners_of_mail_open_nothing(world: World, agent: str) -> None:
    cleo = world.contact(world.project())
    client = world.stranger().client
    for method in ("GET", "HEAD"):
        for address in ("/enter", f"/enter#{codes.display(cleo.code)}", f"/enter?code={cleo.code}"):
            answer = client.open(address, method=method, headers={"User-Agent": agent})
            assert answer.status_code == 200
            assert f'value="{cleo.code}"' not in answer.text
    assert (count(world, Sitting), count(world, GrantUse), count(world, Key)) == (0, 0, 0)


def test_entering_gives_a_new_session_and_leaves_a_planted_one_behind(world: World) -> None:
    mallory, cleo = (world.contact(world.project()) for _ in range(2))
    attacker = world.entered(mallory.code)
    planted = attacker.client.get_cookie("milepost").value
    victim = world.stranger()
    victim.client.set_cookie("milepost", planted, domain="localhost")
    assert victim.post("/enter", {"code": cleo.code}).status_code == 303
    assert victim.client.get_cookie("milepost").value != planted
    assert is_inside(victim)
    assert not is_inside(attacker)


def test_a_form_open_in_another_tab_still_works_after_one_more_code(world: World) -> None:
    first, second = (world.contact(world.project()) for _ in range(2))
    browser = world.entered(first.code)
    other_tab = browser.csrf()
    browser.post("/enter", {"code": second.code})
    answer = browser.client.post("/leave", data={"csrf_token": other_tab, "grant": str(first.grant_id)})
    assert answer.status_code == 303


def test_a_stranger_gets_to_the_page_they_were_on_their_way_to_if_it_is_theirs(world: World) -> None:
    project, other = world.project(), world.project()
    cleo, step = world.contact(project), world.milestone(project)
    for wanted, landing in (
        (f"/milestones/{step.id}", f"/milestones/{step.id}"),
        (f"/milestones/{world.milestone(other).id}", f"/projects/{project.id}"),
        (f"/projects/{other.id}", f"/projects/{project.id}"),
        ("/projects?q=//evil.example", f"/projects/{project.id}"),
    ):
        browser = world.stranger()
        assert browser.get(wanted).location == "/enter"
        assert browser.post("/enter", {"code": cleo.code}).location == landing


@pytest.mark.parametrize("act", ["revoke", "rotate"])
def test_a_revoked_contact_is_out_at_the_next_request_and_told_why_in_general_words(world: World, act: str) -> None:
    cleo = world.contact(world.project())
    browser, cards = world.entered(cleo.code), "Your access here has ended"
    vendor, grant = world.browser(world.owner), cleo.grant_id
    word = {"revoke": "revocation", "rotate": "rotation"}[act]
    assert is_inside(browser)
    assert vendor.post(f"/grants/{grant}/{word}", {"idempotency_key": "abcdefgh12"}).status_code in (201, 303)
    assert browser.get("/projects").location == "/enter"
    assert cards in browser.get("/enter").text
    assert cards not in browser.get("/enter").text


def test_with_htmx_whoever_is_out_is_led_to_the_entrance_as_a_whole_page(world: World) -> None:
    cleo = world.contact(world.project())
    browser = world.entered(cleo.code)
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, cleo.grant_id))
    answer = browser.get("/projects", HX_Request="true")
    assert (answer.status_code, answer.headers["HX-Redirect"], answer.text) == (204, "/enter", "")


def test_a_download_does_not_start_after_the_access_was_revoked(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.milestone(project)
    world.deliver(step, ("design.txt", b"original"))
    world.pay(step, cleo)
    browser, other = world.entered(cleo.code), world.contact(project, name="Li Wei")
    colleague = world.entered(other.code)
    (address,) = set(re.findall(r"/deliverables/[0-9a-f-]+/file", browser.get(f"/milestones/{step.id}").text))
    assert browser.get(address).data == b"original"
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, cleo.grant_id))
    assert browser.get(address).location == "/enter"
    assert browser.get(address, Range="bytes=0-3").location == "/enter"
    assert colleague.get(address).data == b"original"


def test_one_of_two_codes_revoked_leaves_the_other_project_open(world: World) -> None:
    first, second = world.project(title="First"), world.project(title="Second")
    cleo, again = world.contact(first), world.contact(second)
    browser = world.entered(cleo.code, again.code)
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, cleo.grant_id))
    page = browser.get("/projects").text
    assert ("Second" in page, "First" in page) == (True, False)
    assert browser.get(f"/projects/{first.id}").status_code == 404


def test_leaving_takes_one_code_or_all_and_clears_the_browser(world: World) -> None:
    first, second = (world.contact(world.project()) for _ in range(2))
    browser = world.entered(first.code, second.code)
    assert browser.post("/leave", {"grant": str(first.grant_id)}).location == "/projects"
    answer = browser.post("/leave", {"grant": str(second.grant_id)})
    assert (answer.location, answer.headers["Clear-Site-Data"]) == ("/enter", '"cache", "storage"')
    assert not is_inside(browser)


def test_leaving_with_a_code_of_somebody_else_changes_nothing(world: World) -> None:
    first, second, foreign = (world.contact(world.project()) for _ in range(3))
    browser, other = world.entered(first.code, second.code), world.entered(foreign.code)
    browser.post("/leave", {"grant": str(foreign.grant_id)})
    assert is_inside(other)
    assert count(world, Key) == 3


def test_a_dead_session_stays_dead_when_the_clock_is_set_back(world: World) -> None:
    cleo = world.contact(world.project())
    with time_machine.travel(clock.now(), tick=False) as travel:
        browser = world.entered(cleo.code)
        cookie = browser.client.get_cookie("milepost").value
        travel.shift(timedelta(hours=24, seconds=1))
        assert not is_inside(browser)
        travel.shift(timedelta(days=-1))
        browser.client.set_cookie("milepost", cookie, domain="localhost")
        assert not is_inside(browser)


def test_somebody_logged_in_as_a_member_is_told_to_log_out_first(world: World) -> None:
    cleo, browser = world.contact(world.project()), world.browser(world.member(Role.MEMBER))
    answer = browser.post("/enter", {"code": cleo.code})
    assert answer.status_code == 409
    assert "Log out first" in answer.text
    assert count(world, Key) == 0


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_an_invented_forwarded_address_buys_no_second_bucket(database_url: str, tmp_path: Path, hops: int) -> None:
    settings = config.load(
        {"PORTAL_DATABASE_URL": database_url, "PORTAL_TRUSTED_PROXIES": str(hops)}, instance=tmp_path / "behind"
    )
    app = create_app(settings)
    try:
        client = Browser(app.test_client())
        proxies = ", ".join(["203.0.113.9", "192.0.2.1"][:hops])
        statuses = []
        for number in range(14):
            forwarded = f"10.0.{number}.1, 2001:db8:{number}::1, nonsense" + (f", {proxies}" if proxies else "")
            answer = client.post("/enter", {"code": codes.generate()}, X_Forwarded_For=forwarded)
            statuses.append(answer.status_code)
        assert statuses == [422] * 10 + [429] * 4
    finally:
        installation(app).engine.dispose()


@pytest.mark.parametrize(
    ("addresses", "passed"),
    [
        (["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"], 10),
        (["2001:db8:1:2::1", "2001:db8:1:3::1"], 20),
        (["::ffff:198.51.100.1", "::ffff:198.51.100.2"], 20),
        (["::ffff:198.51.100.1", "198.51.100.1"], 10),
        (["fe80::1%eth0", "fe80::2%eth1"], 10),
        (["not an address", ""], 10),
    ],
)
def test_a_home_is_one_bucket_and_an_ipv4_address_is_itself(world: World, addresses: list[str], passed: int) -> None:
    browser, statuses = world.stranger(), []
    for number in range(24):
        browser.client.environ_base["REMOTE_ADDR"] = addresses[number % 2]
        statuses.append(browser.post("/enter", {"code": codes.generate()}).status_code)
    assert statuses.count(422) == passed


PAYLOADS = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
    "http:evil.example", "javascript:alert(1)", "data:text/html,x", "/%5cevil.example/..;",
    "//evil.example/%2f..", "/\t/evil.example",
    "/\n/evil.example", "/\r\nLocation: //evil.example", " //evil.example", "/ /evil.example", "\u3002evil.example",
    "/\uff0fevil.example", "//\u2044evil.example", "@evil.example", "user@evil.example", "//user:pw@evil.example",
    "", ".", "evil.example", "?next=//evil.example", "#//evil.example", "/\x0b/evil.example", "/\u2028/evil.example",
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_changing_the_language_never_leads_off_the_site(world: World, payload: str) -> None:
    answer = world.stranger().post("/locale", {"locale": "en", "next": payload})
    assert answer.status_code == 303
    assert answer.location.startswith("/")
    assert not re.match(r"[/\\]{2}", answer.location)
    assert answer.location.isascii()


def test_changing_the_language_leads_back_to_the_page(world: World) -> None:
    browser = world.stranger()
    assert browser.post("/locale", {"locale": "zh_Hans", "next": "/enter?a=1"}).location == "/enter?a=1"
    assert '<html lang="zh-Hans">' in browser.get("/enter").text


def test_a_contact_keeps_the_language_they_chose_on_every_device(world: World) -> None:
    cleo = world.contact(world.project())
    world.entered(cleo.code).post("/locale", {"locale": "zh_Hans", "next": "/projects"})
    assert '<html lang="zh-Hans">' in world.entered(cleo.code).get("/projects").text


def test_our_own_forms_arrive_and_foreign_ones_do_not(world: World) -> None:
    """Browsers give the origin of a page without referrers as null; what tells then is Sec-Fetch-Site."""
    cleo = world.contact(world.project())
    own = [{}, {"Origin": "null", "Sec_Fetch_Site": "same-origin"}, {"Origin": "http://127.0.0.1:8000"}]
    foreign = [{"Origin": "https://evil.example"}, {"Origin": "null", "Sec_Fetch_Site": "cross-site"}]
    foreign += [{"Sec_Fetch_Site": "same-site"}, {"Origin": "http://127.0.0.1:8000.evil.example"}]
    assert {world.stranger().post("/enter", {"code": cleo.code}, **headers).status_code for headers in own} == {303}
    assert {world.stranger().post("/enter", {"code": cleo.code}, **each).status_code for each in foreign} == {400}


def test_a_form_without_its_token_does_nothing(world: World) -> None:
    cleo = world.contact(world.project())
    answer = world.stranger().client.post("/enter", data={"code": cleo.code})
    assert answer.status_code == 400
    assert count(world, Sitting) == 0


@pytest.mark.parametrize("where", ["form", "query"])
def test_text_no_database_can_keep_is_refused(world: World, where: str) -> None:
    browser = world.stranger()
    form = {"code": "AB\0CD"} if where == "form" else {"code": "ABCD"}
    assert browser.post("/enter" + ("?x=%00" if where == "query" else ""), form).status_code == 400


def test_two_codes_for_one_project_are_one_card(world: World) -> None:
    project = world.project()
    invitation = Invitation("Cleo Chen", "cleo@cherry.example", EVERYTHING)
    first = grants.issue(world.session, actor=world.owner, project=project, invitation=invitation)
    second = grants.issue(world.session, actor=world.owner, project=project, invitation=invitation)
    browser = world.entered(first.code, second.code)
    assert browser.get("/projects").text.count(f'id="project-{project.id}"') == 1


def test_no_code_is_written_to_the_log(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    with structlog.testing.capture_logs() as told:
        for code in (*bad_codes(world).values(), world.contact(world.project()).code):
            for written in (code, codes.display(code)):
                world.stranger().post("/enter", {"code": written})
                out, err = capfd.readouterr()
                assert code not in out + err + str(told)
                assert codes.display(code) not in out + err + str(told)
