"""Members come and go: the first set-up, logging in, logging out."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import config, create_app
from portal.adapters import clock
from portal.models.sitting import Sitting
from portal.models.vendor import Member, Vendor
from portal.rules.errors import Conflict
from portal.rules.roles import Role
from portal.services import members, vendors
from portal.services.vendors import Founding
from portal.web import setup_token
from portal.web.installation import installation
from tests.queries.test_statement_counts import counting
from tests.worlds import PASSWORD, Browser, World, fresh_session

TOKEN = re.compile(r'(?:name="csrf_token" value="|X-CSRFToken": ")[^"]+')
FIRST = {
    "vendor_name": "Vera Studio", "name": "Vera Stein", "email": "Vera@Studio.example", "password": PASSWORD,
    "time_zone": "Asia/Shanghai",
}  # fmt: skip


def stranger(app: Flask) -> Browser:
    return Browser(app.test_client())


def token(app: Flask) -> str:
    return setup_token.read(installation(app).config)


def count(session: Session, model: Any) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model))


def email(world: World, member: Any = None) -> str:
    return world.session.get_one(Member, (member or world.owner).member_id).email


def test_the_first_visit_leads_to_the_set_up_and_later_ones_to_the_entrance(app: Flask, session: Session) -> None:
    assert stranger(app).get("/").location == "/setup"
    World.founded(app, session)
    assert stranger(app).get("/").location == "/enter"


def test_the_token_that_was_printed_makes_the_vendor_and_logs_its_owner_in(app: Flask, session: Session) -> None:
    browser = stranger(app)
    answer = browser.post("/setup", {**FIRST, "token": f" {token(app)} "})
    assert answer.status_code == 303
    vendor, member = session.scalars(select(Vendor)).one(), session.scalars(select(Member)).one()
    assert (vendor.name, vendor.time_zone) == ("Vera Studio", "Asia/Shanghai")
    assert (member.role, member.email) == (Role.OWNER, "vera@studio.example")
    assert browser.get("/projects").status_code == 200


def test_a_zone_that_is_none_becomes_utc(app: Flask, session: Session) -> None:
    stranger(app).post("/setup", {**FIRST, "token": token(app), "time_zone": "../../etc/passwd"})
    assert session.scalars(select(Vendor)).one().time_zone == "UTC"


@pytest.mark.parametrize("wrong", ["", "nonsense", "ü"])
def test_without_the_right_token_nothing_is_made_and_nothing_typed_is_lost(
    app: Flask, session: Session, wrong: str
) -> None:
    answer = stranger(app).post("/setup", {**FIRST, "token": wrong})
    assert answer.status_code == 422
    assert 'value="Vera@Studio.example"' in answer.text
    assert PASSWORD not in answer.text
    assert count(session, Vendor) == 0


@pytest.mark.parametrize(
    ("field", "value"), [("password", "short"), ("password", "password1234"), ("email", "nobody"), ("name", " ")]
)
def test_a_mistake_in_the_set_up_is_told_and_the_token_stays_good(app: Flask, field: str, value: str) -> None:
    browser, right = stranger(app), token(app)
    assert browser.post("/setup", {**FIRST, "token": right, field: value}).status_code == 422
    assert token(app) == right
    assert browser.post("/setup", {**FIRST, "token": right}).status_code == 303


def test_a_second_set_up_is_impossible(app: Flask, session: Session) -> None:
    old = token(app)
    stranger(app).post("/setup", {**FIRST, "token": old})
    browser = stranger(app)
    assert browser.get("/setup").status_code == 404
    for again in (old, token(app)):
        assert browser.post("/setup", {**FIRST, "token": again, "email": "x@y.example"}).status_code == 404
    assert count(session, Vendor) == 1


def test_two_set_ups_at_once_make_one_vendor(app: Flask, session: Session) -> None:
    together = Barrier(4, timeout=60)

    def one(number: int) -> bool:
        founding = Founding(f"Studio {number}", "Vera Stein", f"vera{number}@studio.example", PASSWORD)
        with fresh_session(app) as own:
            together.wait()
            try:
                vendors._found(own, founding, "no hash", True)
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(one, range(4))) == 1
    assert count(session, Vendor) == 1


def test_guessing_the_token_is_slowed_down(app: Flask) -> None:
    browser = stranger(app)
    statuses = [browser.post("/setup", {**FIRST, "token": f"guess {n}"}).status_code for n in range(21)]
    assert statuses == [422] * 20 + [429]


def test_a_member_logs_in_with_any_spelling_of_the_address(world: World) -> None:
    browser = world.stranger()
    answer = browser.post("/login", {"email": f" {email(world).upper()} ", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/projects")
    assert browser.get("/login").location == "/projects"


def test_logging_in_leads_on_to_the_page_that_was_asked_for(world: World) -> None:
    browser = world.stranger()
    assert browser.get("/settings?tab=people").location == "/login"
    answer = browser.post("/login", {"email": email(world), "password": PASSWORD})
    assert answer.location == "/settings?tab=people"


def test_known_unknown_and_disabled_addresses_answer_alike(world: World) -> None:
    gone = world.member()
    members.disable(world.session, actor=world.owner, member=world.session.get_one(Member, gone.member_id))
    answers, statements = [], []
    for address in (email(world), "nobody@studio.example", email(world, gone)):
        browser = world.stranger()
        browser.csrf()
        with counting(world.app) as seen:
            answer = browser.post("/login", {"email": address, "password": "not the password at all"})
        answers.append((answer.status_code, TOKEN.sub("", answer.text).replace(address, "…")))
        statements.append(len(seen))
    assert answers[0][0] == 422
    assert answers[0] == answers[1] == answers[2]
    assert len(set(statements)) == 1


def test_after_too_many_tries_the_typed_address_is_kept_and_the_wait_is_named(world: World) -> None:
    browser, form = world.stranger(), {"email": "vera@studio.example", "password": "wrong wrong wrong"}
    statuses = [browser.post("/login", form).status_code for _ in range(10)]
    throttled = browser.post("/login", form)
    assert (set(statuses), throttled.status_code) == ({422}, 429)
    assert int(throttled.headers["Retry-After"]) > 0
    assert 'value="vera@studio.example"' in throttled.text
    assert "wrong wrong wrong" not in throttled.text


def test_one_account_under_attack_is_slowed_from_everywhere_and_others_are_not(world: World) -> None:
    for number in range(10):
        browser = world.stranger()
        browser.client.environ_base["REMOTE_ADDR"] = f"203.0.113.{number}"
        browser.post("/login", {"email": email(world), "password": "guess"})
    form = {"password": PASSWORD}
    assert world.stranger().post("/login", {**form, "email": email(world)}).status_code == 429
    assert world.stranger().post("/login", {**form, "email": email(world, world.member())}).status_code == 303


def test_logging_in_makes_a_new_session_and_ends_the_one_before(world: World) -> None:
    cleo = world.contact(world.project())
    browser = world.entered(cleo.code)
    planted = browser.client.get_cookie("milepost").value
    browser.post("/login", {"email": email(world), "password": PASSWORD})
    assert browser.client.get_cookie("milepost").value != planted
    attacker = world.stranger()
    attacker.client.set_cookie("milepost", planted, domain="localhost")
    assert attacker.get("/projects").location == "/enter"


def test_logging_out_ends_the_sitting_for_good_and_clears_the_browser(world: World) -> None:
    browser = world.browser(world.owner)
    kept = browser.client.get_cookie("milepost").value
    answer = browser.post("/logout")
    assert (answer.location, answer.headers["Clear-Site-Data"]) == ("/login", '"cache", "storage"')
    browser.client.set_cookie("milepost", kept, domain="localhost")
    assert browser.get("/settings").location == "/login"
    world.session.rollback()
    assert world.session.scalars(select(Sitting.ended_at)).one() is not None


def test_a_disabled_member_is_out_at_the_next_request(world: World) -> None:
    max_ = world.member()
    browser = world.stranger()
    browser.post("/login", {"email": email(world, max_), "password": PASSWORD})
    assert browser.get("/projects").status_code == 200
    members.disable(world.session, actor=world.owner, member=world.session.get_one(Member, max_.member_id))
    assert browser.get("/projects").location == "/login"
    assert "You were logged out" in browser.get("/login").text
    assert "You were logged out" not in browser.get("/login").text


def test_a_member_who_was_away_too_long_goes_to_the_members_door(world: World) -> None:
    with time_machine.travel(clock.now(), tick=False) as travel:
        browser = world.stranger()
        browser.post("/login", {"email": email(world), "password": PASSWORD})
        travel.shift(timedelta(hours=8, seconds=1))
        assert browser.get("/projects").location == "/login"


def test_cookies_say_where_they_may_go(world: World) -> None:
    answer = world.stranger().post("/login", {"email": email(world), "password": PASSWORD})
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_behind_tls_the_cookie_is_bound_to_this_host_and_never_leaves_it_in_the_clear(
    database_url: str, tmp_path: Path
) -> None:
    settings = config.load(
        {"PORTAL_DATABASE_URL": database_url, "PORTAL_BASE_URL": "https://portal.example"}, instance=tmp_path / "tls"
    )
    secure = create_app(settings)
    try:
        answer = secure.test_client().get("/enter", base_url="https://portal.example")
        (cookie,) = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-milepost=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    finally:
        installation(secure).engine.dispose()
