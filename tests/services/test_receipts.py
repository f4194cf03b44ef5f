"""Receipts: numbers without gaps, frozen words, bytes drawn once."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from datetime import UTC, datetime
from uuid import UUID

import pytest
import time_machine
from PIL import Image
from sqlalchemy import func, select

from portal.adapters import clock, pdf
from portal.models.client import Contact
from portal.models.receipt import Receipt, ReceiptPdf
from portal.rules.errors import Conflict, Invalid, Unavailable
from portal.rules.lifecycle import PaymentState
from portal.services import papers, payments, receipts, vendors
from portal.web.installation import installation
from tests.papers import text_of
from tests.worlds import World, fresh_session


def delivered(world: World, **changes):
    project = world.project(**changes)
    return world.contact(project), world.deliver(world.milestone(project), note="Workshop held.")


def paid(world: World, *, locale: str = "en", **changes) -> Receipt:
    """A receipt for a contact who reads `locale`."""
    cleo, step = delivered(world, **changes)
    world.session.get_one(Contact, cleo.actor.keys[0].contact_id).locale = locale
    world.session.commit()
    return world.session.get_one(Receipt, world.pay(step, cleo))


def numbers(world: World) -> list[int]:
    world.session.rollback()  # to see what others committed
    mine = select(Receipt.number).where(Receipt.vendor_id == world.owner.vendor_id)
    return list(world.session.scalars(mine.order_by(Receipt.number)))


def presentation(**changes) -> vendors.Presentation:
    values = {
        "name": "Renamed Studio", "address": "Elsewhere 1", "tax_id": "DE 1", "email": "new@studio.example",
        "brand_colour": "#B8321F", "time_zone": "Europe/Berlin", "locale": "en", "currency": "EUR",
    }  # fmt: skip
    return vendors.Presentation(**(values | changes))


def test_each_confirmed_payment_has_one_receipt_and_no_other_has_any(world: World):
    cleo, step = delivered(world)
    payments_made = [world.report(step, cleo, minor=10_000) for _ in range(3)]
    assert numbers(world) == []
    world.confirm(payments_made[0])
    world.confirm(payments_made[1])
    payments.reject(
        world.session, actor=world.owner, payment=payments_made[2], reason="Not there.", ticket=world.ticket()
    )
    having = world.session.scalars(select(Receipt.payment_id)).all()
    assert sorted(having) == sorted(payment.id for payment in payments_made[:2])


def test_numbers_count_from_one_and_a_refused_confirmation_uses_none(world: World):
    cleo, step = delivered(world)
    first, second = (world.report(step, cleo, minor=10_000) for _ in range(2))
    world.confirm(first)
    with pytest.raises(Invalid):
        world.confirm(second, minor=0)
    with pytest.raises(Conflict):
        payments.confirm(
            world.session, actor=world.owner, payment=rejected(world, step, cleo), amount_minor=1,
            received_on=clock.today("UTC"), ticket=world.ticket(),
        )  # fmt: skip
    world.confirm(second)
    assert numbers(world) == [1, 2]


def rejected(world: World, step, cleo):
    payment = world.report(step, cleo, minor=10_000)
    payments.reject(world.session, actor=world.owner, payment=payment, reason="No.", ticket=world.ticket())
    assert payment.state is PaymentState.REJECTED
    return payment


def test_a_failure_after_the_number_was_taken_gives_it_back(world: World, monkeypatch):
    cleo, step = delivered(world)
    payment = world.report(step, cleo)
    with monkeypatch.context() as patch:
        patch.setattr("portal.services.settlement.settle_if_paid", explode)
        with pytest.raises(ZeroDivisionError):
            world.confirm(payment)
    world.confirm(payment)
    assert numbers(world) == [1]


def explode(*_args: object, **_kwargs: object) -> None:
    raise ZeroDivisionError


def test_vendors_number_apart(world: World):
    other = World.founded(world.app, world.session, "Other Studio")
    assert [paid(world).label[-4:], paid(other).label[-4:], paid(world).label[-4:]] == ["0001", "0001", "0002"]


def test_confirming_many_at_once_gives_each_its_own_number_in_order(world: World):
    cleo, step = delivered(world)
    waiting = [world.report(step, cleo, minor=1_000).id for _ in range(8)]
    failures: list[BaseException] = []
    threads = [
        threading.Thread(target=confirm_apart, args=(world, part, failures)) for part in (waiting[:4], waiting[4:])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert numbers(world) == list(range(1, 9))


def confirm_apart(world: World, payment_ids: list[UUID], failures: list[BaseException]) -> None:
    with fresh_session(world.app) as session:
        for payment_id in payment_ids:
            try:
                payments.confirm(
                    session, actor=world.owner, payment=session.get_one(payments.Payment, payment_id),
                    amount_minor=1_000, received_on=clock.today("UTC"), ticket=world.ticket(),
                )  # fmt: skip
            except BaseException as error:
                failures.append(error)


def test_the_year_of_a_number_is_the_vendors_own(world: World):
    with time_machine.travel(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), tick=True):
        receipt = paid(world)
    assert (receipt.label, receipt.issued_on.isoformat()) == ("2027-0001", "2027-01-01")


@pytest.mark.parametrize(
    ("contact", "vendor", "language", "order"),
    [
        ("en", "en", "en", ["en"]),
        ("zh_Hans", "zh_Hans", "zh_Hans", ["zh_Hans"]),
        ("zh_Hans", "en", "both", ["zh_Hans", "en"]),
        ("en", "zh_Hans", "both", ["en", "zh_Hans"]),
    ],
)
def test_a_receipt_is_in_the_contacts_language_and_in_both_where_the_vendors_is_another(
    world: World, contact, vendor, language, order
):
    world.vendor.locale = vendor
    world.session.commit()
    receipt = paid(world, locale=contact)
    assert (receipt.language, papers.read(receipt)["languages"]) == (language, order)


def test_the_snapshot_is_signed_and_holds_its_own_digest(world: World):
    receipt = paid(world)
    assert receipt.snapshot_sha256 == hashlib.sha256(receipt.snapshot.encode()).hexdigest()
    keys = installation(world.app).keys
    assert keys.genuine(receipt.snapshot_sha256.encode(), receipt.signature)
    assert not keys.genuine(b"0" * 64, receipt.signature)


def test_the_sums_are_those_of_the_moment_of_issue(world: World):
    cleo, step = delivered(world)
    sums = []
    for minor in (50_000, 120_000):
        facts = papers.read(world.session.get_one(Receipt, world.pay(step, cleo, minor=minor)))
        sums.append([facts[f"{name}_minor"] for name in ("amount", "due", "paid_to_date", "balance", "credit")])
    assert sums == [[50_000, 150_000, 50_000, 100_000, 0], [120_000, 150_000, 170_000, 0, 20_000]]


def test_a_receipt_in_yuan_has_its_amount_in_financial_numerals(world: World):
    facts = papers.read(paid(world, currency="CNY", amounts=("48000.05",)))
    assert facts["words_zh"] == "人民币肆万捌仟元零伍分"


def test_a_receipt_keeps_what_the_vendor_was_called_and_looked_like(world: World):
    receipt = paid(world)
    before = receipt.snapshot
    vendors.present(world.session, actor=world.owner, vendor=world.vendor, presentation=presentation())
    kept = papers.receipt_pdf(world.session, receipt)
    assert receipt.snapshot == before
    text = text_of(kept.pdf)
    assert "Vera Studio" in text
    assert "Renamed" not in text


def test_the_bytes_once_kept_never_change(world: World, monkeypatch):
    receipt = paid(world)
    first = papers.receipt_pdf(world.session, receipt)
    digest = first.sha256
    assert digest == hashlib.sha256(first.pdf).hexdigest()
    monkeypatch.setattr(pdf, "draw", explode)
    assert papers.receipt_pdf(world.session, receipt).sha256 == digest
    assert papers.keep_pdf(world.session, receipt_id=receipt.id, drawn=b"%PDF-other").sha256 == digest
    assert world.session.scalar(select(func.count()).select_from(ReceiptPdf)) == 1


def test_two_that_draw_at_once_hand_out_the_same_bytes(world: World):
    receipt = paid(world)
    with fresh_session(world.app) as other:
        papers.keep_pdf(other, receipt_id=receipt.id, drawn=b"%PDF-faster")
    late = papers.keep_pdf(world.session, receipt_id=receipt.id, drawn=b"%PDF-slower")
    assert late.pdf == b"%PDF-faster"


def test_no_transaction_is_open_while_a_paper_is_drawn(world: World, monkeypatch):
    receipt, seen = paid(world), []

    def look(*_args: object, **_kwargs: object) -> bytes:
        seen.append(world.session.in_transaction())
        return b"%PDF-"

    monkeypatch.setattr(pdf, "draw", look)
    papers.receipt_pdf(world.session, receipt)
    assert seen == [False]


def test_drawing_what_is_missing_goes_on_past_one_that_fails(world: World, monkeypatch):
    made, drawn = [paid(world) for _ in range(3)], []
    labels = [receipt.label for receipt in made]

    def draw(_template: str, words: dict[str, object], **_rest: object) -> bytes:
        if words["number"] == labels[0]:
            raise ZeroDivisionError
        drawn.append(words["number"])
        return b"%PDF-"

    monkeypatch.setattr(pdf, "draw", draw)
    assert papers.draw_missing(world.session) == 2
    assert drawn == labels[1:]
    monkeypatch.undo()
    assert (papers.draw_missing(world.session), papers.draw_missing(world.session)) == (1, 0)


def test_a_machine_that_cannot_draw_keeps_the_receipt_and_draws_later(world: World, monkeypatch):
    receipt = paid(world)
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "draw", unavailable)
        assert papers.draw_missing(world.session) == 0
        with pytest.raises(Unavailable):
            papers.receipt_pdf(world.session, receipt)
    assert papers.draw_missing(world.session) == 1


def unavailable(*_args: object, **_kwargs: object) -> bytes:
    raise Unavailable("no pango")


def test_a_logo_is_printed_as_long_as_it_is_the_one_of_the_day_of_issue(world: World, monkeypatch):
    pictures: list[dict[str, bytes]] = []
    monkeypatch.setattr(pdf, "draw", lambda *_, **given: pictures.append(given["pictures"]) or b"%PDF-")
    one = rebrand(world, "red")
    first, second = paid(world), paid(world)
    papers.receipt_pdf(world.session, first)
    rebrand(world, "blue")
    papers.receipt_pdf(world.session, second)
    assert pictures == [{"logo": one}, {}]


def rebrand(world: World, colour: str) -> bytes | None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(picture, "PNG")
    look = presentation(logo=picture.getvalue())
    return vendors.present(world.session, actor=world.owner, vendor=world.vendor, presentation=look).logo


def test_the_snapshot_holds_everything_that_is_printed_and_nothing_live(world: World):
    facts = papers.read(paid(world))
    assert sorted(facts) == sorted(
        ["receipt", "number", "issued_on", "languages", "brand", "payee", "payer", "project", "milestone", "position",
         "milestones", "manifest_sha256", "head", "currency", "amount_minor", "words_en", "words_zh", "method",
         "reference", "paid_on", "received_on", "due_minor", "paid_to_date_minor", "balance_minor", "credit_minor"]
    )  # fmt: skip


def test_a_receipt_is_found_by_its_payment(world: World):
    receipt = paid(world)
    payment = world.session.get_one(payments.Payment, receipt.payment_id)
    assert receipts.of_payment(world.session, payment).id == receipt.id
    assert json.loads(receipt.snapshot)["receipt"] == str(receipt.id)
