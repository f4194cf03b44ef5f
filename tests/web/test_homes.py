"""The two faces of home: what the vendor's day asks for, and the projects of a client's browser."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from portal.adapters import clock
from portal.models.outbox import Notice
from portal.rules.lifecycle import Flow
from portal.rules.roles import Role, Scope
from portal.services import approvals, milestones, payments
from tests.worlds import Browser, World

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


MARKUP = re.compile(r"<(?:script|svg).*?</(?:script|svg)>|<[^>]+>", re.DOTALL)
TILE = re.compile(r'stat-label">(.*?)</span>\s*<span class="stat-value">(.*?)</span>\s*</(?:div|a)>', re.DOTALL)


def text(page: Any) -> str:
    """What a page says, without its markup."""
    return " ".join(
        html.unescape(re.sub(r"<(?:script|svg).*?</(?:script|svg)>|<[^>]+>", " ", page.text, flags=re.DOTALL)).split()
    )


def home(world: World, address: str = "/projects", **headers: str) -> Any:
    answer = world.browser(world.owner).get(address, **headers)
    assert answer.status_code == 200, answer.text
    return answer


def titles(page: Any) -> list[str]:
    """The projects of the list, in their order."""
    return [html.unescape(title) for title in re.findall(r'<a href="/projects/[0-9a-f-]{36}"><bdi>([^<]+)', page.text)]


def tiles(page: Any) -> dict[str, list[str]]:
    """The figures at the head: label → amounts."""
    found = TILE.findall(page.text)
    return {MARKUP.sub("", label): re.findall(r'stat-sum">([^<]+)', value) for label, value in found}


def needs(page: Any) -> list[str]:
    return re.findall(r'id="need-(\w+)-', page.text)


def heading(page: Any) -> str:
    return html.unescape(re.search(r"<h1>([^<]*)</h1>", page.text)[1])


# --- the vendor's day


def test_a_studio_without_projects_is_shown_its_first_steps(world: World) -> None:
    page = home(world)
    assert heading(page) == "Your first project starts here."
    assert 'href="/projects/new"' in page.text
    plain = text(world.browser(world.member(Role.MEMBER)).get("/projects"))
    assert "An owner or manager of your studio sets up projects." in plain


def test_a_day_with_nothing_to_do_says_so(world: World) -> None:
    world.project()
    page = home(world)
    assert heading(page) == "Nothing needs you right now. €1,500.00 is on its way."
    assert needs(page) == []


def test_the_sentence_counts_what_needs_somebody_and_the_money_on_its_way(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    world.report(step, cleo, minor=50_000)
    world.draft()
    page = home(world)
    assert heading(page) == "Two things need you. €1,500.00 is on its way."
    assert needs(page) == ["payment", "draft"]
    assert tiles(page)["Reported, to confirm"] == ["€500.00"]
    assert tiles(page)["Due in 14 days"] == ["€1,000.00"]


def test_currencies_are_never_added_up(world: World) -> None:
    for currency in ("JPY", "USD", "EUR"):
        world.project(currency=currency, amounts=("1500", "2500"))
    page = home(world)
    assert tiles(page)["Due in 14 days"] == ["€1,500.00", "¥1,500", "$1,500.00"]
    assert heading(page) == (
        "Nothing needs you right now. €1,500.00, ¥1,500 and money in 1 other currency are on their way."
    )


def test_received_is_what_arrived_this_month_and_was_not_taken_back(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Done.")
    world.pay(step, cleo, minor=30_000)
    bounced = world.report(step, cleo, minor=20_000)
    world.confirm(bounced)
    payments.reverse(world.session, actor=world.owner, payment=bounced, reason="Bounced.", ticket=world.ticket())
    assert tiles(home(world))["Received this month"] == ["€300.00"]
    with time_machine.travel(clock.now() + timedelta(days=32), tick=True):
        assert tiles(home(world))["Received this month"] == []


def test_money_is_overdue_only_once_the_client_was_asked_for_it(world: World) -> None:
    working, delivered = world.project(title="Working"), world.project(title="Delivered")
    approval = world.project(title="Approval", flow=Flow.APPROVE_THEN_INVOICE.value)
    for project in (delivered, approval):
        world.deliver(world.milestone(project), note="Done.")
    with time_machine.travel(clock.now() + timedelta(days=13), tick=True):
        page = home(world)
        assert tiles(page)["Overdue"] == ["€1,500.00"]
        assert needs(page) == ["late", "overdue"]
        assert f"/milestones/{world.milestone(working).id}" in page.text
        said = text(page)
    assert "“Step 1” is 3 days late." in said
    assert "€1,500.00 for “Step 1” is 3 days overdue." in said
    assert "1 milestone late" in said


@pytest.mark.parametrize(
    ("days", "said"),
    [(6, None), (7, "is due in 3 days"), (9, "is due tomorrow"), (10, "is due today"), (11, "is 1 day late")],
)
def test_a_milestone_asks_from_three_days_before_its_date_on(world: World, days: int, said: str | None) -> None:
    with time_machine.travel(NOON, tick=True) as travel:
        world.project()
        travel.move_to(NOON + timedelta(days=days))
        page = home(world)
        assert (said in text(page)) if said else needs(page) == []


def test_each_need_has_one_act_that_leads_to_where_it_is_done(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    payment = world.report(step, cleo)
    draft = world.draft(title="Not begun")
    page = home(world)
    assert f'href="/milestones/{step.id}#payment-{payment.id}"' in page.text
    assert f'href="/projects/{draft.id}"' in page.text
    assert "“Not begun” is a draft and has not started." in text(page)
    assert "Cleo Chen reported €1,500.00 for “Step 1”." in text(page)


def test_a_reversed_payment_asks_until_the_money_is_there_again(world: World) -> None:
    project = world.project()
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    payment = world.report(step, cleo)
    world.confirm(payment)
    payments.reverse(world.session, actor=world.owner, payment=payment, reason="Bounced.", ticket=world.ticket())
    page = home(world)
    assert needs(page) == ["reversed"]
    assert "A payment for “Step 1” went back. €1,500.00 is open again." in text(page)
    world.report(step, cleo)
    assert needs(home(world)) == ["payment"]


def test_a_mail_that_could_not_be_delivered_asks_for_the_address(world: World) -> None:
    project = world.project()
    world.contact(project)
    world.deliver(world.milestone(project), note="Done.")
    world.session.execute(update(Notice).where(Notice.to_kind == "contact").values(gave_up_at=clock.now()))
    world.session.commit()
    page = home(world)
    assert "A mail to Cleo Chen could not be delivered." in text(page)
    assert "cleo@cherry.example" in text(page)
    assert 'href="/settings/mail#mail-' in page.text
    assert f'href="/projects/{project.id}/contacts"' in world.browser(world.member()).get("/projects").text
    with time_machine.travel(clock.now() + timedelta(days=31), tick=True):
        assert "could not be delivered" not in text(home(world))


def test_of_many_things_a_few_of_each_kind_are_shown_and_the_rest_counted(world: World) -> None:
    for number in range(8):
        world.draft(title=f"Draft {number}")
    page = home(world)
    assert heading(page).startswith("Eight things need you.")
    assert needs(page) == ["draft"] * 5
    assert "And 3 more" in text(page)


def test_activity_tells_the_latest_of_all_projects_in_words(world: World) -> None:
    project = world.project(title="Cherry")
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    world.report(step, cleo)
    said = text(home(world))
    assert "Cleo Chen reported a payment of €1,500.00 for “Step 1”. Cherry" in said
    assert said.index("reported a payment") < said.index("delivered “Step 1”") < said.index("started the project")


def test_nothing_of_another_vendor_is_seen_or_counted(world: World) -> None:
    other = World.founded(world.app, world.session, name="Studio Nord")
    project = other.project(title="Canary project", client_name="Canary GmbH")
    cleo = other.contact(project, name="Canary Person")
    other.report(other.deliver(other.milestone(project), note="Done."), cleo)
    other.draft(title="Canary draft")
    world.project()
    for address in ("/projects", "/projects?q=canary", "/projects?standing=draft"):
        page = home(world, address)
        assert "Canary" not in page.text
        assert tiles(page)["Reported, to confirm"] == []
    assert titles(home(world, "/projects?q=canary")) == []


# --- the list of projects


def test_what_asks_for_something_comes_first_and_then_the_latest_touched(world: World) -> None:
    with time_machine.travel(NOON, tick=False) as travel:
        quiet = world.project(title="Quiet, touched first")
        travel.shift(60)
        late = world.project(title="Asks by its date")
        travel.shift(60)
        reported = world.project(title="Asks at once")
        cleo, step = world.contact(reported), world.deliver(world.milestone(reported), note="Done.")
        world.report(step, cleo)
        travel.shift(60)
        world.draft(title="Draft, touched last")
        for project in (quiet, reported):
            step = world.milestone(project)
            step.due_on += timedelta(days=90)
        world.session.commit()
        assert titles(home(world))[:2] == ["Asks at once", "Draft, touched last"]
        travel.move_to(NOON + timedelta(days=8))
        milestones.submit(world.session, actor=world.owner, milestone=world.milestone(quiet), note="Done.")
        assert late.asks_on is not None
        assert titles(home(world)) == [
            "Asks at once", "Asks by its date", "Quiet, touched first", "Draft, touched last",
        ]  # fmt: skip


def test_drawers_hold_and_count_their_projects(world: World) -> None:
    world.draft(title="A draft")
    world.project(title="An active one")
    done = world.project(title="A finished one", amounts=("100",))
    world.pay(world.deliver(world.milestone(done), note="Done."), world.contact(done))
    assert titles(home(world, "/projects?standing=draft")) == ["A draft"]
    assert titles(home(world, "/projects?standing=active")) == ["An active one"]
    assert titles(home(world, "/projects?standing=finished")) == ["A finished one"]
    assert re.findall(r"(All|Active|Drafts|Finished) (\d)", text(home(world))) == [
        ("All", "3"), ("Active", "1"), ("Drafts", "1"), ("Finished", "1"),
    ]  # fmt: skip
    with time_machine.travel(clock.now() + timedelta(days=12), tick=True):
        assert titles(home(world, "/projects?standing=late")) == ["An active one"]


@pytest.mark.parametrize("nonsense", ["standing=nowhere", "page=0", "page=-3", "page=x", f"page={10**20}"])
def test_an_address_that_makes_no_sense_shows_the_list(world: World, nonsense: str) -> None:
    world.project(title="Here")
    assert titles(home(world, f"/projects?{nonsense}")) == ["Here"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("CHERRY", ["Cherry Harvest website"]),
        ("harvest web", ["Cherry Harvest website"]),
        ("锦秋", ["春季画册"]),
        ("画册", ["春季画册"]),
        ("ＳＴＲＡＳＳＥ", ["Straße 100%"]),
        ("100%", ["Straße 100%"]),
        ("%", ["Straße 100%"]),
        ("_", []),
        ("nothing of that name", []),
        ("   ", ["Straße 100%", "春季画册", "Cherry Harvest website"]),
    ],
)
def test_projects_are_found_by_part_of_their_title_or_client(world: World, typed: str, found: list[str]) -> None:
    world.project(title="Cherry Harvest website", client_name="Obsthof GmbH")
    world.project(title="春季画册", client_name="锦秋文化")
    world.project(title="Straße 100%", client_name="Stadt Köln")
    browser = world.browser(world.owner)
    answer = browser.client.get("/projects", query_string={"q": typed})
    assert titles(answer) == found
    assert found or "is called" in text(answer)


def test_searching_with_htmx_answers_the_list_alone_and_names_its_address(world: World) -> None:
    world.project(title="Cherry")
    world.project(title="Apple")
    page = home(world, "/projects?q=Appl&standing=active", HX_Request="true")
    assert page.text.lstrip().startswith('<div id="projects"')
    assert titles(page) == ["Apple"]
    assert page.headers["HX-Push-Url"] == "/projects?q=Appl&standing=active"
    assert "HX-Request" in page.headers["Vary"]
    assert home(world, "/projects", HX_Request="true", HX_History_Restore_Request="true").text.startswith("<!doctype")


def test_the_search_works_as_a_plain_form_and_keeps_what_was_typed(world: World) -> None:
    world.project(title="Cherry")
    page = home(world, "/projects?q=%22%3E%3Cb%3E")
    assert 'value="&#34;&gt;&lt;b&gt;"' in page.text
    assert '<form class="filters" method="get" action="/projects"' in page.text
    assert "standing=active" in home(world, "/projects?q=Cherry").text


def test_long_lists_come_in_pages_that_meet_without_gap_or_overlap(world: World) -> None:
    with time_machine.travel(NOON, tick=False) as travel:
        for number in range(30):
            travel.shift(1)
            world.draft(title=f"Draft {number}", amounts=("1",))
        for number in range(3):
            project = world.project(title=f"Asks {number}", amounts=("1",))
            world.report(world.deliver(world.milestone(project), note="Done."), world.contact(project))
        first, second = home(world), home(world, "/projects?page=2")
        assert titles(first) == [f"Asks {n}" for n in range(3)] + [f"Draft {n}" for n in range(29, 7, -1)]
        assert titles(second) == [f"Draft {n}" for n in range(7, -1, -1)]
        assert titles(home(world, "/projects?page=3")) == titles(second)
        assert "Page 1 of 2" in text(first)


def test_a_line_says_where_the_project_stands_and_what_of_it_is_paid(world: World) -> None:
    project = world.project()
    world.pay(world.deliver(world.milestone(project), note="Done."), world.contact(project))
    said = text(home(world))
    assert "Cherry Harvest website Cherry Harvest GmbH In progress 1 / 3 €1,500.00 of €5,000.00" in said


# --- the client's projects


def test_a_client_sees_every_project_of_the_browser_whoever_the_vendor_is(world: World) -> None:
    other = World.founded(world.app, world.session, name="Studio Nord")
    first, second = world.project(title="First"), other.project(title="Second")
    not_mine = world.project(title="Not mine")
    browser = world.entered(world.contact(first).code, other.contact(second).code)
    page = browser.get("/projects")
    assert sorted(titles(page)) == ["First", "Second"]
    assert {"Vera Studio", "Studio Nord"} <= set(re.findall(r'<bdi class="soft small">([^<]+)', page.text))
    assert str(not_mine.id) not in page.text


def test_each_project_opens_with_its_sentence_and_what_waits_comes_first(world: World) -> None:
    quiet, waiting = world.project(title="Quiet"), world.project(title="Waiting")
    world.deliver(world.milestone(waiting), ("a.txt", b"a"))
    browser = world.entered(world.contact(quiet).code, world.contact(waiting).code)
    page = browser.get("/projects")
    assert heading(page) == "One project is waiting for you."
    assert titles(page) == ["Waiting", "Quiet"]
    said = text(page)
    assert "Milestone 1 of 3 is delivered. Pay €1,500.00 to download the files." in said
    assert "Milestone 1 of 3 is in progress, due" in said
    assert "To pay €1,500.00" in said


def test_a_contact_without_payments_sees_no_amount_to_pay(world: World) -> None:
    project = world.project()
    world.deliver(world.milestone(project), note="Done.")
    viewer = world.contact(project, frozenset({Scope.VIEW}), name="Li Wei")
    assert "To pay" not in text(world.entered(viewer.code).get("/projects"))


def test_a_reported_payment_is_asked_for_no_more_and_a_finished_project_says_so(world: World) -> None:
    project = world.project(amounts=("100",))
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    browser = world.entered(cleo.code)
    payment = world.report(step, cleo)
    said = text(browser.get("/projects"))
    assert "To pay" not in said
    assert "Nothing is waiting for you right now." in said
    world.confirm(payment)
    assert "All milestones are delivered and paid." in text(browser.get("/projects"))
    assert "Complete" in text(browser.get("/projects"))


def test_approving_is_the_clients_turn_where_approval_comes_first(world: World) -> None:
    project = world.project(flow=Flow.APPROVE_THEN_INVOICE.value)
    cleo, step = world.contact(project), world.deliver(world.milestone(project), note="Done.")
    browser = world.entered(cleo.code)
    assert "Look at it and approve it. " in text(browser.get("/projects")) + " "
    sign_off = approvals.SignOff(step.manifest_sha256, "Cleo Chen", "I accept.")
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off)
    assert "To pay €1,500.00" in text(browser.get("/projects"))


def test_one_code_is_forgotten_from_its_card(world: World) -> None:
    first, second = world.project(title="First"), world.project(title="Second")
    cleo, other = world.contact(first), world.contact(second)
    browser = world.entered(cleo.code, other.code)
    card = re.search(rf'<article[^>]*id="project-{first.id}".*?</article>', browser.get("/projects").text, re.DOTALL)[0]
    grant = re.search(r'name="grant" value="([^"]+)"', card)[1]
    browser.post("/leave", {"grant": grant})
    assert titles(browser.get("/projects")) == ["Second"]


def test_a_draft_is_in_preparation_and_shows_no_money(world: World) -> None:
    project = world.draft()
    said = text(world.entered(world.contact(project).code).get("/projects"))
    assert "This project is being prepared." in said
    assert "€" not in said


def test_strangers_are_shown_the_entrance(world: World) -> None:
    assert world.stranger().get("/projects").location == "/enter"


def test_the_home_page_is_never_kept_by_browsers(world: World) -> None:
    browser: Browser = world.browser(world.owner)
    assert browser.get("/projects").headers["Cache-Control"] == "no-store"
