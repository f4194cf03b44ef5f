"""The pages of the settings: who sees and who changes what, and what comes back when something is wrong."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from portal.models.sitting import Sitting
from portal.models.vendor import Member
from portal.rules.roles import Role
from tests.forms import beside, typed
from tests.worlds import PASSWORD, Browser, World

PAGES = ("/settings", "/settings/payment", "/settings/members", "/settings/account")
STUDIO = {
    "name": "Vera Stein Studio", "address": "Weserstraße 12\r\n12047 Berlin", "tax_id": "DE 301 555 912",
    "email": "hello@studio.example", "brand_colour": "#aa3355", "time_zone": "Asia/Shanghai", "locale": "zh_Hans",
    "currency": "CNY",
}  # fmt: skip
BANK = {"bank_holder": "Vera Stein", "bank_name": "Spreebank", "bank_account": "DE02120300000000202051"}
BETTER = "seven quiet harbours 12"


@pytest.fixture
def vera(world: World) -> Browser:
    return world.browser(world.owner)


def fresh(world: World) -> World:
    world.session.rollback()
    world.session.expire_all()
    return world


def picture(name: str = "logo.png") -> tuple[io.BytesIO, str]:
    kept = io.BytesIO()
    Image.new("RGB", (600, 300), "red").save(kept, "PNG")
    kept.seek(0)
    return kept, name


def sent_logo(browser: Browser, logo: Any, **changes: str) -> Any:
    form = {"csrf_token": browser.csrf()} | STUDIO | changes | {"logo": logo}
    return browser.client.post("/settings/studio", data=form, content_type="multipart/form-data")


@pytest.mark.parametrize("address", PAGES)
def test_members_of_every_role_see_every_page_and_strangers_none(world: World, address: str) -> None:
    for role in Role:
        assert world.browser(world.member(role)).get(address).status_code == 200
    assert world.stranger().get(address).headers["Location"] == "/login"


def test_clients_do_not_know_that_there_are_settings(world: World) -> None:
    client = world.entered(world.contact(world.project()).code)
    for address in PAGES:
        assert client.get(address).status_code == 404


# The studio


def test_the_first_visit_shows_what_to_do_and_the_last_step_ends_it(world: World, vera: Browser) -> None:
    page = vera.get("/settings").text
    assert 'id="first-steps"' in page
    assert 'href="/projects/new"' in page[page.index('id="first-steps"') :]
    vera.post("/settings/studio", STUDIO)
    vera.post("/settings/payment", BANK)
    assert 'id="first-steps"' in vera.get("/settings").text
    world.draft()
    assert 'id="first-steps"' not in vera.get("/settings").text


def test_the_studio_is_changed_and_shown(world: World, vera: Browser) -> None:
    answer = vera.post("/settings/studio", STUDIO)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")
    page = vera.get("/settings").text
    assert typed(page)["name"] == "Vera Stein Studio"
    assert '<option selected value="CNY">' in page
    assert fresh(world).vendor.address == "Weserstraße 12\n12047 Berlin"


def test_mistakes_come_back_beside_their_fields_with_what_was_typed(world: World, vera: Browser) -> None:
    wrong = STUDIO | {"name": " ", "email": "nobody", "currency": "XXA", "tax_id": "9" * 61}
    answer = vera.post("/settings/studio", wrong)
    assert answer.status_code == 422
    for field in ("name", "email", "currency", "tax_id"):
        assert beside(answer.text, field)
        assert f'<a href="#{field}">' in answer.text
    assert (typed(answer.text)["email"], typed(answer.text)["tax_id"]) == ("nobody", "9" * 61)
    assert '<option selected value="XXA">' in answer.text
    assert fresh(world).vendor.name == "Vera Studio"


def test_what_is_not_sent_stays(world: World, vera: Browser) -> None:
    vera.post("/settings/studio", STUDIO)
    vera.post("/settings/studio", {"name": "Only the name"})
    vendor = fresh(world).vendor
    assert (vendor.name, vendor.tax_id, vendor.currency) == ("Only the name", "DE 301 555 912", "CNY")


def test_a_logo_is_redrawn_shown_and_taken_away(world: World, vera: Browser) -> None:
    assert sent_logo(vera, picture("../../evil.svg")).status_code == 303
    page = vera.get("/settings").text
    found = re.search(r'class="logo-now" src="([^"]+)"', page)
    assert found
    shown = vera.get(found[1])
    assert shown.content_type == "image/png"
    with Image.open(io.BytesIO(shown.data)) as drawn:
        assert drawn.size == (512, 256)
    vera.post("/settings/studio", STUDIO | {"remove_logo": "y"})
    assert fresh(world).vendor.logo is None
    assert vera.get(found[1]).status_code == 404


def test_what_is_no_picture_is_refused_beside_the_logo(world: World, vera: Browser) -> None:
    answer = sent_logo(vera, (io.BytesIO(b"<svg onload='alert(1)'/>"), "logo.png"))
    assert answer.status_code == 422
    assert beside(answer.text, "logo") == "This is not a picture we can read. Use a PNG, JPEG or WebP file."
    assert fresh(world).vendor.logo is None


def test_a_good_picture_has_to_be_chosen_again_when_something_else_is_wrong(vera: Browser) -> None:
    answer = sent_logo(vera, picture(), name="")
    assert beside(answer.text, "logo") == "Choose the picture once more; browsers do not keep it."


def test_managers_change_the_studio_and_members_read_it(world: World) -> None:
    manager, member = world.browser(world.member(Role.MANAGER)), world.browser(world.member(Role.MEMBER))
    assert manager.post("/settings/studio", STUDIO).status_code == 303
    page = member.get("/settings").text
    assert "Weserstraße 12" in page
    assert "<form id=" not in page
    assert member.post("/settings/studio", STUDIO | {"name": "Mine"}).status_code == 403
    assert fresh(world).vendor.name == "Vera Stein Studio"


# Payment


def test_an_iban_is_checked_and_shown_in_groups(world: World, vera: Browser) -> None:
    assert vera.post("/settings/payment", BANK).headers["Location"] == "/settings/payment"
    assert typed(vera.get("/settings/payment").text)["bank_account"] == "DE02 1203 0000 0000 2020 51"
    answer = vera.post("/settings/payment", BANK | {"bank_account": "DE03120300000000202051", "bank_name": "New bank"})
    assert answer.status_code == 422
    assert beside(answer.text, "bank_account").startswith("The check digits of this IBAN do not fit.")
    assert typed(answer.text)["bank_name"] == "New bank"
    assert fresh(world).vendor.bank_name == "Spreebank"


def test_a_change_of_the_payee_is_dated_on_the_page(world: World, vera: Browser) -> None:
    vera.post("/settings/payment", BANK)
    assert "Last changed:" not in vera.get("/settings/payment").text
    vera.post("/settings/payment", BANK | {"bank_name": "Other bank"})
    assert "Last changed:" in vera.get("/settings/payment").text


def test_only_owners_change_where_the_money_goes(world: World, vera: Browser) -> None:
    vera.post("/settings/payment", BANK)
    for role in (Role.MANAGER, Role.MEMBER):
        other = world.browser(world.member(role))
        page = other.get("/settings/payment").text
        assert "DE02 1203 0000 0000 2020 51" in page
        assert 'name="bank_account"' not in page
        assert other.post("/settings/payment", BANK | {"bank_name": "Mine"}).status_code == 403
    assert fresh(world).vendor.bank_name == "Spreebank"


# Members


def test_a_newcomers_password_is_shown_once_and_works(world: World, vera: Browser) -> None:
    answer = vera.post("/settings/members", {"name": "Ada", "email": "ada@studio.example", "role": "manager"})
    shown = re.search(r"data-first-password[^>]*>([^<]+)<", answer.text)
    assert shown
    assert shown[1] not in vera.get("/settings/members").text
    ada = world.stranger()
    assert ada.post("/login", {"email": "ada@studio.example", "password": shown[1]}).status_code == 303
    assert ada.get("/settings/account").status_code == 200


def test_a_newcomer_without_name_or_role_is_refused_beside_the_field(world: World, vera: Browser) -> None:
    form = {"name": "", "email": "ada@studio.example", "role": "manager"}
    answer = vera.post("/settings/members", form)
    assert (answer.status_code, beside(answer.text, "name")) == (422, "Enter a name.")
    assert typed(answer.text)["email"] == "ada@studio.example"
    answer = vera.post("/settings/members", form | {"name": "Ada", "role": "king"})
    assert (answer.status_code, beside(answer.text, "role")) == (422, "Choose a role.")
    assert len(list(world.session.scalars(select(Member.id)))) == 1


def test_roles_change_and_people_go(world: World, vera: Browser) -> None:
    max_ = world.member(Role.MEMBER)
    his = world.browser(max_)
    address = f"/settings/members/{max_.member_id}"
    assert vera.post(f"{address}/role", {"role": "manager"}).headers["Location"] == "/settings/members"
    assert fresh(world).session.get_one(Member, max_.member_id).role is Role.MANAGER
    assert vera.post(f"{address}/role", {"role": "king"}).status_code == 422
    assert vera.post(f"{address}/removal").status_code == 303
    assert his.get("/settings/account").headers["Location"] == "/login"
    assert f'id="member-{max_.member_id}"' not in vera.get("/settings/members").text


def test_the_only_owner_is_offered_no_way_out_and_takes_none(world: World, vera: Browser) -> None:
    assert "The only owner" in vera.get("/settings/members").text
    address = f"/settings/members/{world.owner.member_id}"
    assert vera.post(f"{address}/removal").status_code == 409
    assert vera.post(f"{address}/role", {"role": "member"}).status_code == 409
    assert fresh(world).session.get_one(Member, world.owner.member_id).role is Role.OWNER


def test_managers_and_members_only_read_who_is_there(world: World) -> None:
    max_ = world.member(Role.MEMBER, "Max Krüger")
    for actor in (world.member(Role.MANAGER), max_):
        browser = world.browser(actor)
        page = browser.get("/settings/members").text
        assert "Max Krüger" in page
        assert 'action="/settings/members' not in page
        assert browser.post("/settings/members", {"name": "A", "email": "a@b.cd", "role": "owner"}).status_code == 403
        assert browser.post(f"/settings/members/{max_.member_id}/role", {"role": "owner"}).status_code == 403
        assert browser.post(f"/settings/members/{max_.member_id}/removal").status_code == 403


def test_another_vendors_people_are_not_found(world: World, vera: Browser) -> None:
    other = World.founded(world.app, world.session, "Other Studio")
    address = f"/settings/members/{other.owner.member_id}"
    assert vera.post(f"{address}/role", {"role": "member"}).status_code == 404
    assert vera.post(f"{address}/removal").status_code == 404
    assert other.vendor_name not in vera.get("/settings/members").text


# The account


def test_the_password_is_changed_and_other_browsers_are_out(world: World, vera: Browser) -> None:
    elsewhere = world.browser(world.owner)
    answer = vera.post("/settings/account/password", {"current": PASSWORD, "new": BETTER})
    assert answer.headers["Location"] == "/settings/account"
    assert vera.get("/settings/account").status_code == 200
    assert elsewhere.get("/settings/account").headers["Location"] == "/login"


@pytest.mark.parametrize(
    ("form", "field"),
    [({"current": "wrong", "new": BETTER}, "current"), ({"current": PASSWORD, "new": "short"}, "new"), ({}, "current")],
)
def test_a_refused_password_says_why_and_shows_none(vera: Browser, form: dict[str, str], field: str) -> None:
    answer = vera.post("/settings/account/password", form)
    assert answer.status_code == 422
    assert beside(answer.text, field)
    assert BETTER not in answer.text
    assert PASSWORD not in answer.text


def test_guessing_the_password_in_an_open_browser_is_slowed_down(vera: Browser) -> None:
    answers = [vera.post("/settings/account/password", {"current": f"{n}", "new": BETTER}) for n in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert answers[-1].headers["Retry-After"]


def test_ones_own_browsers_are_listed_and_the_others_ended(world: World, vera: Browser) -> None:
    elsewhere = world.browser(world.owner)
    page = vera.get("/settings/account").text
    assert page.count('id="sitting-') == 2
    assert page.count("This browser") == 1
    assert vera.post("/settings/account/sittings").headers["Location"] == "/settings/account"
    assert vera.get("/settings/account").text.count('id="sitting-') == 1
    assert elsewhere.get("/settings/account").headers["Location"] == "/login"


def test_only_ones_own_browsers_are_listed(world: World, vera: Browser) -> None:
    world.browser(world.member())
    own = re.findall(r'id="sitting-([^"]+)"', vera.get("/settings/account").text)
    theirs = world.session.scalars(select(Sitting.id).where(Sitting.member_id == world.owner.member_id))
    assert own == [str(sitting) for sitting in theirs]


def test_the_clock_is_ones_own(world: World, vera: Browser) -> None:
    assert vera.post("/settings/account/zone", {"time_zone": "Asia/Shanghai"}).status_code == 303
    assert '<option selected value="Asia/Shanghai">' in vera.get("/settings/account").text
    answer = vera.post("/settings/account/zone", {"time_zone": "Mars/Olympus"})
    assert (answer.status_code, bool(beside(answer.text, "time_zone"))) == (422, True)
    assert fresh(world).session.get_one(Member, world.owner.member_id).time_zone == "Asia/Shanghai"


def test_the_language_is_switched_on_the_account_page(world: World, vera: Browser) -> None:
    answer = vera.post("/locale", {"locale": "zh_Hans", "next": "/settings/account"})
    assert answer.headers["Location"] == "/settings/account"
    assert 'lang="zh-Hans"' in vera.get("/settings/account").text
