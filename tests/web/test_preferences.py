"""The pages on which people choose how to be told: members, contacts, and whoever has the link from a mail."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from portal.access import holders
from portal.access.holders import Holder
from portal.adapters import clock
from portal.db import new_id
from portal.models.client import Contact, Grant
from portal.models.vendor import Member
from portal.queries import preferences as reads
from portal.rules.hours import Quiet
from portal.rules.telling import Rhythm, Topic, Wishes
from portal.services import grants, members, preferences
from portal.web.installation import installation
from tests import letters
from tests.attacks.contents import changes, contents
from tests.worlds import Entered, World

FORM = {
    "asks": "daily", "messages": "never", "news": "weekly", "receipts": "daily",
    "quiet": "y", "quiet_from": "21:30", "quiet_to": "06:45",
}  # fmt: skip
CHOSEN = {
    Topic.ASKS: Rhythm.DAILY,
    Topic.MESSAGES: Rhythm.NEVER,
    Topic.NEWS: Rhythm.WEEKLY,
    Topic.RECEIPTS: Rhythm.DAILY,
}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def text(page: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def chosen(page: Any) -> dict[str, str]:
    """What the select boxes of the page show."""
    boxes = re.findall(r'<select id="(\w+)".*?</select>', page.text, re.DOTALL)
    shown = {}
    for name in boxes:
        box = re.search(rf'<select id="{name}".*?</select>', page.text, re.DOTALL)
        shown[name] = re.search(r'<option value="(\w+)" selected', box[0])[1]
    return shown


def wishes(world: World, holder: Holder) -> Wishes:
    world.session.rollback()
    return reads.wishes(world.session, holder)


def cleo_and_token(world: World) -> tuple[Entered, str]:
    cleo = world.contact(world.project())
    return cleo, letters.token_of(world.session, "contact", cleo.actor.latest.contact_id, world.owner.vendor_id)


def test_a_member_finds_the_page_among_the_settings_and_changes_what_comes(world: World):
    browser = world.browser(world.owner)
    page = browser.get("/settings/notices")
    assert 'href="/settings/notices" aria-current="page"' in page.text
    assert chosen(page) == {"asks": "at_once", "messages": "bundled", "news": "daily", "receipts": "at_once"}
    assert browser.post("/settings/notices", FORM | {"browser": "y"}).headers["Location"] == "/settings/notices"
    mine = wishes(world, holders.of_actor(world.owner))
    assert mine == Wishes(CHOSEN, Quiet(21 * 60 + 30, 6 * 60 + 45), browser=True)
    assert chosen(browser.get("/settings/notices"))["news"] == "weekly"


def test_the_page_says_what_can_never_be_switched_off(world: World):
    cleo, token = cleo_and_token(world)
    pages = [
        world.browser(world.owner).get("/settings/notices"),
        world.entered(cleo.code).get("/notices"),
        world.stranger().get(f"/notices/{token}"),
    ]
    for page in pages:
        assert "Changed payment details are always told at once, in quiet hours too." in text(page)
        assert "never" not in re.search(r'<select id="receipts".*?</select>', page.text, re.DOTALL)[0]


def test_a_contact_finds_the_page_in_the_menu_and_changes_what_comes(world: World):
    cleo = world.contact(world.project())
    browser = world.entered(cleo.code)
    assert 'href="/notices"' in browser.get("/projects").text
    answer = browser.post("/notices", FORM)
    assert answer.status_code == 303
    assert wishes(world, holders.of_actor(cleo.actor)).rhythms == CHOSEN
    assert chosen(browser.get(answer.headers["Location"]))["messages"] == "never"


def test_with_codes_of_two_studios_each_has_its_own_choices(world: World):
    other = World.founded(world.app, world.session, name="Otto Agency")
    here, there = world.contact(world.project()), other.contact(other.project(), name="Cleo Chen")
    browser = world.entered(here.code, there.code)
    page = browser.get("/notices")
    assert all(f"Cleo Chen · {name}" in text(page) for name in ("Vera Studio", "Otto Agency"))
    browser.post("/notices", FORM | {"contact": str(here.actor.latest.contact_id)})
    assert wishes(world, holders.of_actor(here.actor)).rhythms == CHOSEN
    assert wishes(world, holders.of_actor(there.actor)) == Wishes()


@pytest.mark.parametrize("whose", ["neighbour", "foreign", "missing", "no id"])
def test_nobody_elses_choices_are_found_by_an_id(world: World, whose):
    other = World.founded(world.app, world.session, name="Otto Agency")
    victim = {
        "neighbour": world.contact(world.project(), name="Li Wei").actor.latest.contact_id,
        "foreign": other.contact(other.project(), name="Ola Far").actor.latest.contact_id,
        "missing": new_id(),
        "no id": "x",
    }[whose]
    browser = world.entered(world.contact(world.project()).code)
    assert browser.get(f"/notices?contact={victim}").status_code == 404
    assert browser.post("/notices", FORM | {"contact": str(victim)}).status_code == 404
    if isinstance(victim, UUID):
        world.session.rollback()
        vendors = {world.owner.vendor_id, other.owner.vendor_id}
        found = [reads.of_people(world.session, vendor, [("contact", victim)]) for vendor in vendors]
        assert all(each == {("contact", victim): Wishes()} for each in found)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"quiet_to": "21:30"}, "Quiet hours need an end"),
        ({"quiet_from": "late"}, "Write the time like 22:00."),
        ({"news": "hourly"}, "Choose one of the possibilities in the list."),
        ({"receipts": "never"}, "Choose one of the possibilities in the list."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_typed_is_lost(world: World, wrong, says):
    cleo, token = cleo_and_token(world)
    browsers = {
        "/settings/notices": world.browser(world.owner),
        "/notices": world.entered(cleo.code),
        f"/notices/{token}": world.stranger(),
    }
    for address, browser in browsers.items():
        answer = browser.post(address, FORM | wrong)
        assert answer.status_code == 422
        assert says in text(answer)
        assert 'value="06:45"' in answer.text or "quiet_to" in wrong
    assert wishes(world, holders.of_actor(world.owner)) == Wishes()


def test_without_quiet_hours_their_times_do_not_matter(world: World):
    form = {name: value for name, value in FORM.items() if name != "quiet"} | {"quiet_from": "?"}
    assert world.browser(world.owner).post("/settings/notices", form).status_code == 303
    assert wishes(world, holders.of_actor(world.owner)).quiet is None


def test_whoever_has_the_link_from_a_mail_sees_and_changes_these_choices_only(world: World):
    cleo, token = cleo_and_token(world)
    holder = holders.of_actor(cleo.actor)
    preferences.choose(world.session, holder=holder, wishes=Wishes(browser=True))
    stranger = world.stranger()
    page = stranger.get(f"/notices/{token}")
    assert "This is about mails to Cleo Chen." in text(page)
    assert "cleo@cherry.example" not in page.text
    assert stranger.post(f"/notices/{token}", FORM).status_code == 303
    # What the browser tells is chosen in the portal, and stays.
    assert wishes(world, holder) == Wishes(CHOSEN, Quiet(21 * 60 + 30, 6 * 60 + 45), browser=True)
    assert stranger.get("/projects").status_code == 303
    assert stranger.get("/notices").status_code == 303


def test_the_link_works_for_members_too(world: World):
    token = letters.token_of(world.session, "member", world.owner.member_id, world.owner.vendor_id)
    assert world.stranger().post(f"/notices/{token}", FORM).status_code == 303
    assert wishes(world, holders.of_actor(world.owner)).rhythms == CHOSEN


def test_the_page_of_the_link_speaks_the_language_of_the_person(world: World):
    cleo, token = cleo_and_token(world)
    world.session.get_one(Contact, cleo.actor.latest.contact_id).locale = "zh_Hans"
    world.session.commit()
    stranger = world.stranger()
    assert '<html lang="zh-Hans">' in stranger.get(f"/notices/{token}").text
    stranger.post("/locale", {"locale": "en", "next": f"/notices/{token}"})
    assert '<html lang="en">' in stranger.get(f"/notices/{token}").text


def revoke(world: World, cleo: Entered) -> None:
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, cleo.grant_id))


def test_the_link_dies_with_the_access_and_says_no_more_than_one_that_never_was(world: World):
    cleo, token = cleo_and_token(world)
    revoke(world, cleo)
    stranger = world.stranger()
    never = stranger.get(f"/notices/{'x' * 43}")
    dead = stranger.get(f"/notices/{token}")
    assert (dead.status_code, plain(dead)) == (404, plain(never))
    assert stranger.post(f"/notices/{token}", FORM).status_code == 404
    assert stranger.client.post(f"/notices/{token}/unsubscription", data=ONE_CLICK).status_code == 404
    assert wishes(world, holders.of_actor(cleo.actor)) == Wishes()


def plain(answer: Any) -> str:
    """A page without what differs each time: its token, and its own address."""
    return re.sub(r'value="[^"]*"|X-CSRFToken[^}]*', "", answer.text)


def test_the_link_dies_when_the_code_expires_and_when_a_member_leaves(world: World):
    _, token = cleo_and_token(world)
    colleague = world.member()
    theirs = letters.token_of(world.session, "member", colleague.member_id, colleague.vendor_id)
    members.disable(world.session, actor=world.owner, member=world.session.get_one(Member, colleague.member_id))
    assert world.stranger().get(f"/notices/{theirs}").status_code == 404
    assert world.stranger().get(f"/notices/{token}").status_code == 200
    with time_machine.travel(clock.now() + timedelta(days=400)):
        assert world.stranger().get(f"/notices/{token}").status_code == 404


def test_the_link_lives_while_any_code_of_the_person_does(world: World):
    cleo, token = cleo_and_token(world)
    second = world.contact(world.project())
    contact_id = cleo.actor.latest.contact_id
    world.session.get_one(Grant, second.grant_id).contact_id = contact_id
    world.session.commit()
    revoke(world, cleo)
    assert world.stranger().get(f"/notices/{token}").status_code == 200


def test_one_click_in_a_mail_program_ends_mails_of_that_topic(world: World):
    cleo, token = cleo_and_token(world)
    # As a mail provider sends it: no cookie, no form of ours, nothing but this pair.
    program = world.stranger().client
    answer = program.post(f"/notices/{token}/unsubscription?of=news", data=ONE_CLICK)
    assert answer.status_code == 200
    assert wishes(world, holders.of_actor(cleo.actor)).rhythms == {Topic.NEWS: Rhythm.NEVER}
    assert program.post(f"/notices/{token}/unsubscription?of=news", data=ONE_CLICK).status_code == 200


def test_one_click_on_a_link_that_names_nothing_ends_all_that_can_end(world: World):
    cleo, token = cleo_and_token(world)
    world.stranger().client.post(f"/notices/{token}/unsubscription", data=ONE_CLICK)
    off = {topic for topic, rhythm in wishes(world, holders.of_actor(cleo.actor)).rhythms.items()}
    assert off == {Topic.ASKS, Topic.MESSAGES, Topic.NEWS}


def test_receipts_cannot_be_ended_by_changing_the_link(world: World):
    cleo, token = cleo_and_token(world)
    world.stranger().client.post(f"/notices/{token}/unsubscription?of=receipts&of=alarms&of=news", data=ONE_CLICK)
    assert wishes(world, holders.of_actor(cleo.actor)).rhythms == {Topic.NEWS: Rhythm.NEVER}


def test_a_post_without_the_words_of_the_standard_ends_nothing(world: World):
    cleo, token = cleo_and_token(world)
    answer = world.stranger().client.post(f"/notices/{token}/unsubscription?of=news", data={"x": "y"})
    assert answer.status_code == 422
    assert wishes(world, holders.of_actor(cleo.actor)) == Wishes()


def test_only_this_one_form_goes_without_a_token_against_forgery(world: World):
    _, token = cleo_and_token(world)
    stranger = world.stranger()
    assert stranger.client.post(f"/notices/{token}", data=FORM).status_code == 400
    exempt = [view for view in world.app.view_functions.values() if getattr(view, "by_token", False)]
    assert [view.__name__ for view in exempt] == ["unsubscribe"]


def test_looking_at_links_writes_nothing(world: World):
    """Mail scanners open every link."""
    _, token = cleo_and_token(world)
    stranger, engine = world.stranger(), installation(world.app).engine
    before = contents(engine)
    for address in (f"/notices/{token}", f"/notices/{token}/unsubscription?of=news"):
        assert stranger.get(address).status_code == 200
        assert stranger.client.head(address).status_code == 200
    assert changes(before, contents(engine)) == {}


def test_guessing_at_links_costs_tries_and_writes_nothing_else(world: World):
    stranger, engine = world.stranger(), installation(world.app).engine
    before = contents(engine)
    answers = [stranger.get(f"/notices/{number:043}").status_code for number in range(25)]
    assert answers[:20] == [404] * 20
    assert answers[-1] == 429
    assert list(changes(before, contents(engine))) == ["buckets"]


def test_the_page_asks_before_it_ends_anything(world: World):
    cleo, token = cleo_and_token(world)
    stranger = world.stranger()
    page = stranger.get(f"/notices/{token}/unsubscription?of=news")
    assert "No more of these mails?" in text(page)
    assert "How the work goes on" in text(page)
    action = html.unescape(re.search(r'action="(/notices/[^"]+of=news)"', page.text)[1])
    done = stranger.post(action, ONE_CLICK)
    assert "You get no more of these mails." in text(done)
    assert wishes(world, holders.of_actor(cleo.actor)).rhythms == {Topic.NEWS: Rhythm.NEVER}


def test_the_settings_of_the_other_side_do_not_exist(world: World):
    cleo = world.contact(world.project())
    assert world.browser(world.owner).get("/notices").status_code == 404
    assert world.entered(cleo.code).get("/settings/notices").status_code == 404


def test_tokens_are_kept_as_digests_only(world: World):
    _, token = cleo_and_token(world)
    engine = installation(world.app).engine
    assert token not in repr(contents(engine))
