"""Every kind of entry has a sentence, in both languages, and says what it is about."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from flask import Flask

from portal import config, create_app
from portal.queries.records import Line
from portal.web import happenings
from tests.architecture import reading

FACTS: dict[str, Any] = {
    "by": "member:1", "amount_minor": 150_000, "price_minor": 150_000, "receipt_label": "2026-0041",
    "files": ["a", "b"], "means": "button", "version": 1, "deliverable": "4", "grant": "3", "contact": "2",
}  # fmt: skip
NAMES = {"member:1": "Vera Stein", "grant:3": "Cleo Chen", "contact:2": "Cleo Chen", "deliverable:4": "poster.png"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application whose database nobody asks."""
    return create_app(config.load({}, instance=tmp_path_factory.mktemp("instance")))


def line(kind: str, **facts: Any) -> Line:
    return Line(1, kind, None, FACTS | facts, "0" * 64, "Design", "EUR")  # type: ignore[arg-type]  # no time is told


def told(app: Flask, kind: str, locale: str = "en", names: dict[str, str] | None = None, **facts: Any) -> str:
    with app.test_request_context("/", headers={"Accept-Language": locale}):
        return happenings.happening(line(kind, **facts), NAMES if names is None else names)


def kinds_written() -> set[str]:
    """The kinds the services append: every string that looks like one, in a call of an appending function."""
    found = set()
    for path in reading.python_files():
        if path.parent.name == "services":
            for call, name in reading.calls(path):
                if name.rpartition(".")[2] in ("append", "_write_down"):
                    texts = [part.value for part in call.args if isinstance(part, ast.Constant)]
                    found |= {text for text in texts if isinstance(text, str) and "." in text}
    return found


def test_every_kind_the_services_write_has_words() -> None:
    written = kinds_written()
    assert len(written) >= 15
    assert written - set(happenings.SENTENCES) - set(happenings._SPECIAL) == set()


@pytest.mark.parametrize("kind", sorted(set(happenings.SENTENCES) | set(happenings._SPECIAL)))
def test_a_sentence_fills_all_its_words_in_both_languages(app: Flask, kind: str) -> None:
    for locale in ("en", "zh-CN"):
        sentence = told(app, kind, locale)
        assert "%(" not in sentence
        assert sentence.endswith((".", "。"))
        assert "Design" in sentence or "Vera Stein" in sentence or "Cleo" in sentence


@pytest.mark.parametrize(
    ("kind", "facts", "sentence"),
    [
        ("milestone.submitted", {}, "Vera Stein delivered “Design” with 2 files."),
        ("milestone.submitted", {"files": ["a"]}, "Vera Stein delivered “Design” with 1 file."),
        ("milestone.submitted", {"files": []}, "Vera Stein delivered “Design”, a service without files."),
        ("milestone.approved", {}, "Vera Stein approved “Design”."),
        ("milestone.approved", {"means": "payment"}, "“Design” counts as approved, because it was paid in full."),
        ("file.stored", {}, "Vera Stein added the file “poster.png” to “Design”."),
        ("file.stored", {"version": 3}, "Vera Stein added version 3 of the file “poster.png” to “Design”."),
        ("payment.confirmed", {}, "Vera Stein confirmed €1,500.00 for “Design”. Receipt 2026-0041 was issued."),
        ("project.created", {"currency": "JPY"}, "Vera Stein set up the project at a price of ¥150,000."),
        ("some.day", {}, "Vera Stein changed something this version of Milepost has no words for."),
        ("milestone.approved", {"by": "contact:9"}, "The client approved “Design”."),
        ("milestone.approved", {"by": "member:9"}, "The vendor approved “Design”."),
        ("milestone.approved", {"by": "system"}, "Milepost approved “Design”."),
    ],
)  # fmt: skip
def test_sentences_say_what_happened(app: Flask, kind: str, facts: dict[str, Any], sentence: str) -> None:
    assert told(app, kind, **facts) == sentence


def test_a_file_whose_name_the_reader_may_not_know_is_a_file(app: Flask) -> None:
    known = {"member:1": "Vera Stein"}
    assert told(app, "file.stored", names=known) == "Vera Stein added a file to “Design”."
    assert told(app, "file.removed", names=known) == "Vera Stein took a file back from “Design”."
