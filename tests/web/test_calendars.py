"""The calendar behind a link: what is in it, for whom, for how long; and the cards that make and end links."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import icalendar
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.models.client import Contact, Grant
from portal.models.feed import Feed, FeedKey
from portal.models.project import Project
from portal.rules.roles import Scope
from portal.services import grants, members, milestones, payments, throttle
from portal.services.milestones import SignOff
from tests.forms import unsigned
from tests.queries.test_statement_counts import counting
from tests.worlds import Browser, Entered, World

LONG = "Ein sehr langer Titel 与一个很长的中文标题，" * 6


def link(browser: Browser, key: str = "k" * 16, **form: str) -> str:
    """A fresh link: the path of the address that is shown."""
    answer = browser.post("/calendar", {"idempotency_key": key} | form)
    assert answer.status_code == 200, answer.text
    return urlsplit(re.search(r"https?://[^\s\"<]+\.ics", html.unescape(answer.text))[0]).path


def contact_link(world: World, entered: Entered, key: str = "k" * 16) -> str:
    contact_id = entered.actor.latest.contact_id
    return link(world.entered(entered.code), key, contact=str(contact_id))


def read(world: World, path: str, **headers: str) -> Any:
    answer = world.stranger().get(path, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return icalendar.Calendar.from_ical(answer.data)


def events(calendar: Any) -> list[Any]:
    return list(calendar.walk("VEVENT"))


def summaries(calendar: Any) -> list[str]:
    return [str(event["SUMMARY"]) for event in events(calendar)]


def paid_and_delivered(world: World, project: Project, cleo: Entered) -> None:
    """The first milestone settled, the second delivered and not paid, the third to come."""
    world.pay(world.deliver(world.milestone(project), note="Done."), cleo)
    world.deliver(world.milestone(project, 2), note="Done.")


def test_a_member_has_every_date_of_the_studio(world: World) -> None:
    project = world.project()
    paid_and_delivered(world, project, world.contact(project))
    world.project(title="Second")
    world.draft(title="Only a draft")
    calendar = read(world, link(world.browser(world.owner)))
    today = clock.today("Europe/Berlin")
    assert sorted(summaries(calendar)) == sorted(
        [
            "✓ Paid and complete: Step 1 · Cherry Harvest website",
            "✓ Delivered: Step 2 · Cherry Harvest website",
            "Payment due: Step 2 · Cherry Harvest website",
            "Due: Step 3 · Cherry Harvest website",
            *(f"Due: Step {number} · Second" for number in (1, 2, 3)),
        ]
    )
    assert {event["DTSTART"].dt for event in events(calendar)} == {today + timedelta(days=10 * n) for n in (1, 2, 3)}


def test_what_a_calendar_program_needs_is_there(world: World) -> None:
    project = world.project()
    path = link(world.browser(world.owner))
    calendar = read(world, path)
    assert (calendar["VERSION"], calendar["METHOD"], calendar["CALSCALE"]) == ("2.0", "PUBLISH", "GREGORIAN")
    assert str(calendar["X-WR-CALNAME"]) == "Milepost · Vera Studio"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    first, step = events(calendar)[0], world.milestone(project)
    day = first["DTSTART"].dt
    assert type(day) is date
    assert (day, first["DTEND"].dt) == (step.due_on, step.due_on + timedelta(days=1))
    assert str(first["UID"]) == f"milepost-{step.id}-delivery"
    assert str(first["URL"]).endswith(f"/milestones/{step.id}")
    assert str(first["TRANSP"]) == "TRANSPARENT"
    assert str(first["STATUS"]) == "CONFIRMED"
    head = world.session.get_one(Project, project.id)
    assert (first["SEQUENCE"], first["LAST-MODIFIED"].dt) == (head.head_seq, head.touched_at.replace(microsecond=0))
    assert str(first["DESCRIPTION"]).splitlines() == [
        "Milestone 1 of 3 · In progress", "Client: Cherry Harvest GmbH", "The day ends at midnight in Berlin.",
    ]  # fmt: skip


def test_what_happens_raises_the_sequence_and_keeps_the_identifier(world: World) -> None:
    project = world.project()
    path = link(world.browser(world.owner))
    before = events(read(world, path))
    world.deliver(world.milestone(project), note="Done.")
    after = events(read(world, path))
    assert {event["UID"] for event in before} < {event["UID"] for event in after}
    assert min(event["SEQUENCE"] for event in after) > max(event["SEQUENCE"] for event in before)


def test_long_lines_are_folded_at_75_octets_and_read_back_whole(world: World) -> None:
    title = LONG[:200]
    world.project(title=title, client_name="樱桃丰收; 有限公司, \\北京\\")
    path = link(world.browser(world.owner))
    raw = world.stranger().get(path).data
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in raw.replace(b"\r\n", b"")
    calendar = read(world, path)
    assert all(title in summary for summary in summaries(calendar))
    assert "Client: 樱桃丰收; 有限公司, \\北京\\" in str(events(calendar)[0]["DESCRIPTION"])


def test_nothing_people_wrote_becomes_a_line_of_its_own(world: World) -> None:
    world.project(title="A\r\nATTENDEE:mailto:x@example.org\u202e turned")
    raw = world.stranger().get(link(world.browser(world.owner))).data.decode()
    assert "\r\nATTENDEE" not in raw
    assert "\u202e" not in raw


def test_everybody_reads_their_own_language(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    paid_and_delivered(world, project, cleo)
    contact = world.session.get_one(Contact, cleo.actor.latest.contact_id)
    contact.locale = "zh_Hans"
    world.session.commit()
    calendar = read(world, contact_link(world, cleo))
    assert summaries(calendar)[0] == "✓ 已结清：Step 1 · Cherry Harvest website"
    payment = next(event for event in events(calendar) if str(event["UID"]).endswith("payment"))
    assert str(payment["SUMMARY"]) == "待付款：Step 2 · Cherry Harvest website"
    assert str(payment["DESCRIPTION"]).splitlines() == [
        "里程碑 2/3 · 待付款", "Vera Studio", "待付金额：€2,500.00", "当日以柏林时间午夜为止。",
    ]  # fmt: skip
    english = read(world, link(world.browser(world.owner)))
    assert str(english["X-WR-CALNAME"]) == "Milepost · Vera Studio"


def test_who_may_not_see_money_sees_no_payment_and_no_amount(world: World) -> None:
    project = world.project()
    cleo, vic = world.contact(project), world.contact(project, frozenset({Scope.VIEW}), "Vic View")
    paid_and_delivered(world, project, cleo)
    for entered, payments_seen in ((cleo, 1), (vic, 0)):
        raw = world.stranger().get(contact_link(world, entered)).data
        assert raw.count(b"-payment") == payments_seen
        assert raw.count("€".encode()) == payments_seen


def test_a_contact_sees_the_projects_of_the_codes_in_that_browser_only(world: World) -> None:
    """Who got hold of one code must not learn by it what else the person has to do with."""
    one, other = world.project(title="One"), world.project(title="Other")
    first, second = world.contact(one), world.contact(other)
    assert first.actor.latest.contact_id == second.actor.latest.contact_id
    assert {text.rpartition(" · ")[2] for text in summaries(read(world, contact_link(world, first)))} == {"One"}
    both = link(world.entered(first.code, second.code), "b" * 16, contact=str(first.actor.latest.contact_id))
    assert {text.rpartition(" · ")[2] for text in summaries(read(world, both))} == {"One", "Other"}


def gone(world: World, path: str) -> bool:
    """Whether the answer is, byte for byte, the one for a link that never was (but for the address asked for)."""
    browser, never = world.stranger(), "/calendar/no-such-link.ics"
    answers = [browser.get(address) for address in (path, never)]
    pages = [unsigned(answer.text).replace(address, "") for answer, address in zip(answers, (path, never), strict=True)]
    return [answer.status_code for answer in answers] == [404, 404] and pages[0] == pages[1]


def test_a_revoked_code_ends_the_link_like_any_wrong_one(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    path = contact_link(world, cleo)
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, cleo.grant_id))
    assert gone(world, path)


def test_an_exchanged_code_ends_the_link_that_was_made_with_the_old_one(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    path = contact_link(world, cleo)
    grants.rotate(world.session, actor=world.owner, grant=world.session.get_one(Grant, cleo.grant_id))
    assert gone(world, path)


def test_an_expired_code_ends_the_link(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    path = contact_link(world, cleo)
    end = world.session.get_one(Grant, cleo.grant_id).expires_at
    with time_machine.travel(end - timedelta(seconds=5), tick=False):
        assert world.stranger().get(path).status_code == 200
    with time_machine.travel(end, tick=False):
        assert gone(world, path)


def test_of_two_codes_the_one_that_is_left_goes_on(world: World) -> None:
    one, other = world.project(title="One"), world.project(title="Other")
    first, second = world.contact(one), world.contact(other)
    path = link(world.entered(first.code, second.code), contact=str(first.actor.latest.contact_id))
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, first.grant_id))
    assert {text.rpartition(" · ")[2] for text in summaries(read(world, path))} == {"Other"}


def test_a_member_who_left_has_no_link_any_more(world: World) -> None:
    colleague = world.member()
    path = link(world.browser(colleague))
    members.disable(world.session, actor=world.owner, member=world.session.get_one(members.Member, colleague.member_id))
    assert gone(world, path)


def test_a_new_link_kills_the_old_one_and_switching_off_kills_both(world: World) -> None:
    browser = world.browser(world.owner)
    first = link(browser, "a" * 16)
    second = link(browser, "b" * 16)
    assert gone(world, first)
    assert world.stranger().get(second).status_code == 200
    assert browser.post("/calendar/revocation").status_code == 303
    assert gone(world, second)
    assert world.session.scalars(select(Feed)).all() == []


def test_a_page_that_is_loaded_again_makes_no_other_link(world: World) -> None:
    browser = world.browser(world.owner)
    path = link(browser, "a" * 16)
    again = browser.post("/calendar", {"idempotency_key": "a" * 16})
    assert (again.status_code, again.headers["Location"]) == (303, "/settings/connections#calendar")
    assert world.stranger().get(path).status_code == 200


def test_only_a_keyed_digest_of_the_link_is_kept(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    tokens = [contact_link(world, cleo), link(world.browser(world.owner))]
    kept = [feed.token_digest for feed in world.session.scalars(select(Feed))]
    assert len(kept) == 2
    for path in tokens:
        token = path.removeprefix("/calendar/").removesuffix(".ics")
        assert len(token) == 43
        assert all(token.encode() not in digest for digest in kept)


def test_another_studio_and_another_contact_see_nothing_of_it(world: World, app: Flask, session: Session) -> None:
    world.project(title="Ours")
    other = World.founded(app, session, name="Otto Agency")
    other.project(title="Theirs")
    seen = summaries(read(world, link(other.browser(other.owner))))
    assert {text.rpartition(" · ")[2] for text in seen} == {"Theirs"}


def test_nobody_makes_or_ends_a_link_for_somebody_else(world: World, app: Flask, session: Session) -> None:
    project = world.project()
    cleo, vic = world.contact(project), world.contact(project, name="Vic View")
    path = contact_link(world, cleo)
    stranger = world.entered(vic.code)
    for form in ({"contact": str(cleo.actor.latest.contact_id)}, {"contact": "nonsense"}, {}):
        assert stranger.post("/calendar", {"idempotency_key": "a" * 16} | form).status_code == 404
        assert stranger.post("/calendar/revocation", form).status_code == 404
    assert world.stranger().get(path).status_code == 200


def test_whoever_has_it_already_gets_it_once(world: World) -> None:
    project = world.project()
    path = link(world.browser(world.owner))
    first = world.stranger().get(path)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = world.stranger().get(path, If_None_Match=tag)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    with time_machine.travel(clock.now() + timedelta(hours=5)):
        assert world.stranger().get(path, If_None_Match=tag).status_code == 304
    world.deliver(world.milestone(project), note="Done.")
    fresh = world.stranger().get(path, If_None_Match=tag)
    assert (fresh.status_code, fresh.headers["ETag"] != tag) == (200, True)


def test_a_calendar_costs_the_same_for_one_project_and_for_many(world: World) -> None:
    costs, cleo, codes = set(), None, []
    for count in (1, 3):
        for _ in range(count):
            project = world.project()
            cleo = world.contact(project)
            codes.append(cleo.code)
            paid_and_delivered(world, project, cleo)
        mine = link(world.browser(world.owner), "m" * 15 + str(count))
        theirs = link(world.entered(*codes), "c" * 15 + str(count), contact=str(cleo.actor.latest.contact_id))
        for path in (mine, theirs):
            read(world, path)
            with counting(world.app) as seen:
                read(world, path)
            costs.add(len(seen))
    assert costs == {2}


def test_asking_for_a_calendar_writes_nothing(world: World) -> None:
    world.project()
    path = link(world.browser(world.owner))
    with counting(world.app) as seen:
        read(world, path)
    assert [statement for statement in seen if not statement.lstrip().startswith("SELECT")] == []


def test_who_tries_many_links_is_slowed_down_and_a_right_one_still_opens(world: World) -> None:
    path = link(world.browser(world.owner))
    heard = [world.stranger().get(f"/calendar/guess-{number}.ics").status_code for number in range(30)]
    most = throttle.FEED_PER_ADDRESS.capacity
    assert heard == [404] * heard.count(404) + [429] * heard.count(429)
    assert most <= heard.count(404) <= most + 2
    assert world.stranger().get(path).status_code == 200


def test_the_cards_say_whether_there_is_a_link(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    for browser, page in (
        (world.entered(cleo.code), "/projects"),
        (world.browser(world.owner), "/settings/connections"),
    ):
        assert 'data-state="none"' in browser.get(page).text
        form = {"contact": str(cleo.actor.latest.contact_id)} if page == "/projects" else {}
        link(browser, **form)
        assert 'data-state="made"' in browser.get(page).text
        assert browser.post("/calendar/revocation", form).headers["Location"] == f"{page}#calendar"
        assert 'data-state="none"' in browser.get(page).text
        # Switched off already, in another window.
        assert browser.post("/calendar/revocation", form).status_code == 303
    assert world.session.scalars(select(FeedKey)).all() == []


def test_a_link_is_on_no_other_page_than_the_first(world: World) -> None:
    browser = world.browser(world.owner)
    token = link(browser).removeprefix("/calendar/").removesuffix(".ics")
    for page in ("/settings/connections", "/settings/account", "/projects"):
        assert token not in browser.get(page).text


@pytest.mark.parametrize("act", ["approve", "reject", "release"])
def test_every_act_leaves_a_calendar_that_can_be_read(world: World, act: str) -> None:
    project = world.project(flow="approve_then_invoice" if act == "approve" else "pay_to_unlock")
    cleo, step = world.contact(project), world.milestone(project)
    path = contact_link(world, cleo)
    world.deliver(step, note="Done.")
    if act == "approve":
        sign_off = SignOff(step.manifest_sha256 or "", "Cleo Chen", "I accept.")
        milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off)
    elif act == "reject":
        payment = world.report(step, cleo)
        payments.reject(world.session, actor=world.owner, payment=payment, reason="No.", ticket=world.ticket())
    else:
        milestones.release(world.session, actor=world.owner, milestone=step, confirm=step.title)
    calendar = read(world, path)
    assert [str(event["UID"]).rpartition("-")[2] for event in events(calendar)].count("payment") == 1
    assert all(
        "T" not in event.to_ical().decode().split("DTSTART")[1].splitlines()[0][13:] for event in events(calendar)
    )
