"""The pages of status updates, for both sides; and what those who may not see payments get of them."""

from __future__ import annotations

import hashlib
import html
import re
from datetime import timedelta

import pytest
import time_machine

from portal.adapters import clock
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft, StatusUpdate
from portal.rules.roles import Role, Scope
from portal.rules.status_updates import Section
from portal.services import status_drafts, status_updates
from portal.services.status_updates import Edited
from tests.forms import beside, typed
from tests.queries.test_statement_counts import statements
from tests.worlds import Browser, World

VIEW = frozenset({Scope.VIEW})
RHYTHM = {"rhythm": "weekly", "weekday": "4", "hour": "16", "send_after_days": ""}
PUBLIC, SECRET = "We drew the letters.", "Half of 5,000 euros is paid."


def drafted(world: World, project: Project) -> StatusDraft:
    return status_drafts.draft_now(world.session, actor=world.owner, project=project)


def sent(world: World, project: Project) -> StatusUpdate:
    draft = drafted(world, project)
    text = dict.fromkeys(Section, "") | {Section.DONE: PUBLIC, Section.MONEY: SECRET}
    return status_updates.send(world.session, actor=world.owner, draft=draft, edited=Edited(text, draft.version))


def again(world: World, draft: StatusDraft) -> StatusDraft:
    world.session.rollback()
    return world.session.get_one(StatusDraft, draft.id)


def main(page: str) -> str:
    return html.unescape(page.partition("<main")[2])


def test_a_lead_chooses_a_rhythm_and_the_page_says_when_the_next_draft_is_made(world: World):
    project, browser = world.project(), world.browser(world.owner)
    address = f"/projects/{project.id}/updates"
    assert "No regular updates" in main(browser.get(address).text)
    assert browser.post(f"/projects/{project.id}/rhythm", RHYTHM).headers["Location"] == address
    page = main(browser.get(address).text)
    assert "Every week, Friday at 16:00" in page
    assert re.search(r"The next draft is made on .*16:00 Berlin", page)


def test_a_choice_no_form_of_ours_offers_comes_back_beside_its_field(world: World):
    project, browser = world.project(), world.browser(world.owner)
    answer = browser.post(f"/projects/{project.id}/rhythm", RHYTHM | {"weekday": "9"})
    assert answer.status_code == 422
    assert beside(answer.text, "weekday") == "Choose a day of the week."


def test_the_draft_waits_on_the_project_and_on_the_home_page_until_it_is_sent(world: World):
    project, browser = world.project(), world.browser(world.owner)
    pages = (f"/projects/{project.id}", "/projects", f"/projects/{project.id}/updates")
    draft = drafted(world, project)
    assert [page for page in pages if f'href="/updates/{draft.id}"' not in browser.get(page).text] == []
    assert "is drafted. Read it, then send it." in main(browser.get("/projects").text)
    form = typed(browser.get(f"/updates/{draft.id}").text)
    assert browser.post(f"/updates/{draft.id}/sending", form).headers["Location"] == f"/updates/{draft.id}"
    assert [page for page in pages[:2] if f'href="/updates/{draft.id}"' in browser.get(page).text] == []


def test_the_form_holds_what_was_drafted_and_sends_what_is_in_it(world: World):
    project, browser = world.project(), world.browser(world.owner)
    draft = drafted(world, project)
    form = {name: html.unescape(text) for name, text in typed(browser.get(f"/updates/{draft.id}").text).items()}
    assert form["next"].strip().splitlines() == draft.lines(Section.NEXT)
    browser.post(f"/updates/{draft.id}/sending", form | {"done": PUBLIC, "money": ""})
    page = browser.get(f"/updates/{draft.id}").text
    assert PUBLIC in page
    assert draft.lines(Section.NEXT)[0] in html.unescape(page)
    assert 'data-number="1"' in page


def test_saving_keeps_the_draft_for_later_and_a_stale_page_loses_nothing_typed(world: World):
    project, browser = world.project(), world.browser(world.owner)
    draft = drafted(world, project)
    form = typed(browser.get(f"/updates/{draft.id}").text)
    assert browser.post(f"/updates/{draft.id}/text", form | {"done": "Mine."}).status_code == 303
    late = browser.post(f"/updates/{draft.id}/sending", form | {"done": "Theirs."})
    assert late.status_code == 409
    assert "Send yours again to replace theirs." in late.text
    assert typed(late.text)["done"].strip() == "Theirs."
    assert again(world, draft).done == "Mine."
    assert browser.post(f"/updates/{draft.id}/sending", typed(late.text)).status_code == 303
    assert again(world, draft).state is DraftState.SENT


def test_nothing_at_all_and_too_much_come_back_beside_their_field(world: World):
    project, browser = world.project(), world.browser(world.owner)
    draft = drafted(world, project)
    nothing = dict.fromkeys(("done", "next", "waiting", "risks", "money"), "") | {"version": "1"}
    answer = browser.post(f"/updates/{draft.id}/sending", nothing)
    assert (answer.status_code, beside(answer.text, "done")) == (
        422, "Write at least one line that everybody may read.",
    )  # fmt: skip
    answer = browser.post(f"/updates/{draft.id}/text", nothing | {"risks": "x" * 4001})
    assert (answer.status_code, "4000" in beside(answer.text, "risks")) == (422, True)


