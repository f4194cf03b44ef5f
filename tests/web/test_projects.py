"""The project's page: one sentence, the milestone it is about now, and the way to all others; for each side its own."""

from __future__ import annotations

import re
import uuid

import pytest

from portal.rules.roles import Role, Scope
from portal.services import payments
from tests.forms import unsigned
from tests.worlds import World


def words(page: str) -> str:
    """The page as one reads it: without tags, blanks run together."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1]).split())


def sentence(page: str) -> str:
    return re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1].strip()


def standings(page: str) -> list[str]:
    """Where each milestone of the timeline stands."""
    timeline = page.split('class="timeline"', 1)[1].split("</ol>", 1)[0]
    return re.findall(r'data-standing="(\w+)"', timeline)


def current(page: str) -> dict[str, str]:
    """The data attributes of the milestone shown."""
    tag = re.search(r'<article[^>]*id="milestone-[^>]*>', page)[0]
    return dict(re.findall(r'data-(\w+)="([^"]*)"', tag))


def test_the_page_opens_with_where_it_stands_for_each_side(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    world.deliver(world.milestone(project), ("plan.pdf", b"%PDF-1.7"))
    seen_by_client = world.entered(cleo.code).get(f"/projects/{project.id}").text
    seen_by_vendor = world.browser(world.owner).get(f"/projects/{project.id}").text
    assert sentence(seen_by_client) == "Milestone 1 of 3 is delivered. Pay €1,500.00 to download the files."
    assert sentence(seen_by_vendor) == "Milestone 1 of 3 is waiting for €1,500.00 from the client."


def test_the_milestone_shown_is_the_first_that_is_not_finished(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    browser = world.entered(cleo.code)
    assert current(browser.get(f"/projects/{project.id}").text)["position"] == "1"
    step = world.deliver(world.milestone(project), note="Done.")
    world.pay(step, cleo)
    page = browser.get(f"/projects/{project.id}").text
    assert (current(page)["position"], current(page)["state"]) == ("2", "active")
    assert standings(page) == ["settled", "working", "locked"]
    assert "Opens when milestone 2 is paid" in words(page)
    assert re.search(r'href="/receipts/[0-9a-f-]{36}">Receipt \d{4}-0001<', page)


def test_a_reversed_payment_brings_the_project_back_to_its_milestone(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    payment = world.report(world.deliver(world.milestone(project), note="Done."), cleo)
    world.confirm(payment)
    payments.reverse(world.session, actor=world.owner, payment=payment, reason="Bounced.", ticket=world.ticket())
    page = world.entered(cleo.code).get(f"/projects/{project.id}").text
    assert sentence(page) == "A payment for milestone 1 was reversed. €1,500.00 is open again."
    assert standings(page) == ["reversed", "working", "locked"]


def test_progress_is_told_by_count_and_by_value(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    world.pay(world.deliver(world.milestone(project), note="Done."), cleo)
    world.pay(world.deliver(world.milestone(project, 2), note="Done."), cleo, minor=50_000)
    text = words(world.entered(cleo.code).get(f"/projects/{project.id}").text)
    assert "1 of 3 paid" in text
    assert "€2,000.00 of €5,000.00" in text


def test_a_finished_project_says_so_and_not_before(world: World) -> None:
    project = world.project(amounts=("10", "20"))
    cleo = world.contact(project)
    for position in (1, 2):
        world.pay(world.deliver(world.milestone(project, position), ("a.txt", b"a")), cleo)
    browser = world.entered(cleo.code)
    assert (
        sentence(browser.get(f"/projects/{project.id}").text)
        == "All milestones are delivered and paid. Everything is yours to download."
    )
    last = browser.get(f"/milestones/{world.milestone(project, 2).id}").text
    assert sentence(last) == "Milestone 2 of 2 is paid. The files are yours to download."


def test_a_draft_shows_its_terms_and_to_those_who_may_the_two_ways_on(world: World) -> None:
    project = world.draft()
    lead = world.browser(world.owner).get(f"/projects/{project.id}").text
    assert sentence(lead) == "This project is a draft. Check the terms, then start it."
    assert f'action="/projects/{project.id}/start"' in lead
    assert f'href="/projects/{project.id}/edit"' in lead
    assert lead.count("Looks right") == 3
    helper = world.browser(world.member(Role.MEMBER)).get(f"/projects/{project.id}").text
    assert f"/projects/{project.id}/start" not in helper
    assert f"/projects/{project.id}/edit" not in helper


def test_a_client_let_in_early_reads_that_it_is_being_prepared(world: World) -> None:
    project = world.draft()
    page = world.entered(world.contact(project).code).get(f"/projects/{project.id}").text
    assert sentence(page) == "This project is being prepared."
    assert "/start" not in page


def test_what_happened_lately_names_the_sides_and_hides_money_from_those_without_it(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    viewer = world.contact(project, frozenset({Scope.VIEW}), name="Li Wei")
    world.report(world.deliver(world.milestone(project), note="Done."), cleo)
    full = words(world.entered(cleo.code).get(f"/projects/{project.id}").text)
    assert "Cherry Harvest GmbH reported a payment of €1,500.00 for “Step 1”." in full
    hidden = words(world.entered(viewer.code).get(f"/projects/{project.id}").text)
    assert "reported a payment" not in hidden
    assert "A payment was dealt with." in hidden


@pytest.mark.parametrize("address", ["/projects/{}", "/milestones/{}", "/milestones/{}/files"])
def test_what_belongs_to_others_is_as_missing_as_what_does_not_exist(world: World, address: str) -> None:
    project = world.project()
    other = World.founded(world.app, world.session, "Other Studio")
    foreign = other.project()
    own_id = foreign.id if "projects" in address else other.milestone(foreign).id
    for browser in (world.browser(world.owner), world.entered(world.contact(project).code)):
        answers = [browser.get(address.format(each)) for each in (own_id, uuid.uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert unsigned(answers[0].text).replace(str(own_id), "") == unsigned(answers[1].text).replace(str(own_id), "")


def test_two_codes_on_one_browser_open_two_projects_each_with_its_own(world: World) -> None:
    first, second = world.project(title="First"), world.project(title="Second")
    browser = world.entered(world.contact(first).code, world.contact(second).code)
    for project, title in ((first, "First"), (second, "Second")):
        page = browser.get(f"/projects/{project.id}")
        assert page.status_code == 200
        assert title in words(page.text)
