import unicodedata
from email.message import Message
from email.utils import collapse_rfc2231_value

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from portal.rules import filenames

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

EXPECTED = [
    ("plan.pdf", "plan.pdf"),
    ("../../etc/passwd", "passwd"),
    ("..\\..\\windows\\win.ini", "win.ini"),
    ("C:\\Users\\Ada\\plan.pdf", "plan.pdf"),
    ("/etc/shadow", "shadow"),
    ("folder/", "folder"),
    ("a/b\\c.txt", "c.txt"),
    ("..", "file"),
    (".", "file"),
    ("...", "file"),
    ("", "file"),
    (" ", "file"),
    ("/", "file"),
    ("../", "file"),
    ("\0", "file"),
    ("\ud800", "file"),
    ("\u202e", "file"),
    (". . .", "file"),
    (".htaccess", "htaccess"),
    ("..hidden.txt", "hidden.txt"),
    (" .  x.txt ", "x.txt"),
    ("\u3000\u00a0x.txt\u2003", "x.txt"),
    ("name. . ", "name"),
    ("plan.pdf\0.exe", "plan.pdf.exe"),
    ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
    ("a\tb\x07\x1b[31m.txt", "ab[31m.txt"),
    ("a\x7f\x85b.txt", "ab.txt"),
    ("a\u2028b\u2029.txt", "ab.txt"),
    ("invoice\u202efdp.exe", "invoicefdp.exe"),
    ("a\u2066b\u2069.txt", "ab.txt"),
    ("zero\u200bwidth\ufeff.txt", "zerowidth.txt"),
    ("e\u0301te\u0301.txt", "\u00e9t\u00e9.txt"),
    ("\u00e9t\u00e9.txt", "\u00e9t\u00e9.txt"),
    ("\u1112\u1161\u11ab.txt", "\ud55c.txt"),
    ("a\ud83d.txt", "a.txt"),
    ("CON", "_CON"),
    ("con.txt", "_con.txt"),
    ("NUL.tar.gz", "_NUL.tar.gz"),
    ("com1", "_com1"),
    ("LPT9.log", "_LPT9.log"),
    ("aux .txt", "_aux .txt"),
    ("console.txt", "console.txt"),
    ("设计 稿.psd", "设计 稿.psd"),
    ("👨\u200d👩\u200d👧.png", "👨\u200d👩\u200d👧.png"),
    ("می\u200cخواهم.pdf", "می\u200cخواهم.pdf"),
    ("-rf", "-rf"),
    ("a;b.txt", "a;b.txt"),
    ('a"b.txt', 'a"b.txt'),
    ("a'b.txt", "a'b.txt"),
    ("100%.txt", "100%.txt"),
    ("%2e%2e%2fx", "%2e%2e%2fx"),
    ("a%00b.txt", "a%00b.txt"),
    ("$(id).txt", "$(id).txt"),
    ("`id`.txt", "`id`.txt"),
    ("<script>alert(1)</script>.html", "script>.html"),
    ("x" * 300, "x" * 255),
    ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
    ("界" * 100 + ".pdf", "界" * 83 + ".pdf"),
    ("👨" * 100 + ".png", "👨" * 62 + ".png"),
    ("x." + "y" * 300, "x." + "y" * 253),
    ("." + "y" * 300, "y" * 255),
    ("x" * 250 + " " * 20 + ".pdf", "x" * 250 + ".pdf"),
]
MORE = [
    *(f"a{mark}b.txt" for mark in BIDI),
    *(f"{separator}..{separator}x" for separator in "/\\"),
    *(f"{device}.{end}" for device in ("PRN", "AUX", "COM9", "LPT1") for end in ("txt", "", "a.b")),
    *(f"a{sign}b" for sign in ";,:=?*|<>\"'%&#@!^~+`{}[]()"),
    "filename*=UTF-8''x", "x; filename=evil.exe", 'x"; filename="evil.exe', "\\\\server\\share\\x", "a\\",
    "é" * 128,    "=?utf-8?q?x?=", "x\u0338", "\u0338x", "ﬁ.txt", "ＡＢＣ．ｔｘｔ",
]  # fmt: skip
NASTY = [*(name for name, _ in EXPECTED), *MORE]


def parsed_by_werkzeug(header: str) -> str:
    kind, options = parse_options_header(header)
    assert kind == "attachment"
    assert set(options) == {"filename"}
    return options["filename"]


def parsed_by_email(header: str) -> tuple[str, str]:
    message = Message()
    message["Content-Disposition"] = header
    (kind, _), (first, fallback), (second, full) = message.get_params(header="Content-Disposition")
    assert (kind, first, second) == ("attachment", "filename", "filename")
    return fallback, collapse_rfc2231_value(full)


def assert_clean(name: str) -> None:
    assert 1 <= len(name.encode()) <= 255
    assert unicodedata.is_normalized("NFC", name)
    assert not set(name) & set("/\\" + BIDI)
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in name)
    assert name[0] != "."
    assert name == name.strip()
    assert not name.endswith(".")
    assert filenames.clean(name) == name


def assert_sent_intact(name: str) -> None:
    header = filenames.content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    fallback, full = parsed_by_email(header)
    assert full == parsed_by_werkzeug(header) == filenames.clean(name)
    assert fallback
    assert not set(fallback) & set('"\\/%;')


def test_there_are_at_least_120_nasty_names():
    assert len(set(NASTY)) >= 120


@pytest.mark.parametrize(("name", "cleaned"), EXPECTED)
def test_a_name_is_cleaned(name, cleaned):
    assert filenames.clean(name) == cleaned


@pytest.mark.parametrize("which", range(len(NASTY)))
def test_nasty_names_become_clean_and_are_sent_intact(which):
    assert_clean(filenames.clean(NASTY[which]))
    assert_sent_intact(NASTY[which])


names = st.text(st.characters() | st.sampled_from('./\\ "%;\u202e\u0301\0'), max_size=300)


@settings(max_examples=2000, deadline=None)
@given(names)
@example("CON" + " " * 300 + ".txt")
@example("\u0301" * 300)
def test_any_name_becomes_clean_and_is_sent_intact(name):
    assert_clean(filenames.clean(name))
    assert_sent_intact(name)


@pytest.mark.parametrize(
    ("name", "fallback"),
    [
        ("plan.pdf", "plan.pdf"),
        ("été.pdf", "ete.pdf"),
        ("设计稿.psd", "file.psd"),
        ('a"b;c.txt', "a_b_c.txt"),
        ("100%.txt", "100_.txt"),
        ("里程碑", "file"),
    ],
)
def test_old_browsers_get_a_readable_ascii_name(name, fallback):
    assert filenames.content_disposition(name).startswith(f'attachment; filename="{fallback}"; ')
