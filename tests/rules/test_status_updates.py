"""What a status update says, drafted from facts alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.rules import status_updates as rules
from portal.rules.gate import Standing
from portal.rules.status_updates import OPEN_SECTIONS, Amount, Facts, Happened, Section, Step
from portal.services import status_wording

TODAY = date(2026, 11, 20)


def step(position: int, standing: Standing, **changes: Any) -> Step:
    usual: dict[str, Any] = {"due_on": date(2026, 12, position), "balance_minor": 100_00}
    return Step(position=position, title=f"Step {position}", standing=standing, **(usual | changes))


def facts(*steps: Step, **changes: Any) -> Facts:
    usual: dict[str, Any] = {
        "vendor": "Vera Studio", "client": "Cherry", "currency": "EUR", "price_minor": 300_00, "paid_minor": 100_00,
        "today": TODAY,
    }  # fmt: skip
    return Facts(steps=steps, **(usual | changes))


def said(found: Facts, section: Section, language: str = "en") -> list[str]:
    return status_wording.worded(found, language)[section].splitlines()


def test_what_happened_is_told_in_order_and_an_approval_by_payment_is_no_news():
    happened = (
        Happened("project.started", date(2026, 11, 2)),
        Happened("milestone.submitted", date(2026, 11, 5), "Step 1"),
        Happened("milestone.approved", date(2026, 11, 6), "Step 1", by_payment=True),
        Happened("milestone.settled", date(2026, 11, 6), "Step 1"),
        Happened("file.stored", date(2026, 11, 7), "Step 2"),
    )
    assert said(facts(step(1, Standing.SETTLED), happened=happened), Section.DONE) == [
        "The project started on 2 November 2026.",
        "“Step 1” was delivered on 5 November 2026.",
        "“Step 1” is complete since 6 November 2026.",
    ]
    nothing = ["No milestone was opened, delivered or accepted in this time."]
    assert said(facts(step(1, Standing.WORKING)), Section.DONE) == nothing


def test_next_are_the_two_milestones_that_are_to_be_delivered_first():
    found = facts(
        step(1, Standing.SETTLED), step(2, Standing.WORKING), step(3, Standing.LOCKED), step(4, Standing.LOCKED)
    )
    assert said(found, Section.NEXT) == [
        "Milestone 2 of 4, “Step 2”, is due on 2 December 2026.",
        "Milestone 3 of 4, “Step 3”, is due on 3 December 2026.",
    ]
    assert said(facts(step(1, Standing.TO_PAY)), Section.NEXT) == [
        "Everything is delivered; no further milestone follows."
    ]
    assert said(facts(step(1, Standing.SETTLED), step(2, Standing.CANCELLED)), Section.NEXT) == [
        "All milestones are complete."
    ]


@pytest.mark.parametrize(
    ("standing", "sentence"),
    [
        (Standing.WORKING, "Vera Studio has been working on “Step 1” since 10 November 2026."),
        (Standing.CHANGES_REQUESTED, "Vera Studio has been working on changes to “Step 1” since 10 November 2026."),
        (
            Standing.TO_APPROVE,
            "Cherry has been asked since 10 November 2026 to look at “Step 1” and approve it.",
        ),
        (Standing.TO_PAY, "No work is waiting for anybody."),
        (Standing.SETTLED, "No work is waiting for anybody."),
    ],
)
def test_waiting_names_whom_and_since_when(standing: Standing, sentence: str):
    found = facts(step(1, standing, since=date(2026, 11, 10)))
    assert said(found, Section.WAITING) == [sentence]


def test_a_risk_is_what_is_late_or_waits_for_more_than_a_week():
    late = step(1, Standing.WORKING, due_on=date(2026, 11, 19), is_over=True)
    assert said(facts(late), Section.RISKS) == ["“Step 1” was due on 19 November 2026 and is late."]
    for since, told in ((date(2026, 11, 13), False), (date(2026, 11, 12), True)):
        found = said(facts(step(1, Standing.TO_APPROVE, since=since)), Section.RISKS)
        assert bool(found) is told, since
    assert said(facts(step(1, Standing.WORKING)), Section.RISKS) == []


@pytest.mark.parametrize("standing", [Standing.TO_PAY, Standing.PARTLY_PAID, Standing.REVERSED])
def test_money_says_what_moved_what_is_paid_what_is_asked_and_what_is_open(standing: Standing):
    happened = (
        Happened("payment.confirmed", date(2026, 11, 6), "Step 1", 50_00),
        Happened("payment.reversed", date(2026, 11, 7), "Step 1", 20_00),
    )
    asked = step(1, standing, since=date(2026, 11, 5), due_on=date(2026, 11, 18), is_over=True)
    assert said(facts(asked, happened=happened), Section.MONEY) == [
        "€50.00 for “Step 1” was confirmed on 6 November 2026.",
        "€20.00 for “Step 1” went back on 7 November 2026.",
        "Paid so far: €100.00 of €300.00.",
        "“Step 1” waits for €100.00 from Cherry, since 5 November 2026.",
        "€100.00 for “Step 1” was due on 18 November 2026 and is overdue.",
        "Still to come in all: €200.00.",
    ]


def test_a_reported_payment_is_named_as_a_report_and_a_free_project_has_no_money():
    reported = step(1, Standing.REPORTED, reported_minor=40_00)
    assert said(facts(reported), Section.MONEY)[1] == (
        "€40.00 for “Step 1” is reported as paid; Vera Studio looks for it in its account."
    )
    assert said(facts(step(1, Standing.TO_APPROVE), price_minor=0, paid_minor=0), Section.MONEY) == []


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
@pytest.mark.parametrize("standing", Standing)
def test_no_section_that_everybody_reads_names_an_amount(standing: Standing, language: str):
    happened = tuple(Happened(kind, TODAY, "Step 1", 50_00) for kind in rules.KINDS)
    found = facts(step(1, standing, since=date(2026, 11, 1), is_over=True, reported_minor=40_00), happened=happened)
    drafted = rules.draft(found)
    words = [word for section in OPEN_SECTIONS for line in drafted[section] for word in line.words.values()]
    assert [word for word in words if isinstance(word, Amount)] == []
    text = "\n".join(status_wording.worded(found, language)[section] for section in OPEN_SECTIONS)
    assert [sign for sign in ("€", "paid", "pay", "overdue", "付款", "支付", "已付", "款项") if sign in text] == []


@pytest.mark.parametrize("standing", Standing)
def test_both_languages_say_the_same_number_of_things(standing: Standing):
    found = facts(step(1, standing, since=date(2026, 11, 1), is_over=True), step(2, Standing.LOCKED))
    english, chinese = (status_wording.worded(found, language) for language in ("en", "zh_Hans"))
    assert {name: len(text.splitlines()) for name, text in english.items()} == {
        name: len(text.splitlines()) for name, text in chinese.items()
    }
    assert [line for text in chinese.values() for line in text.splitlines() if "。" not in line] == []


def test_a_name_in_another_direction_is_fenced_in():
    found = facts(step(1, Standing.WORKING, since=date(2026, 11, 1)), vendor="סטודיו")
    assert "\u2068סטודיו\u2069 has been working" in status_wording.worded(found, "en")[Section.WAITING]
