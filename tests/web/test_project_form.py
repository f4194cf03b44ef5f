"""The project form: written blank or from a starter, sent once, edited while it is a draft, started."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.models.client import Client
from portal.rules.lifecycle import MilestoneState
from portal.rules.roles import Role
from tests.forms import FIVE, HEAD, amounts, beside, by_amount, by_share, made, rows, sums, typed
from tests.worlds import Browser, World, in_days


@pytest.fixture
def vera(world: World) -> Browser:
    return world.browser(world.owner)


def send(browser: Browser, form: dict[str, str], **headers: str) -> Any:
    return browser.post("/projects", form, **headers)


# Creating


def test_a_blank_form_starts_with_the_habits_of_the_vendor(vera: Browser) -> None:
    page = vera.get("/projects/new").text
    assert '<option selected value="EUR">' in page
    assert '<option selected value="Europe/Berlin">' in page
    assert typed(page)["flow"] == "pay_to_unlock"
    assert len(typed(page)["idempotency_key"]) >= 20


def test_a_starter_brings_its_milestones(vera: Browser) -> None:
    boxes = typed(vera.get("/projects/new?starter=website").text)
    assert [boxes[f"milestones-{n}-share"] for n in range(5)] == list(FIVE)
    assert boxes["milestones-0-title"] == "Research"
    assert "milestones-1-title" not in typed(vera.get("/projects/new?starter=nonsense").text)


def test_a_complete_form_makes_a_draft_and_leads_to_it(world: World, vera: Browser) -> None:
    answer = send(vera, by_share(*FIVE, price="999.99"))
    (project,) = made(world)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/projects/{project.id}")
    assert amounts(world, project) == [15_000, 25_000, 29_999, 20_000, 10_000]
    assert (project.title, project.started_at, project.price_minor) == ("Cherry Harvest website", None, 99_999)


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        (by_share(*FIVE, price="10001", currency="JPY"), [1500, 2500, 3001, 2000, 1000]),
        (by_share("33.34", "33.33", "33.33", price="5.47"), [183, 182, 182]),
        (by_share("33.34", "33.33", "33.33", price="5.48"), [183, 183, 182]),
        (by_share("33.3334", "33.3333", "33.3333", price="30,000.00"), [1_000_000] * 3),
        (by_share("33.3334", "33.3333", "33.3333", price="100.000", currency="KWD"), [33_334, 33_333, 33_333]),
        (by_share(*["10"] * 10, price="0.07", zero_ok="y"), [1] * 7 + [0] * 3),
        (by_amount("1,500", "2500.50"), [150_000, 250_050]),
    ],
)
def test_the_parts_are_those_of_the_design(world: World, vera: Browser, form, parts) -> None:
    assert send(vera, form).status_code == 303
    assert amounts(world, made(world)[0]) == parts


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        (by_share("50", "49"), "milestones", "The shares are 1 % short of the whole. Raise one of them."),
        (by_share("50", "51"), "milestones", "The shares add up to 1 % too much. Lower one of them."),
        (HEAD | rows({"share": "50"}, {"amount": "5"}), "milestones",
         "Price every milestone by share, or every one by amount, not a mix."),
        (by_amount(*["5"] * 11), "milestones",
         "A project has at most 10 milestones. Put the rest into a follow-on project."),
        (HEAD, "milestones", "Add at least one milestone."),
        (by_amount("5", price="6"), "price",
         "The milestones add up to €5.00, the price says €6.00. Change one of them."),
        (by_share("100", price="12.345"), "price", "Use at most 2 decimals."),
        (by_amount("5.5", currency="JPY"), "milestones-0-amount", "Enter a whole number, without decimals."),
        (by_share(*["10"] * 10, price="0.07"), "zero_ok",
         "A milestone comes out at zero. Tick the box if that is meant, or change the prices."),
        (HEAD | rows({"share": "100", "due_on": "2020-01-01"}), "milestones-0-due_on",
         "This date is in the past. Choose today or later."),
        (HEAD | rows({"share": "100", "due_on": "2027-02-30"}), "milestones-0-due_on",
         "This day does not exist in the calendar."),
        (HEAD | rows({"share": "100", "title": " "}), "milestones-0-title", "Give the milestone a title."),
        (by_share("100", currency="ZZZ"), "currency", "“ZZZ” is not a currency we know. Choose one from the list."),
        (by_share("100", time_zone="Mars/Olympus"), "time_zone",
         "Choose a time zone from the list, for example Europe/Berlin."),
        (by_share("100", contact_email="cleo"), "contact_email",
         "This does not look like an e-mail address; it should be like name@example.com."),
        (by_share("100", flow="barter"), "flow", "Choose when the client pays."),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(
    world: World, vera: Browser, form, field, sentence
) -> None:
    answer = send(vera, form)
    assert answer.status_code == 422
    assert beside(answer.text, field) == sentence
    assert f'<a href="#{field}">' in answer.text
    kept = typed(answer.text)
    for name, text in form.items():
        if name in ("currency", "time_zone", "locale"):
            assert f'<option selected value="{text}">' in answer.text
        elif name not in ("flow", "zero_ok"):
            assert kept[name] == text
    assert made(world) == []


def test_every_mistake_is_listed_with_a_link_to_its_field(vera: Browser) -> None:
    page = send(vera, rows({"title": "", "due_on": ""})).text
    summary = page[page.index("error-lines") : page.index("</ul>", page.index("error-lines"))]
    assert re.findall(r'href="#([^"]+)"', summary) == [
        "title", "client_name", "contact_name", "locale", "time_zone", "flow", "currency",
        "milestones-0-title", "milestones-0-due_on",
    ]  # fmt: skip


def test_a_date_no_calendar_has_comes_back_in_a_box_that_can_show_it(vera: Browser) -> None:
    page = send(vera, HEAD | rows({"share": "100", "due_on": "end of May"})).text
    box = re.search(r'<input[^>]*name="milestones-0-due_on"[^>]*>', page)
    assert box
    assert 'type="text"' in box[0]
    assert 'value="end of May"' in box[0]


def test_sending_twice_makes_one_project(world: World, vera: Browser) -> None:
    form = by_share("100", idempotency_key="a-key-of-the-form")
    first, second = send(vera, form), send(vera, form)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(made(world)) == 1


def test_a_key_that_made_a_project_makes_no_other_and_the_next_try_has_a_new_one(world: World, vera: Browser) -> None:
    form = by_share("100", idempotency_key="a-key-of-the-form")
    send(vera, form)
    answer = send(vera, form | {"title": "Another"})
    assert answer.status_code == 422
    assert typed(answer.text)["title"] == "Another"
    fresh = typed(answer.text)["idempotency_key"]
    assert fresh != "a-key-of-the-form"
    assert send(vera, form | {"title": "Another", "idempotency_key": fresh}).status_code == 303
    assert len(made(world)) == 2


def test_a_refused_form_keeps_its_key(vera: Browser) -> None:
    page = send(vera, by_share("99", idempotency_key="a-key-of-the-form")).text
    assert typed(page)["idempotency_key"] == "a-key-of-the-form"


def test_numbers_with_gaps_are_read_in_the_order_given(world: World, vera: Browser) -> None:
    form = HEAD | {
        "milestones-7-title": "First", "milestones-7-due_on": in_days(1), "milestones-7-share": "40",
        "milestones-2-title": "Second", "milestones-2-due_on": in_days(2), "milestones-2-share": "60",
    }  # fmt: skip
    assert send(vera, form).status_code == 303
    assert amounts(world, made(world)[0]) == [400_000, 600_000]


def test_a_share_hidden_by_the_other_way_of_pricing_does_not_count(world: World, vera: Browser) -> None:
    form = by_amount("700", "300") | {"milestones-0-share": "12", "pricing": "amount"}
    assert send(vera, form).status_code == 303
    assert amounts(world, made(world)[0]) == [70_000, 30_000]


def test_only_those_who_may_set_up_projects_get_the_form(world: World) -> None:
    manager, member = world.browser(world.member(Role.MANAGER)), world.browser(world.member(Role.MEMBER))
    assert manager.get("/projects/new").status_code == 200
    assert member.get("/projects/new").status_code == 403
    assert send(member, by_share("100")).status_code == 403
    assert member.post("/projects/rows", HEAD | {"row_action": "add"}).status_code == 403
    assert made(world) == []


# Editing and starting


def test_a_draft_comes_back_as_it_was_typed(world: World, vera: Browser) -> None:
    send(vera, by_share("12.5", "87.5", price="10,000"))
    (project,) = made(world)
    page = vera.get(f"/projects/{project.id}/edit").text
    boxes = typed(page)
    assert (boxes["price"], boxes["milestones-0-share"]) == ("10000.00", "12.5")
    assert (boxes["client_name"], boxes["contact_email"]) == ("Cherry Harvest GmbH", "cleo@cherry.example")
    assert sums(page) == ["= €1,250.00", "= €8,750.00"]


def test_a_draft_of_amounts_comes_back_with_amounts(world: World, vera: Browser) -> None:
    boxes = typed(vera.get(f"/projects/{world.draft().id}/edit").text)
    assert (boxes["milestones-0-amount"], boxes["pricing"], boxes["price"]) == ("1500.00", "amount", "")
    assert boxes["milestones-0-title"] == "Step 1"


def test_saving_replaces_the_terms(world: World, vera: Browser) -> None:
    project = world.draft()
    seen = typed(vera.get(f"/projects/{project.id}/edit").text)["seen_seq"]
    answer = vera.post(f"/projects/{project.id}/terms", by_share("40", "60") | {"seen_seq": seen, "title": "New name"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/projects/{project.id}")
    (kept,) = made(world)
    assert (kept.title, amounts(world, kept)) == ("New name", [400_000, 600_000])


def test_a_mistake_while_editing_changes_nothing(world: World, vera: Browser) -> None:
    project = world.draft()
    answer = vera.post(f"/projects/{project.id}/terms", by_share("40", title="New name"))
    assert answer.status_code == 422
    assert f'action="/projects/{project.id}/terms"' in answer.text
    assert made(world)[0].title == "Cherry Harvest website"


def test_rows_of_a_draft_are_edited_on_its_own_page(world: World, vera: Browser) -> None:
    project = world.draft()
    answer = vera.post(f"/projects/{project.id}/rows", by_share("40") | {"row_action": "add", "seen_seq": "1"})
    assert f'action="/projects/{project.id}/terms"' in answer.text
    assert typed(answer.text)["seen_seq"] == "1"
    assert amounts(world, made(world)[0]) == [150_000, 250_000, 100_000]


def test_of_two_who_edit_the_second_is_told_and_keeps_what_was_typed(world: World, vera: Browser) -> None:
    project = world.draft()
    address, seen = f"/projects/{project.id}/terms", typed(vera.get(f"/projects/{project.id}/edit").text)["seen_seq"]
    form = by_share("40", "60") | {"seen_seq": seen}
    assert vera.post(address, form | {"title": "First"}).status_code == 303
    late = vera.post(address, form | {"title": "Second"})
    assert late.status_code == 409
    assert typed(late.text)["title"] == "Second"
    assert "Somebody changed this project while you were writing." in late.text
    assert made(world)[0].title == "First"
    assert vera.post(address, form | {"title": "Second", "seen_seq": typed(late.text)["seen_seq"]}).status_code == 303
    assert made(world)[0].title == "Second"


def test_starting_locks_the_terms_and_a_second_start_is_harmless(world: World, vera: Browser) -> None:
    project = world.draft()
    for _again in range(2):
        answer = vera.post(f"/projects/{project.id}/start")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/projects/{project.id}")
    (started,) = made(world)
    assert started.terms_sha256
    assert world.milestone(started).state is MilestoneState.ACTIVE


def test_a_started_project_is_edited_no_more(world: World, vera: Browser) -> None:
    project = world.project()
    assert vera.get(f"/projects/{project.id}/edit").status_code == 409
    assert vera.post(f"/projects/{project.id}/rows", {"row_action": "add"}).status_code == 409
    assert vera.post(f"/projects/{project.id}/terms", by_share("100")).status_code == 409
    assert amounts(world, made(world)[0]) == [150_000, 250_000, 100_000]


def test_members_neither_edit_nor_start(world: World) -> None:
    project, max_ = world.draft(), world.browser(world.member(Role.MEMBER))
    assert max_.get(f"/projects/{project.id}/edit").status_code == 403
    assert max_.post(f"/projects/{project.id}/terms", by_share("100")).status_code == 403
    assert max_.post(f"/projects/{project.id}/start").status_code == 403
    assert made(world)[0].started_at is None


def test_another_vendor_finds_nothing_here(world: World) -> None:
    project = world.draft()
    stranger = World.founded(world.app, world.session, "Other Studio")
    theirs = stranger.browser(stranger.owner)
    assert theirs.get(f"/projects/{project.id}/edit").status_code == 404
    assert theirs.post(f"/projects/{project.id}/terms", by_share("100")).status_code == 404
    assert theirs.post(f"/projects/{project.id}/start").status_code == 404


def test_a_client_is_found_again_by_name(world: World, vera: Browser) -> None:
    send(vera, by_share("100"))
    send(vera, by_share("100", title="Second project"))
    assert world.session.scalar(select(func.count()).select_from(Client)) == 1
    assert '<option value="Cherry Harvest GmbH">' in vera.get("/projects/new").text
