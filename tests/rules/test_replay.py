"""Replaying a record: what its entries alone say is true by now."""

from __future__ import annotations

from typing import Any

import pytest

from portal.rules import replay

CREATED = {"kind": "project.created", "price_minor": 500, "currency": "EUR"}
STORED = {"kind": "file.stored", "deliverable": "f", "sha256": "ab", "bytes": 3, "version": 1}
ISSUED = {"kind": "grant.issued", "grant": "g", "scopes": "view pay"}
REPORTED: dict[str, Any] = {
    "kind": "payment.reported", "payment": "p", "milestone": "m", "amount_minor": 7, "currency": "EUR",
    "paid_on": "2026-11-21", "proof_sha256": None,
}  # fmt: skip
CONFIRMED = {
    "kind": "payment.confirmed", "payment": "p", "milestone": "m", "amount_minor": 9, "credit_change_minor": 2,
    "receipt": "r", "receipt_label": "2026-0001", "receipt_sha256": "cd",
}  # fmt: skip
REVERSED = {"kind": "payment.reversed", "payment": "p", "milestone": "m", "amount_minor": 9, "credit_change_minor": -2}


def test_the_last_price_counts():
    revised = CREATED | {"kind": "project.revised", "price_minor": 400}
    assert replay.replay([CREATED, revised]) == {("price", "of the project"): "400 EUR"}


def test_a_milestone_is_where_the_last_entry_that_names_a_state_put_it():
    opened = {"kind": "milestone.opened", "milestone": "m", "state": "active"}
    submitted = {
        "kind": "milestone.submitted",
        "milestone": "m",
        "number": 1,
        "manifest_sha256": "ef",
        "state": "submitted",
    }
    facts = replay.replay([opened, submitted])
    assert facts["milestone", "m"] == "submitted"
    assert facts["current manifest", "m"] == facts["manifest", "m no. 1"] == "ef"


def test_money_enters_once_and_its_credit_goes_when_it_is_withdrawn():
    facts = replay.replay([REPORTED, CONFIRMED])
    assert (facts["payment", "p"], facts["payment entered", "p"], facts["credit", "m"]) == ("confirmed", "9", "2")
    assert facts["receipt", "r"] == "2026-0001 with cd"
    facts = replay.replay([REPORTED, CONFIRMED, REVERSED])
    assert (facts["payment", "p"], facts["chargeback entered", "p"]) == ("reversed", "9")
    assert ("credit", "m") not in facts


def test_files_and_grants_keep_what_they_were_when_they_end():
    facts = replay.replay([STORED, {"kind": "file.removed", "deliverable": "f"}])
    assert facts["file", "f"] == replay.file("ab", 3, 1, removed=True)
    facts = replay.replay(
        [ISSUED, {"kind": "grant.rotated", "grant": "g", "version": 2}, {"kind": "grant.revoked", "grant": "g"}]
    )
    assert facts["grant", "g"] == replay.grant("view pay", 2, revoked=True)


def test_a_kind_nobody_knows_says_nothing_but_its_state():
    assert replay.replay([{"kind": "moon.phase"}]) == {}
    assert replay.replay([{"kind": "moon.phase", "milestone": "m", "state": "full"}]) == {("milestone", "m"): "full"}


@pytest.mark.parametrize(
    "body", [{"kind": "grant.revoked", "grant": "g"}, {"kind": "file.removed", "deliverable": "f"}]
)
def test_an_entry_that_cannot_follow_is_an_error(body):
    with pytest.raises(KeyError):
        replay.replay([body])


def test_differences_are_sentences_that_name_both_sides():
    recorded, present = (
        {("price", "x"): "5", ("file", "a"): "1"},
        {("price", "x"): "6", ("grant", "b"): "2", ("file", "a"): "1"},
    )
    assert replay.differences(recorded, present) == [
        "grant b: the record says nothing, the tables say “2”.",
        "price x: the record says “5”, the tables say “6”.",
    ]
    assert replay.differences(recorded, dict(recorded)) == []
