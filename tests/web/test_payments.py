"""Paying, as both sides do it on the page: reported by the client, confirmed, rejected or reversed by the vendor."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import time_machine
from PIL import Image
from sqlalchemy import select

from portal.adapters import clock, outside
from portal.models.milestone import Milestone
from portal.models.payment import LedgerEntry, Payment, Proof
from portal.models.receipt import Receipt
from portal.models.vendor import Vendor
from portal.rules import references
from portal.rules.lifecycle import MilestoneState, PaymentState
from portal.rules.roles import Role, Scope
from tests.worlds import Browser, World, fresh_session, in_days

HTMX = {"HX_Request": "true"}
IMPOSSIBLE = [
    ({"amount": ""}, "Enter"),
    ({"amount": "12.345"}, "decimal"),
    ({"amount": "0"}, "Enter an amount above zero."),
    ({"amount": "-5"}, "field-error"),
    ({"amount": "ten"}, "field-error"),
    ({"amount": "9" * 30}, "field-error"),
    ({"paid_on": "2026-02-30"}, "This day does not exist in the calendar."),
    ({"paid_on": "yesterday"}, "Write the date as year-month-day"),
    ({"paid_on": in_days(3)}, "This date is in the future."),
    ({"method": "pigeon"}, "Choose how you paid."),
    ({"reference": "x" * 141}, "Shorten this to at most 140 characters."),
    ({"idempotency_key": ""}, "This form is incomplete."),
]


def act(page: str, name: str) -> str:
    """The form of one act, or nothing when it is not offered."""
    found = re.search(rf'<form id="act-{name}".*?</form>', page, re.DOTALL)
    return found[0] if found else ""


def values(form: str) -> dict[str, str]:
    """What the inputs of a form hold."""
    tags = re.findall(r"<input[^>]*>", form)
    pairs = [(re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in tags]
    return {name[1]: value[1] if value else "" for name, value in pairs if name}


def rows(world: World, model) -> list:
    with fresh_session(world.app) as session:
        return list(session.scalars(select(model)))


def delivered(world: World, **changes):
    project = world.project(**changes)
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), ("plan.pdf", b"%PDF-1.7"))
    return project, cleo, step


def report_form(browser: Browser, step: Milestone, **changes) -> dict:
    """The form as the page fills it, with changes."""
    filled = values(act(browser.get(f"/milestones/{step.id}").text, "report"))
    kept = {name: filled[name] for name in ("amount", "paid_on", "reference", "idempotency_key")}
    return kept | {"method": "bank_transfer"} | changes


def png(width: int = 30) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (width, 20), (10, 120, 80)).save(content, "PNG")
    return content.getvalue()


# What the client sees


def test_the_page_says_what_to_pay_to_whom_and_with_which_reference(world: World) -> None:
    vendor = world.session.get_one(Vendor, world.owner.vendor_id)
    vendor.bank_holder, vendor.bank_account, vendor.bank_code = "Vera GmbH", "DE02 120300000000202051", "BYLADEM1001"
    vendor.pay_instructions = "Charges are ours."
    world.session.commit()
    project, cleo, step = delivered(world)
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    assert "DE02 1203 0000 0000 2020 51" in page
    assert 'data-copy="DE02120300000000202051"' in page
    assert "IBAN" in page
    assert "Charges are ours." in page
    assert f'data-copy="{references.of_milestone(project.id, 1)}"' in page
    assert "Directly to Vera Studio. Nothing passes through this portal." in page


def test_the_form_comes_filled_with_the_balance_today_and_the_reference(world: World) -> None:
    project, cleo, step = delivered(world)
    form = values(act(world.entered(cleo.code).get(f"/milestones/{step.id}").text, "report"))
    assert form["amount"] == "1500.00"
    assert form["paid_on"] == str(clock.today("Europe/Berlin"))
    assert references.compact(form["reference"]) == references.of_milestone(project.id, 1)
    assert "duplicate_ok" not in form


def test_new_bank_details_are_pointed_out_for_two_weeks(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    for days, warned in ((13, True), (15, False)):
        vendor = world.session.get_one(Vendor, world.owner.vendor_id)
        vendor.payee_changed_at = clock.now() - timedelta(days=days)
        world.session.commit()
        assert ("New bank details" in browser.get(f"/milestones/{step.id}").text) is warned


def test_a_contact_who_does_not_pay_sees_the_status_and_no_bank_details(world: World) -> None:
    vendor = world.session.get_one(Vendor, world.owner.vendor_id)
    vendor.bank_account = "DE02120300000000202051"
    world.session.commit()
    project, _, step = delivered(world)
    viewer = world.entered(world.contact(project, frozenset({Scope.VIEW}), name="Li Wei").code)
    page = viewer.get(f"/milestones/{step.id}").text
    assert "Awaiting payment" in page
    assert "€1,500.00" in page
    assert "Paying is not part of your access." in page
    assert "DE02" not in page
    assert not act(page, "report")
    assert viewer.post(f"/milestones/{step.id}/payments", {"amount": "1"}).status_code == 403


# Reporting


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_reporting_unlocks_nothing_and_tells_both_sides(world: World, headers) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    answer = browser.post(f"/milestones/{step.id}/payments", report_form(browser, step), **headers)
    assert answer.status_code == (200 if headers else 303)
    (payment,) = rows(world, Payment)
    assert (payment.amount_minor, payment.state) == (150_000, PaymentState.REPORTED)
    for each in (browser, world.browser(world.owner)):
        page = each.get(f"/milestones/{step.id}").text
        assert f'id="payment-{payment.id}" data-state="reported"' in page
        assert 'data-unlocked="false"' in page


def test_what_cannot_be_comes_back_with_the_reason_and_everything_typed(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    for changes, message in IMPOSSIBLE:
        form = report_form(browser, step) | {"reference": "INV 7"} | changes
        answer = browser.post(f"/milestones/{step.id}/payments", form)
        assert answer.status_code == 422, changes
        shown = act(answer.text, "report")
        assert message in shown, changes
        for name in ("amount", "paid_on", "reference"):
            assert values(shown)[name] == form[name]
        assert len(values(shown)["idempotency_key"]) >= 8
    assert '<details class="confirm" open>' in answer.text
    assert rows(world, Payment) == []


def test_every_mistake_is_told_at_once(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    form = report_form(browser, step) | {"amount": "x", "paid_on": "x", "method": "x"}
    answer = browser.post(f"/milestones/{step.id}/payments", form, **HTMX)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#act-report"
    shown = re.search(r'<form id="act-report".*?</form>', answer.text, re.DOTALL)
    assert shown
    assert shown[0].count('class="field-error"') == 3


def test_amounts_are_read_as_the_reader_writes_them(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    form = report_form(browser, step) | {"amount": "€ 1,500.00"}
    assert browser.post(f"/milestones/{step.id}/payments", form).status_code == 303
    assert [payment.amount_minor for payment in rows(world, Payment)] == [150_000]


def test_a_double_click_reports_once(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    form = report_form(browser, step)
    assert [browser.post(f"/milestones/{step.id}/payments", form).status_code for _ in range(2)] == [303, 303]
    assert len(rows(world, Payment)) == 1


def test_a_second_tab_is_asked_whether_it_is_another_payment(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    tabs = [report_form(browser, step, amount="100", reference="INV 7") for _ in range(2)]
    assert tabs[0]["idempotency_key"] != tabs[1]["idempotency_key"]
    assert browser.post(f"/milestones/{step.id}/payments", tabs[0]).status_code == 303
    answer = browser.post(f"/milestones/{step.id}/payments", tabs[1])
    assert answer.status_code == 422
    assert 'name="duplicate_ok"' in act(answer.text, "report")
    assert len(rows(world, Payment)) == 1
    assert browser.post(f"/milestones/{step.id}/payments", tabs[1] | {"duplicate_ok": "y"}).status_code == 303
    assert len(rows(world, Payment)) == 2


def test_the_same_form_with_other_values_is_not_taken_for_the_first(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    form = report_form(browser, step, amount="100")
    browser.post(f"/milestones/{step.id}/payments", form)
    answer = browser.post(f"/milestones/{step.id}/payments", form | {"amount": "200"})
    assert answer.status_code == 422
    assert "This form was already sent with other values." in answer.text
    fresh = values(act(answer.text, "report"))["idempotency_key"]
    assert fresh != form["idempotency_key"]
    again = form | {"amount": "200", "idempotency_key": fresh}
    assert browser.post(f"/milestones/{step.id}/payments", again).status_code == 303


def test_a_form_left_open_until_it_was_paid_is_out_of_date(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    form = report_form(browser, step)
    world.pay(step, cleo)
    answer = browser.post(f"/milestones/{step.id}/payments", form)
    assert answer.status_code == 409
    assert "Nothing is to be paid for this milestone at the moment." in answer.text


def test_reporting_asks_for_the_code_when_it_was_entered_long_ago(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=True):
        form = report_form(browser, step)
        answer = browser.post(f"/milestones/{step.id}/payments", form)
        assert answer.status_code == 422
        assert 'name="code"' in act(answer.text, "report")
        assert browser.post(f"/milestones/{step.id}/payments", form | {"code": cleo.code}).status_code == 303


# Proofs


def test_a_proof_is_known_by_its_content_and_kept_under_a_clean_name(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    content = b"%PDF-1.7\nbody\n%%EOF\n"
    form = report_form(browser, step) | {"proof": (io.BytesIO(content), "../../etc/paid.exe")}
    assert browser.post(f"/milestones/{step.id}/payments", form).status_code == 303
    (proof,) = rows(world, Proof)
    assert (proof.name, proof.media_type, proof.bytes) == ("paid.exe", "application/pdf", len(content))
    with outside.of(world.session).storage.open_small(proof.id, proof.bytes) as kept:
        assert kept.read() == content


def test_anything_else_is_refused_beside_its_field(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    for content, message in ((b"MZ\x90 a program", "neither a picture"), (b"", "This file is empty.")):
        form = report_form(browser, step) | {"proof": (io.BytesIO(content), "proof.png")}
        answer = browser.post(f"/milestones/{step.id}/payments", form)
        assert answer.status_code == 422
        assert message in act(answer.text, "report")
    assert rows(world, Payment) == []


def test_a_proof_is_not_asked_for_again_when_something_else_was_wrong(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    form = report_form(browser, step)
    wrong = form | {"amount": "", "proof": (io.BytesIO(png()), "shot.png")}
    answer = browser.post(f"/milestones/{step.id}/payments", wrong)
    assert "“shot.png” is attached." in act(answer.text, "report")
    kept = values(act(answer.text, "report"))["kept_proof"]
    assert browser.post(f"/milestones/{step.id}/payments", form | {"kept_proof": kept}).status_code == 303
    assert [proof.name for proof in rows(world, Proof)] == ["shot.png"]
    once_more = report_form(browser, step, amount="1", reference="Z", kept_proof=kept)
    answer = browser.post(f"/milestones/{step.id}/payments", once_more)
    assert answer.status_code == 422
    assert "Attach the proof again." in answer.text


def test_a_note_of_a_proof_that_we_did_not_seal_is_worth_nothing(world: World) -> None:
    _, cleo, step = delivered(world)
    browser = world.entered(cleo.code)
    form = report_form(browser, step, kept_proof='["x"].forged')
    assert browser.post(f"/milestones/{step.id}/payments", form).status_code == 303
    assert rows(world, Proof) == []


def test_the_vendor_finds_the_proof_beside_the_payment(world: World) -> None:
    _, cleo, step = delivered(world)
    payment = world.report(step, cleo, proof=world.keep_proof())
    page = world.browser(world.owner).get(f"/milestones/{step.id}").text
    assert f'href="/payments/{payment.id}/proof"' in page


# Confirming, rejecting, reversing


def decision_form(browser: Browser, step: Milestone, name: str) -> dict[str, str]:
    filled = values(act(browser.get(f"/milestones/{step.id}").text, name))
    return {field: text for field, text in filled.items() if field != "csrf_token"}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_confirming_issues_a_receipt_and_opens_files_and_next_milestone(world: World, headers) -> None:
    project, cleo, step = delivered(world)
    payment, browser = world.report(step, cleo), world.browser(world.owner)
    form = decision_form(browser, step, f"confirmation-{payment.id}")
    assert (form["amount"], form["received_on"]) == ("1500.00", str(clock.today("Europe/Berlin")))
    answer = browser.post(f"/payments/{payment.id}/confirmation", form, **headers)
    assert answer.status_code == (200 if headers else 303)
    (receipt,) = rows(world, Receipt)
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    assert f'id="receipt-{receipt.id}" data-number="{receipt.label}" href="/receipts/{receipt.id}"' in page
    assert f'id="payment-{payment.id}" data-state="confirmed"' in page
    assert 'data-unlocked="true"' in page
    with fresh_session(world.app) as session:
        states = session.scalars(
            select(Milestone.state).where(Milestone.project_id == project.id).order_by(Milestone.position)
        )
        assert list(states) == [MilestoneState.SETTLED, MilestoneState.ACTIVE, MilestoneState.LOCKED]


def test_less_than_reported_leaves_a_balance_and_more_becomes_credit(world: World) -> None:
    _, cleo, step = delivered(world)
    browser, client = world.browser(world.owner), world.entered(cleo.code)
    for amount, reported in (("1000", 150_000), ("700", 70_000)):
        payment = world.report(step, cleo, minor=reported)
        form = decision_form(browser, step, f"confirmation-{payment.id}") | {"amount": amount}
        browser.post(f"/payments/{payment.id}/confirmation", form)
        page = client.get(f"/milestones/{step.id}").text
        if amount == "1000":
            assert "€1,000.00 of €1,500.00 has arrived." in page
            assert values(act(page, "report"))["amount"] == "500.00"
    assert "€200.00 more than the price arrived." in page


def test_a_confirmation_that_cannot_be_comes_back(world: World) -> None:
    _, cleo, step = delivered(world)
    payment, browser = world.report(step, cleo), world.browser(world.owner)
    for changes, message in (
        ({"amount": "0"}, "Enter an amount above zero."),
        ({"amount": "1.234"}, "decimal"),
        ({"received_on": "31.12.2026"}, "Write the date as year-month-day"),
        ({"received_on": in_days(5)}, "This date is in the future."),
    ):
        form = decision_form(browser, step, f"confirmation-{payment.id}") | changes
        answer = browser.post(f"/payments/{payment.id}/confirmation", form)
        assert answer.status_code == 422, changes
        assert message in act(answer.text, f"confirmation-{payment.id}")
    assert rows(world, Receipt) == []


def test_two_members_confirming_make_one_receipt_and_the_second_is_told(world: World) -> None:
    _, cleo, step = delivered(world)
    payment = world.report(step, cleo)
    browsers = [world.browser(world.owner), world.browser(world.member(Role.MANAGER))]
    forms = [decision_form(each, step, f"confirmation-{payment.id}") for each in browsers]
    for browser, form in zip(browsers, forms, strict=True):
        answer = browser.post(f"/payments/{payment.id}/confirmation", form)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/milestones/{step.id}")
    assert "This was already done; nothing changed." in browsers[1].get(f"/milestones/{step.id}").text
    assert (len(rows(world, Receipt)), len(rows(world, LedgerEntry))) == (1, 1)


def test_rejecting_what_was_confirmed_meanwhile_is_out_of_date(world: World) -> None:
    _, cleo, step = delivered(world)
    payment, browser = world.report(step, cleo), world.browser(world.owner)
    form = decision_form(browser, step, f"rejection-{payment.id}") | {"reason": "Nothing came."}
    world.confirm(payment)
    answer = browser.post(f"/payments/{payment.id}/rejection", form)
    assert answer.status_code == 409
    assert "This payment was already decided differently." in answer.text


def test_a_rejection_needs_a_reason_and_the_client_reads_it(world: World) -> None:
    _, cleo, step = delivered(world)
    payment, browser = world.report(step, cleo), world.browser(world.owner)
    form = decision_form(browser, step, f"rejection-{payment.id}")
    answer = browser.post(f"/payments/{payment.id}/rejection", form | {"reason": " "})
    assert answer.status_code == 422
    assert "Say why in a sentence" in act(answer.text, f"rejection-{payment.id}")
    browser.post(f"/payments/{payment.id}/rejection", form | {"reason": "Not on our account by Friday."})
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    assert "Not on our account by Friday." in page
    assert "Vera Studio did not find the €1,500.00 you reported" in page
    assert act(page, "report")


def test_a_reversal_locks_the_files_again_and_keeps_the_receipt(world: World) -> None:
    _, cleo, step = delivered(world)
    payment, browser = world.report(step, cleo), world.browser(world.owner)
    world.confirm(payment)
    form = decision_form(browser, step, f"reversal-{payment.id}") | {"reason": "The bank took it back."}
    assert browser.post(f"/payments/{payment.id}/reversal", form).status_code == 303
    page = world.entered(cleo.code).get(f"/milestones/{step.id}").text
    assert 'data-unlocked="false"' in page
    assert f'id="payment-{payment.id}" data-state="reversed"' in page
    assert "the originals are locked again until €1,500.00 is paid" in page
    assert len(rows(world, Receipt)) == 1
    assert act(page, "report")


def test_a_plain_member_sees_the_report_and_does_not_decide(world: World) -> None:
    _, cleo, step = delivered(world)
    payment, browser = world.report(step, cleo), world.browser(world.member(Role.MEMBER))
    page = browser.get(f"/milestones/{step.id}").text
    assert f'id="payment-{payment.id}"' in page
    assert "act-confirmation" not in page
    for verb in ("confirmation", "rejection", "reversal"):
        assert browser.post(f"/payments/{payment.id}/{verb}").status_code == 403


def test_the_client_never_decides_and_strangers_find_nothing(world: World) -> None:
    _, cleo, step = delivered(world)
    payment = world.report(step, cleo)
    other = World.founded(world.app, world.session, "Other Studio")
    for browser in (world.entered(cleo.code), other.browser(other.owner)):
        for verb in ("confirmation", "rejection", "reversal"):
            assert browser.post(f"/payments/{payment.id}/{verb}").status_code == 404
    assert rows(world, Payment)[0].state is PaymentState.REPORTED
