import pytest

from portal.rules import numbering


@pytest.mark.parametrize(
    ("kind", "year", "number", "key", "label"),
    [
        ("receipt", 2026, 41, "receipt/2026", "2026-0041"),
        ("receipt", None, 41, "receipt", "0041"),
        ("credit_note", 2026, 1, "credit_note/2026", "2026-0001"),
        ("invoice", 2026, 9999, "invoice/2026", "2026-9999"),
        ("invoice", 2026, 10_000, "invoice/2026", "2026-10000"),
    ],
)
def test_numbers_are_printed_with_their_year(kind, year, number, key, label):
    assert numbering.series(kind, year) == key
    assert numbering.label(key, number) == label


def test_kinds_and_years_have_series_of_their_own():
    keys = {numbering.series(kind, year) for kind in ("invoice", "receipt") for year in (None, 2026, 2027)}
    assert len(keys) == 6


@pytest.mark.parametrize(("kind", "year"), [("", 2026), ("Receipt", 2026), ("a/b", None), ("receipt", 0)])
def test_a_series_needs_a_plain_kind_and_a_year(kind, year):
    with pytest.raises(ValueError, match="not a"):
        numbering.series(kind, year)


@pytest.mark.parametrize("number", [0, -1])
def test_numbers_start_at_one(number):
    with pytest.raises(ValueError, match="start at 1"):
        numbering.label("receipt/2026", number)