def test_sending_twice_leads_to_what_was_sent_and_skipping_back_to_the_list(world: World):
    project, browser = world.project(), world.browser(world.owner)
    draft = drafted(world, project)
    assert browser.post(f"/updates/{draft.id}/dismissal").headers["Location"] == f"/projects/{project.id}/updates"
    assert "no longer waiting" in main(browser.get(f"/updates/{draft.id}").text)
    browser.post(f"/projects/{project.id}/updates")
    form = typed(browser.get(f"/updates/{draft.id}").text)
    for _ in range(2):
        answer = browser.post(f"/updates/{draft.id}/sending", form)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/updates/{draft.id}")


def test_a_colleague_reads_the_draft_and_is_offered_nothing(world: World):
    project = world.project()
    draft, browser = drafted(world, project), world.browser(world.member(Role.MEMBER))
    page = main(browser.get(f"/updates/{draft.id}").text)
    assert draft.lines(Section.NEXT)[0] in page
    index = main(browser.get(f"/projects/{project.id}/updates").text)
    assert [name for name in ("sending", "dismissal", "/rhythm", "Draft an update now") if name in page + index] == []


def test_a_draft_does_not_exist_for_contacts_wherever_they_look(world: World):
    project = world.project()
    cleo = world.contact(project)
    draft, browser = drafted(world, project), world.entered(cleo.code)
    for address in ("", "/text.json", "/money.json"):
        assert browser.get(f"/updates/{draft.id}{address}").status_code == 404
    seen = [browser.get(page).text for page in (f"/projects/{project.id}", f"/projects/{project.id}/updates")]
    assert [page for page in seen if str(draft.id) in page or "draft" in main(page).casefold()] == []


def test_both_sides_read_what_was_sent_and_money_only_those_who_may(world: World):
    project = world.project()
    update = sent(world, project)
    people = {"full": world.contact(project), "view": world.contact(project, VIEW, "Vic View")}
    browsers = {name: world.entered(person.code) for name, person in people.items()}
    browsers["member"] = world.browser(world.member(Role.MEMBER))
    for name, browser in browsers.items():
        page = browser.get(f"/updates/{update.id}").text
        assert PUBLIC in page, name
        assert (SECRET in page) is (name != "view"), name
        assert ((update.money_sha256 or "") in page) is (name != "view"), name
        assert f"/updates/{update.id}" in browser.get(f"/projects/{project.id}/updates").text


def test_who_may_not_see_payments_gets_nothing_of_money_by_any_way(world: World):
    project = world.project()
    update = sent(world, project)
    browser = world.entered(world.contact(project, VIEW, "Vic View").code)
    ways = [f"/updates/{update.id}", f"/updates/{update.id}/text.json", f"/updates/{update.id}/money.json"]
    ways += [f"/projects/{project.id}/updates", f"/projects/{project.id}/record", f"/projects/{project.id}"]
    answers = {way: browser.get(way) for way in ways}
    assert [way for way, answer in answers.items() if "5,000 euros" in answer.text] == []
    assert {way: answer.status_code for way, answer in answers.items()} == {
        way: 403 if way.endswith("money.json") else 200 for way in ways
    }


def test_the_exact_text_has_the_hash_that_the_page_and_the_record_name(world: World):
    project = world.project()
    update, browser = sent(world, project), world.browser(world.owner)
    page = browser.get(f"/updates/{update.id}").text
    record = browser.get(f"/projects/{project.id}/record.jsonl").text
    for name in ("text", "money"):
        answer = browser.get(f"/updates/{update.id}/{name}.json")
        digest = hashlib.sha256(answer.data).hexdigest()
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert digest in page
        assert digest in record
    assert "sent status update 1." in main(browser.get(f"/projects/{project.id}/record").text)


def test_foreign_and_missing_updates_look_the_same(world: World):
    other = World.founded(world.app, world.session, name="Otto Agency")
    project = other.project()
    strangers: list[Browser] = [world.browser(world.owner), world.entered(world.contact(world.project()).code)]
    for thing in (sent(other, project), drafted(other, other.project(title="Next"))):
        for browser in strangers:
            assert browser.get(f"/updates/{thing.id}").status_code == 404


@pytest.mark.parametrize("version", ["", "x", "-1", "0", "9" * 12, "9" * 5000, "①"])
def test_a_version_no_page_of_ours_showed_sends_nothing(world: World, version: str):
    project, browser = world.project(), world.browser(world.owner)
    draft = drafted(world, project)
    form = typed(browser.get(f"/updates/{draft.id}").text) | {"version": version}
    assert browser.post(f"/updates/{draft.id}/sending", form).status_code in (409, 422)
    assert again(world, draft).state is not DraftState.SENT


def test_what_people_wrote_is_text_and_nothing_else(world: World):
    project, browser = world.project(), world.browser(world.owner)
    draft = drafted(world, project)
    evil = '<script>alert(1)</script> {{ 7*7 }} " onx="\u202e</textarea>'
    form = typed(browser.get(f"/updates/{draft.id}").text)
    browser.post(f"/updates/{draft.id}/text", form | {"done": evil})
    page = browser.get(f"/updates/{draft.id}").text
    browser.post(f"/updates/{draft.id}/sending", form | {"done": evil, "version": "2"})
    shown = browser.get(f"/updates/{draft.id}").text
    for text in (page, shown):
        assert "<script>alert" not in text
        assert "\u202e" not in text
        assert "{{ 7*7 }}" in text


def test_the_list_asks_the_database_as_often_for_many_as_for_one(world: World):
    costs, now = [], clock.now()
    for count in (1, 3):
        project = world.project()
        for days in range(count):
            with time_machine.travel(now - timedelta(days=days), tick=False):
                sent(world, project)
        costs.append(len(statements(world, world.browser(world.owner), f"/projects/{project.id}/updates")))
    assert costs == [5, 5]
