"""References and accounts as people copy them."""

from uuid import UUID

import pytest

from portal.rules import references

PROJECT = UUID("0197a2b0-1111-7abc-8def-00009f2c41ab")


@pytest.mark.parametrize("known", ["RF18539007547034", "RF18 5390 0754 7034", "rf18 000000000539007547034"])
def test_references_printed_elsewhere_are_found_right(known: str) -> None:
    assert references.is_creditor_reference(known)


def test_the_check_digits_are_those_of_the_standard() -> None:
    assert references.creditor_reference("539007547034") == "RF18539007547034"
    assert references.creditor_reference("000000000539007547034") == "RF18000000000539007547034"


@pytest.mark.parametrize("body", ["", "a", "A-1", "1" * 22, "é"])
def test_a_body_that_no_bank_takes_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="21"):
        references.creditor_reference(body)


def test_each_milestone_has_a_reference_of_its_own_that_checks() -> None:
    made = [references.of_milestone(PROJECT, position) for position in range(1, 11)]
    assert len(set(made)) == 10
    assert all(references.is_creditor_reference(reference) for reference in made)
    assert made[0].endswith("9F2C41AB01")


def test_one_wrong_digit_is_noticed() -> None:
    right = references.of_milestone(PROJECT, 1)
    wrong = right[:-1] + "2"
    assert not references.is_creditor_reference(wrong)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("DE02 1203 0000 0000 2020 51", True),
        ("de02120300000000202051", True),
        ("DE03120300000000202051", False),
        ("6222 0210 0111 6245 702", False),
        ("", False),
    ],
)
def test_an_iban_is_known_by_its_check_digits(text: str, right: bool) -> None:
    assert references.is_iban(text) is right


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DE02120300000000202051", "DE02 1203 0000 0000 2020 51"),
        ("6222021001116245702", "6222 0210 0111 6245 702"),
        (" Kto. 4711 / BLZ 12 ", "Kto. 4711 / BLZ 12"),
        ("Kto 4711", "Kto 4711"),
        ("请问客服", "请问客服"),
        ("", ""),
    ],
)
def test_accounts_are_shown_in_groups_of_four(text: str, shown: str) -> None:
    assert references.grouped(text) == shown
