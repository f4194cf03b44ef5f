"""From what a vendor typed to checked terms, or to one sentence beside each wrong field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.rules import terms
from portal.rules.errors import InvalidForm
from portal.rules.lifecycle import Flow
from portal.rules.terms import Draft, Row

TODAY = date(2026, 11, 21)
FIVE = ("15", "25", "30", "20", "10")
THIRDS = ("33.34", "33.33", "33.33")
BASE = Draft(
    title="Cherry Harvest website",
    client_name="Cherry Harvest GmbH",
    contact_name="Cleo Chen",
    contact_email="cleo@cherry.example",
    currency="EUR",
    price="999.99",
    time_zone="Europe/Berlin",
    locale="en",
    kind="website",
    flow="pay_to_unlock",
)


def row(number: int = 0, **changes: str) -> Row:
    return replace(Row(title=f"Step {number + 1}", due_on="2026-12-01"), **changes)


def by_share(*shares: str, **changes) -> Draft:
    return replace(BASE, rows=tuple(row(n, share=share) for n, share in enumerate(shares)), **changes)


def by_amount(*amounts: str, **changes) -> Draft:
    rows = tuple(row(n, amount=amount) for n, amount in enumerate(amounts))
    return replace(BASE, rows=rows, **({"price": ""} | changes))


def read(draft: Draft) -> terms.Terms:
    return terms.read(draft, reader_locale="en", today=TODAY)


def refusal(draft: Draft) -> dict[str, str]:
    """Field → sentence, for everything that was found."""
    with pytest.raises(InvalidForm) as caught:
        read(draft)
    return {str(error.field): str(error) for error in caught.value.errors}


def parts(agreed: terms.Terms) -> list[int]:
    return [part.amount_minor for part in agreed.parts]


@pytest.mark.parametrize(
    ("currency", "price", "shares", "amounts"),
    [
        ("JPY", "10001", FIVE, [1500, 2500, 3001, 2000, 1000]),
        ("EUR", "999.99", FIVE, [15_000, 25_000, 29_999, 20_000, 10_000]),
        ("EUR", "5.47", THIRDS, [183, 182, 182]),
        ("EUR", "5.48", THIRDS, [183, 183, 182]),
        ("EUR", "30,000.00", ("33.3334", "33.3333", "33.3333"), [1_000_000] * 3),
        ("KWD", "100.000", ("33.3334", "33.3333", "33.3333"), [33_334, 33_333, 33_333]),
    ],
)
def test_shares_become_the_parts_of_the_design(currency, price, shares, amounts):
    agreed = read(by_share(*shares, currency=currency, price=price))
    assert parts(agreed) == amounts
    assert agreed.price_minor == sum(amounts)


def test_amounts_make_the_price_when_none_is_given():
    agreed = read(by_amount("1,500", "2500.50"))
    assert (agreed.price_minor, parts(agreed)) == (400_050, [150_000, 250_050])
    assert [part.share_ppm for part in agreed.parts] == [None, None]


def test_a_price_that_the_amounts_do_not_reach_is_refused_with_both_figures():
    found = refusal(by_amount("1500", "2500", price="4001"))
    assert found == {"price": "The milestones add up to €4,000.00, the price says €4,001.00. Change one of them."}


def test_a_milestone_that_comes_out_at_zero_is_asked_about_once():
    tiny = by_share(*["10"] * 10, price="0.07")
    assert list(refusal(tiny)) == ["zero_ok"]
    assert parts(read(replace(tiny, zero_ok=True))) == [1] * 7 + [0] * 3


def test_a_project_for_nothing_needs_no_question():
    assert parts(read(by_share("50", "50", price="0"))) == [0, 0]


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        (("50", "49"), "The shares are 1 % short of the whole. Raise one of them."),
        (("50", "50.0001"), "The shares add up to 0.0001 % too much. Lower one of them."),
    ],
)
def test_shares_that_do_not_make_the_whole_say_by_how_much(shares, sentence):
    assert refusal(by_share(*shares)) == {"milestones": sentence}


def test_shares_and_amounts_do_not_mix():
    mixed = replace(BASE, rows=(row(0, share="50"), row(1, amount="500")))
    assert list(refusal(mixed)) == ["milestones"]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"due_on": ""}, "due_on", "Choose a due date."),
        ({"due_on": "2026-11-20"}, "due_on", "This date is in the past. Choose today or later."),
        ({"due_on": "2026-02-30"}, "due_on", "This day does not exist in the calendar."),
        ({"due_on": "soon"}, "due_on", "Write the date as year-month-day, like 2026-03-31."),
        ({"title": " \u202e\x00 "}, "title", "Give the milestone a title."),
        ({"title": "x" * 201}, "title", "Shorten this to at most 200 characters."),
        ({"criteria": "x" * 10_001}, "criteria", "Shorten this to at most 10000 characters."),
        ({"amount": "1.234"}, "amount", "Use at most 2 decimals."),
        ({"amount": "-5"}, "amount", "Enter a number without a minus sign."),
        ({"amount": "9" * 16}, "amount", "This amount is too large. Enter a smaller one."),
    ],
)
def test_what_is_wrong_with_a_row_is_said_beside_its_field(changes, field, sentence):
    good = row(0, amount="10")
    draft = replace(BASE, price="", rows=(good, replace(row(1, amount="10"), **changes)))
    assert refusal(draft) == {f"milestones-1-{field}": sentence}


def test_today_is_not_in_the_past():
    assert read(replace(BASE, rows=(row(share="100", due_on=TODAY.isoformat()),))).parts[0].due_on == TODAY


def test_a_currency_without_decimals_takes_none():
    draft = by_amount("1500.5", "2500", currency="JPY")
    assert refusal(draft) == {"milestones-0-amount": "Enter a whole number, without decimals."}


def test_ten_milestones_are_the_most_and_one_the_least():
    assert len(read(by_amount(*["5"] * 10)).parts) == 10
    assert refusal(by_amount(*["5"] * 11)) == {
        "milestones": "A project has at most 10 milestones. Put the rest into a follow-on project."
    }
    assert refusal(replace(BASE, rows=())) == {"milestones": "Add at least one milestone."}


def test_every_mistake_is_found_at_once():
    found = refusal(replace(Draft(), rows=(Row(),)))
    assert set(found) == {
        "title", "client_name", "contact_name", "currency", "time_zone", "locale", "flow",
        "milestones-0-title", "milestones-0-due_on",
    }  # fmt: skip


@pytest.mark.parametrize("email", ["cleo", "cleo@", "@cherry.example", "a b@cherry.eu", "cleo@cherry", "x@y.z\x07"])
def test_an_address_no_mail_could_reach_is_refused(email):
    assert list(refusal(by_share("100", contact_email=email))) == ["contact_email"]


def test_text_is_kept_as_typed_but_for_blanks_and_what_no_keyboard_means():
    agreed = read(
        by_share(
            "100",
            title="  Spring\u202e  album\x00 ",
            client_name="锦秋文化",
            contact_email="",
            flow="approve_then_invoice",
        )
    )
    assert (agreed.title, agreed.client_name, agreed.contact_email) == ("Spring album", "锦秋文化", "")
    assert agreed.flow is Flow.APPROVE_THEN_INVOICE


def test_criteria_are_one_a_line():
    only = row(share="100", criteria=" Reads right \r\n\r\nLooks\tright", description=" a\r\n\r\nb ")
    part = read(replace(BASE, rows=(only,))).parts[0]
    assert (part.criteria, part.description) == ("Reads right\nLooks right", "a\n\nb")
