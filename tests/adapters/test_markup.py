"""What people write becomes safe HTML: a small Markdown, and nothing that acts."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.adapters import markup

LEFT = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "mark"}


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)


def parsed(text: str) -> Seen:
    seen = Seen()
    seen.feed(markup.html(text))
    return seen


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("**a** *b* ~~c~~ `d`", "<strong>a</strong> <em>b</em> <s>c</s> <code>d</code>"),
        ("one\ntwo", "one<br>\ntwo"),
        ("- a\n- b", "<li>a</li>\n<li>b</li>"),
        ("> said", "<blockquote>"),
        ("https://a.example/x", '<a href="https://a.example/x" rel="nofollow noopener noreferrer ugc">'),
        ("你好，**世界**！", "<strong>世界</strong>"),
        ("# no shouting", "# no shouting"),
    ],
)
def test_the_small_markdown(typed, shown):
    assert shown in markup.html(typed)


HOSTILE = [
    "[x](//evil.example)",
    "//evil.example",
    "[x](/settings/members)",
    "[x](?q=1)",
    "[x](\\\\evil.example)",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "![x](https://evil.example/pixel.png)",
    '<div hx-get="/logout" hx-trigger="load">x</div>',
    '<div data-hx-post="/x" hx-vals="js:{a:1}">x</div>',
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    '<p id="stage" class="x" style="position:fixed">x</p>',
    "[x](https://a.example 'on\" onmouseover=\"alert(1)')",
    "`<b>`</code><script>x</script>",
    '<https://a.example/"onclick=alert(1)>',
    "<!-- --><base href=//evil.example>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_acts_comes_through(text):
    seen = parsed(text)
    assert seen.tags <= LEFT
    for name, value in seen.attributes:
        assert name in ("href", "rel", "start")
        assert name != "href" or (value or "").startswith(("http://", "https://", "mailto:"))


@settings(deadline=None)
@given(st.text(max_size=300))
def test_whatever_is_typed_only_known_tags_come_out(text):
    seen = parsed(text)
    assert seen.tags <= LEFT
    assert {name for name, _ in seen.attributes} <= {"href", "rel", "start"}


def test_plain_words_have_no_marks_and_no_entities():
    assert markup.plain("**Tom** & <b>Jerry</b>\n\n- one") == "Tom & <b>Jerry</b> one"
