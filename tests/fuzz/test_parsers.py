"""Everything that reads what people and programs wrote: a value within its range, or the refusal it declares."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

import verify_milepost
from portal.rules import chain, codes, filenames, iban, money, ranges, references, schedule, search, terms, texts, tus
from portal.rules.errors import DomainError, Invalid
from portal.web.language import reader_locale
from tests import scale
from tests.fuzz import odd
from tests.fuzz.asking import Asked

LOCALES = ("en", "zh_Hans", "de", "fr", "ar", "hi", "de_CH", "sv")
MOST_BYTES = 5 * 2**30
# Whatever a program can hold as text, signs that have no UTF-8 among it; and pieces that mean something somewhere.
PIECES = st.sampled_from(
    ["bytes=", "-", "0", "9" * 20, ",", "sha256 ", "AAAA", "=", "filename ", "IBAN", "DE02", "RF18", "2026", "-02-29",
    "%", "€",
     "CNY", ".", "'", "\u00a0", "\u202e", "\0", "\r\n", "O0I1", "7777-", "\ud800", "٣", "²", "×", "en", ";q=", "zh-"]
)  # fmt: skip
ANY = st.sampled_from(odd.TEXTS) | st.lists(PIECES | st.text(st.characters(), max_size=8), max_size=8).map("".join)


def _code(text: str) -> bool:
    read = codes.normalise(text)
    return (
        len(read) == codes.LENGTH and set(read) <= set(codes.ALPHABET) and codes.normalise(codes.display(read)) == read
    )


def _range(text: str) -> bool:
    for size in (0, 1, 1000):
        found = ranges.parse(text, size)
        if found is not None and not 0 <= found.first <= found.last < size:
            return False
    return True


def _metadata(text: str) -> bool:
    read = tus.read_metadata(text)
    said = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in read.items())
    return tus.read_metadata(said) == read


def _checksum(text: str) -> bool:
    found = tus.read_checksum(text)
    return found is not None and len(found.digest) == tus.CHECKSUM_BYTES[found.algorithm]


def _length(text: str) -> bool:
    length = tus.read_length(text, MOST_BYTES)
    return length is None or 0 <= length <= MOST_BYTES


def _offset(text: str) -> bool:
    return 0 <= tus.read_offset(text) < 10**18


def _name(text: str) -> bool:
    clean = filenames.clean(text)
    return 1 <= len(clean.encode()) <= filenames.LONGEST_BYTES and filenames.clean(clean) == clean and "/" not in clean


def _money(text: str) -> bool:
    for locale in LOCALES:
        for currency in ("EUR", "JPY", "KWD"):
            try:
                minor = money.parse_amount(text, currency, locale)
            except Invalid:
                continue
            again = money.parse_amount(money.amount_plain(minor, currency, locale), currency, locale)
            if not 0 <= minor <= money.LARGEST_MINOR or again != minor:
                return False
    return True


def _share(text: str) -> bool:
    return all(0 <= money.parse_share(text, locale) <= money.WHOLE for locale in LOCALES)


def _date(text: str) -> bool:
    read = schedule.parse_date(text)
    return (
        date(schedule.FIRST_YEAR, 1, 1) <= read <= date(schedule.LAST_YEAR, 12, 31)
        and schedule.parse_date(str(read)) == read
    )


def _iban(text: str) -> bool:
    shown = iban.printed(text)
    return iban.printed(shown) == shown


def _reference(text: str) -> bool:
    shown = references.grouped(text)
    known = references.is_creditor_reference(text), references.is_iban(text)
    return references.grouped(shown) == shown and known == (
        references.is_creditor_reference(shown), references.is_iban(shown)
    )  # fmt: skip


def _line(text: str) -> bool:
    line, block = texts.line(text), texts.block(text)
    return (
        "\n" not in line
        and texts.line(line) == line
        and texts.block(block) == block
        and len(line) <= texts.LONGEST_LINE
    )


def _email(text: str) -> bool:
    read = terms.read_email(text)
    return read == "" or ("@" in read and not any(sign.isspace() for sign in read) and terms.read_email(read) == read)


def _query(text: str) -> bool:
    return search.read_query(text) == search.fold(search.read_query(text))


def _kept_zone(text: str) -> bool:
    return schedule.due_instant(date(2026, 1, 1), terms.read_zone(text)) is not None


def _version(text: str) -> bool:
    tus.require_version(text)
    return text == tus.VERSION


READERS: dict[str, tuple[Callable[[str], bool], type[Exception]]] = {
    "access code": (_code, codes.Mistyped),
    "Range": (_range, ranges.Unsatisfiable),
    "Upload-Metadata": (_metadata, tus.BadTus),
    "Upload-Checksum": (_checksum, tus.BadTus),
    "Upload-Length": (_length, tus.BadTus),
    "Upload-Offset": (_offset, tus.BadTus),
    "Tus-Resumable": (_version, tus.WrongVersion),
    "file name": (_name, DomainError),
    "amount": (_money, Invalid),
    "share": (_share, Invalid),
    "date": (_date, Invalid),
    "IBAN": (_iban, Invalid),
    "reference": (_reference, Invalid),
    "text": (_line, Invalid),
    "e-mail address": (_email, Invalid),
    "search": (_query, DomainError),
    "time zone": (_kept_zone, Invalid),
}


@pytest.mark.scaled
@pytest.mark.parametrize("name", READERS)
def test_whatever_is_read_is_a_value_of_its_range_or_the_declared_refusal(name: str) -> None:
    read, refusal = READERS[name]
    counted = {"texts": 0, "refused": 0}

    @settings(max_examples=scale.cases(150, 5000), deadline=None, database=None)
    @given(ANY)
    def reading(text: str) -> None:
        counted["texts"] += 1
        try:
            is_right = read(text)
        except refusal as error:
            counted["refused"] += 1
            is_right = str(error) != ""
        assert is_right, text

    reading()
    scale.figure("fuzz", f"any text as {name}", **counted)


@pytest.mark.scaled
def test_any_accept_language_is_read_as_a_language_of_ours(app: Flask) -> None:
    languages = st.lists(
        st.sampled_from(["zh", "en", "de-CH", "*", ";q=0.3", ";q=", "nan", "-", "_", ","]) | st.text(max_size=5)
    )

    @settings(max_examples=scale.cases(100, 3000), deadline=None, database=None)
    @given(ANY | languages.map("".join))
    def asked(text: str) -> None:
        header = text.encode("utf-8", "replace").decode("latin-1").replace("\r", "").replace("\n", "")
        with app.request_context(Asked(headers={"Accept-Language": header}).environ()):
            assert reader_locale() in ("en", "zh_Hans")

    asked()


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.scaled
def test_the_separate_checker_reads_every_record_as_the_portal_wrote_it() -> None:
    count, project = scale.cases(150, 2000), "0190a0e2-0000-7000-8000-000000000000"

    @settings(max_examples=count, deadline=None, database=None)
    @given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), VALUES, max_size=5))
    def kept(body: dict[str, Any]) -> None:
        text = chain.canonical(body)
        assert json.loads(text) == body
        assert chain.canonical(json.loads(text)) == text
        top = chain.entry_hash(project, 1, text, chain.GENESIS)
        entry = {"seq": 1, "body": text, "prev": chain.GENESIS, "hash": top}
        lines = [{"format": "milepost-record-1", "project": project}, entry]
        file = io.BytesIO("".join(f"{json.dumps(line)}\n" for line in lines).encode())
        assert verify_milepost.check(file, [(1, top)]) == (project, 1, top)

    kept()
    scale.figure("H4", "canonical form written, read back, checked by the separate checker", bodies=count)
