"""The page of a receipt and its PDF, for both sides."""

from __future__ import annotations

import hashlib
import re
from uuid import uuid4

import pytest

from portal.models.receipt import Receipt
from portal.rules.roles import Scope
from portal.services import payments
from tests.papers import text_of
from tests.worlds import Entered, World


def paid(world: World, **changes) -> tuple[Receipt, Entered]:
    project = world.project(**changes)
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Workshop held.")
    return world.session.get_one(Receipt, world.pay(step, cleo)), cleo


def address(receipt: Receipt, ending: str = "") -> str:
    return f"/receipts/{receipt.id}{ending}"


def without_tokens(page: str) -> str:
    """CSRF tokens carry the second they were made in."""
    return re.sub(r"[\w.-]{60,}", "", page)


def test_both_sides_see_the_page_with_the_same_facts(world: World):
    receipt, cleo = paid(world)
    for browser in (world.browser(world.owner), world.entered(cleo.code)):
        page = browser.get(address(receipt))
        assert page.status_code == 200
        assert f'id="receipt-{receipt.id}" data-number="{receipt.label}"' in page.text
        wanted = ["Vera Studio", "Cherry Harvest GmbH", "€1,500.00", "One thousand five hundred euros and 00/100"]
        assert [
            piece for piece in [*wanted, receipt.snapshot_sha256, receipt.signature] if piece not in page.text
        ] == []


def test_the_page_is_in_the_readers_language_whatever_the_papers_is(world: World):
    receipt, _cleo = paid(world, currency="CNY", amounts=("48000.05",))
    browser = world.browser(world.owner)
    with browser.client.session_transaction() as cookie:
        cookie["locale"] = "zh_Hans"
    page = browser.get(address(receipt)).text
    assert "人民币肆万捌仟元零伍分" in page
    assert re.search(r"2\d{3}年\d+月\d+日", page)


def test_both_sides_get_the_same_pdf_under_a_name_and_a_tag(world: World):
    receipt, cleo = paid(world)
    answers = [
        browser.get(address(receipt, ".pdf")) for browser in (world.browser(world.owner), world.entered(cleo.code))
    ]
    assert answers[0].data == answers[1].data
    assert answers[0].content_type == "application/pdf"
    assert answers[0].headers["ETag"] == f'"{hashlib.sha256(answers[0].data).hexdigest()}"'
    disposition = answers[0].headers["Content-Disposition"]
    assert disposition.startswith(f'attachment; filename="Receipt {receipt.label}.pdf"')
    assert receipt.label in text_of(answers[0].data)


def test_whoever_has_the_bytes_already_is_told_so(world: World):
    receipt, _cleo = paid(world)
    browser = world.browser(world.owner)
    tag = browser.get(address(receipt, ".pdf")).headers["ETag"]
    again = browser.get(address(receipt, ".pdf"), If_None_Match=tag)
    assert (again.status_code, again.data) == (304, b"")


def test_a_reversed_payment_is_said_on_the_page_and_the_paper_stays(world: World):
    receipt, cleo = paid(world)
    browser = world.entered(cleo.code)
    before = browser.get(address(receipt, ".pdf")).data
    assert "taken back" not in browser.get(address(receipt)).text
    payment = world.session.get_one(payments.Payment, receipt.payment_id)
    payments.reverse(world.session, actor=world.owner, payment=payment, reason="Bounced.", ticket=world.ticket())
    assert "The payment behind this receipt was taken back." in browser.get(address(receipt)).text
    assert browser.get(address(receipt, ".pdf")).data == before


@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_a_foreign_receipt_and_a_missing_one_are_alike(world: World, ending):
    receipt, _cleo = paid(world)
    other = World.founded(world.app, world.session, "Other Studio")
    theirs, stranger = paid(other)
    for browser in (world.browser(other.owner), world.entered(stranger.code)):
        foreign = browser.get(address(receipt, ending))
        missing = browser.get(f"/receipts/{uuid4()}{ending}")
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert without_tokens(foreign.text) == without_tokens(missing.text)
    assert world.browser(other.owner).get(address(theirs, ending)).status_code == 200


@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_a_contact_without_a_say_in_money_sees_none(world: World, ending):
    receipt, _cleo = paid(world)
    project = world.session.get_one(payments.Project, receipt.project_id)
    viewer = world.contact(project, frozenset({Scope.VIEW}), name="Vic Vu")
    assert world.entered(viewer.code).get(address(receipt, ending)).status_code == 403


@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_a_stranger_is_sent_to_the_entrance(world: World, ending):
    receipt, _cleo = paid(world)
    answer = world.stranger().get(address(receipt, ending))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/enter")


def test_what_people_wrote_is_text_on_the_page(world: World):
    receipt, cleo = paid(world, title="<script>alert(1)</script>", client_name="<img src=x onerror=alert(1)>")
    page = world.entered(cleo.code).get(address(receipt)).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
