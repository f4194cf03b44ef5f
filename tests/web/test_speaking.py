"""How templates speak, and how fields are drawn: cheaper than the libraries do it, and no less safe."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from flask import Flask, render_template_string
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Form, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from portal.web.widgets import Input, Select, TextArea

EVIL = "\"><script>x()</script>&'"


def drawn(app: Flask, source: str, **words: object) -> str:
    with app.test_request_context("/"):
        return render_template_string(source, **words)


def test_words_put_into_a_sentence_are_escaped_and_markup_stays_markup(app: Flask) -> None:
    page = drawn(
        app, "{{ _('due %(day)s', day=word) }}|{{ _('due %(day)s', day=mark) }}", word=EVIL, mark=Markup("<b>1</b>")
    )
    assert "<script" not in page
    assert page.endswith("|due <b>1</b>")


def test_a_sentence_without_words_is_taken_as_it_stands(app: Flask) -> None:
    assert drawn(app, "{{ _('100 % of it') }}") == "100 % of it"


def test_the_language_is_the_readers_in_every_request(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "zh-CN"}):
        chinese = render_template_string("{{ 2500|money('CNY') }} {{ _('Milestones') }}")
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        english = render_template_string("{{ 2500|money('CNY') }} {{ _('Milestones') }}")
    assert english == "CN¥25.00 Milestones"
    assert chinese != english


class Tags(HTMLParser):
    """What a browser makes of some HTML: tags with their attributes in any order, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[object] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.seen.append(data.strip())


CHOICES = [SelectChoice("a", "A & B"), SelectChoice("b", EVIL)]
PAIRS = [
    (StringField(), StringField(widget=Input("text")), {"autocomplete": "off", "aria-invalid": "true", "rows": False}),
    (HiddenField(), HiddenField(widget=Input("hidden")), {}),
    (TextAreaField(), TextAreaField(widget=TextArea()), {"rows": 3, "aria-describedby": EVIL}),
    (SelectField(choices=CHOICES), SelectField(choices=CHOICES, widget=Select()), {"inputmode": False}),
]


@pytest.mark.parametrize(("theirs", "ours", "given"), PAIRS)
@pytest.mark.parametrize("value", ["plain", EVIL, "", "two\nlines", "b"])
def test_fields_are_drawn_as_the_library_would(theirs, ours, given, value: str) -> None:
    def html(field) -> str:
        made = type("One", (Form,), {"field": field})(MultiDict({"field": value}))
        return re.sub(r"\s+", " ", str(made.field(**given)))

    assert Tags(html(ours)).seen == Tags(html(theirs)).seen
