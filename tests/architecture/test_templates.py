"""What templates may not hold. The security policy would refuse most of it; here it has a line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import reading
from tests.architecture.reading import at

UNSAFE = re.compile(r"\|\s*safe\b|\bMarkup\(|\{%-?\s*autoescape\s+false")
INLINE = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "event attribute": re.compile(r"<[^>]*\s(?:on[a-z]+|hx-on[^\s=]*|data-hx-on[^\s=]*)\s*=", re.IGNORECASE),
    "script body": re.compile(r"<script\b[^>]*>\s*[^<\s]", re.IGNORECASE),
    "script without src": re.compile(r"<script\b(?![^>]*\ssrc\s*=)", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "javascript address": re.compile(r"javascript:", re.IGNORECASE),
}
FIELDSET = re.compile(r"<fieldset\b.*?</fieldset>", re.DOTALL)
CONTAINER = re.compile(
    r"\b(?:card|milestone_row|stat|table)\(|\{%-?\s*include|class=\"[^\"]*\b(?:card|row-card|files|items|table-box)\b"
)
# Macros, and parts that only a layout includes: nothing swaps them, and some stand on a page twice.
NEVER_SWAPPED = frozenset({"components", "layouts"})
ICON = re.compile(r"\bicon\(\s*[\"']([^\"']+)")
FOREIGN = re.compile(r"\b(?:src|href|action|srcset|poster)\s*=\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)

FRAGMENT = """{# card #}{% from "components/x.html" import y %}
<article id="milestone-{{ id }}"{% if a %} hidden{% endif %}>
  <br><svg><path/></svg>{% if a %}<p>a</p>{% else %}<p>b</p>{% endif %}
</article>
"""


def matches(pattern: re.Pattern[str], text: str, path: Path, what: str) -> Iterator[str]:
    for found in pattern.finditer(text):
        yield f"{at(path, text.count(chr(10), 0, found.end()) + 1)} {what}"


def unescaped(path: Path) -> Iterator[str]:
    yield from matches(UNSAFE, path.read_text(), path, "unescaped")


def inline(path: Path) -> Iterator[str]:
    text = reading.without_jinja(path.read_text())
    for what, pattern in INLINE.items():
        yield from matches(pattern, text, path, what)


def foreign(path: Path) -> Iterator[str]:
    yield from matches(FOREIGN, reading.without_jinja(path.read_text()), path, "address of somebody else")


def boxed(path: Path) -> Iterator[str]:
    """Chromium now and then leaves the content of a size container undrawn when a fieldset is around it."""
    for found in FIELDSET.finditer(path.read_text()):
        if CONTAINER.search(found.group()):
            yield f"{at(path, path.read_text().count(chr(10), 0, found.start()) + 1)} container in a fieldset"


def rootless(path: Path) -> Iterator[str]:
    """A fragment (leading underscore) is swapped by id: one element with an id, nothing beside it."""
    roots = reading.Roots(path.read_text())
    if len(roots.elements) != 1 or roots.text or not roots.elements[0][1].get("id"):
        shown = [(tag, attributes.get("id")) for tag, attributes in roots.elements]
        yield f"{at(path, 1)} roots: {shown} text: {roots.text[:40]!r}"


def offences(check, paths: list[Path]) -> list[str]:
    return [offence for path in paths for offence in check(path)]


def test_nothing_escapes_escaping():
    assert offences(unescaped, reading.template_files()) == []


def test_nothing_is_inline():
    assert offences(inline, reading.template_files()) == []


def test_nothing_is_loaded_from_elsewhere():
    assert offences(foreign, reading.template_files()) == []


def test_every_fragment_has_one_root_with_an_id():
    fragments = [
        path
        for path in reading.template_files()
        if path.match("_*.html") and NEVER_SWAPPED.isdisjoint(path.relative_to(reading.TEMPLATES).parts)
    ]
    assert offences(rootless, fragments) == []


def test_no_fieldset_holds_a_container_of_container_queries():
    assert offences(boxed, reading.template_files()) == []


def test_every_icon_named_is_among_those_we_ship():
    shipped = json.loads((reading.ROOT / "browser-files.json").read_text())["icons"]
    named = {(at(path, 1), icon) for path in reading.template_files() for icon in ICON.findall(path.read_text())}
    assert {(place, icon) for place, icon in named if icon not in shipped} == set()


@pytest.mark.parametrize(
    ("check", "offence"),
    [
        (unescaped, "{{ note | safe }}"),
        (inline, '<p style="color: red">late</p>'),
        (inline, '<button\n  type="button" onclick="go()">Go</button>'),
        (inline, '<div hx-on:click="go()"></div>'),
        (inline, '<script src="/a.js">go()</script>'),
        (inline, '<script type="module"></script>'),
        (inline, "<style></style>"),
        (inline, '<a href="javascript:go()">Go</a>'),
        (foreign, '<img src="https://cdn.example/x.png">'),
        (foreign, "<a href='//cdn.example'>x</a>"),
        (boxed, '<fieldset>{% call ui.card(title="a") %}{% endcall %}</fieldset>'),
        (boxed, '<fieldset class="row-card"></fieldset>'),
        (rootless, '<p id="a">one</p><p id="b">two</p>'),
        (rootless, "<p>no id</p>"),
        (rootless, '<p id="a">one</p> and text'),
        (rootless, ""),
    ],
)
def test_each_check_sees_its_offence(tmp_path, check, offence):
    """The control: a check that finds nothing here would find nothing anywhere."""
    path = tmp_path / "_offender.html"
    path.write_text(offence + "\n")
    assert len(offences(check, [path])) == 1


@pytest.mark.parametrize(
    ("check", "innocent"),
    [
        (
            inline,
            '{{ button(style="primary", only=1) }}<script src="{{ asset("app.js") }}" defer></script>',
        ),
        (foreign, '<a href="{{ url_for("projects.show", id=id) }}">x</a><p>https://example.org</p>'),
        (
            rootless,
            FRAGMENT,
        ),
    ],
)
def test_no_check_accuses_the_innocent(tmp_path, check, innocent):
    path = tmp_path / "_innocent.html"
    path.write_text(innocent)
    assert offences(check, [path]) == []
