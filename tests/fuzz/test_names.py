"""D8 and E5: names of files on their way in and out, read back by three readers that share no code."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.wrappers import Request

from portal.rules import filenames
from tests import scale
from tests.fuzz.asking import Asked
from tests.rules.test_filenames import NASTY, assert_clean, parsed_by_email, parsed_by_werkzeug

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
PARAMETER = re.compile(rf'\s*;\s*({TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({TOKEN}))')
NAMES = st.text(st.characters() | st.sampled_from('./\\ "%;\u202e\u0301\0\r\n'), max_size=300)


def parsed_by_hand(header: str) -> tuple[str, str]:
    """RFC 6266 as it is written: the plain name and the full one."""
    kind = re.match(TOKEN, header)
    assert kind, header
    assert kind[0] == "attachment", header
    at, found = kind.end(), {}
    while at < len(header):
        part = PARAMETER.match(header, at)
        assert part, header[at:]
        assert part[1] not in found, "a parameter comes twice"
        found[part[1]] = re.sub(r"\\(.)", r"\1", part[2]) if part[2] is not None else part[3]
        at = part.end()
    charset, _language, encoded = found["filename*"].split("'", 2)
    return found["filename"], unquote(encoded, charset, "strict")


def out_and_back(name: str) -> None:
    """Each reader finds the cleaned name in the header that goes out, and nothing else."""
    clean, header = filenames.clean(name), filenames.content_disposition(name)
    assert_clean(clean)
    assert header.isascii()
    assert header.isprintable()
    fallback, full = parsed_by_hand(header)
    assert full == parsed_by_werkzeug(header) == parsed_by_email(header)[1] == clean
    assert fallback == parsed_by_email(header)[0]
    assert fallback


WAYS: dict[str, Callable[[str], str]] = {
    # What browsers write: UTF-8 as it is, with three signs escaped.
    "browser": lambda name: f'filename="{name.translate({34: "%22", 13: "%0D", 10: "%0A"})}"',
    "escaped": lambda name: 'filename="' + re.sub(r'(["\\])', r"\\\1", name) + '"',
    "extended": lambda name: f"filename*=UTF-8''{quote(name, safe='')}",
}


def received(disposition: str) -> str | None:
    """The name the application finds in a form with such a part."""
    head = f'Content-Disposition: form-data; name="proof"; {disposition}'.encode()
    body = b"--edge\r\n" + head + b"\r\n\r\nx\r\n--edge--\r\n"
    asked = Asked("POST", kind="multipart/form-data; boundary=edge", body=body)
    with Request(asked.environ()) as request:
        sent = request.files.get("proof")
        return sent.filename if sent is not None else None


def in_and_kept(name: str) -> None:
    """However it comes in, what is kept is clean; and the same name, where the way can carry it whole."""
    plain = "".join(sign for sign in name if sign.isprintable() and sign not in '"\\%').strip()
    for way, written in WAYS.items():
        for given_name in (name.encode("utf-8", "replace").decode(), plain):
            found = received(written(given_name))
            if found is not None:
                assert_clean(filenames.clean(found))
            if given_name == plain and plain:
                assert filenames.clean(found or "") == filenames.clean(plain), (way, plain, found)


@pytest.mark.scaled
def test_every_name_goes_out_and_comes_in_as_data() -> None:
    count = scale.cases(100, 2000)
    for name in NASTY:
        out_and_back(name)
        in_and_kept(name)

    @settings(max_examples=count, deadline=None, database=None)
    @given(NAMES)
    def generated(name: str) -> None:
        out_and_back(name)
        in_and_kept(name)

    generated()
    scale.figure(
        "E5", "names sent, read back by three readers, and taken in three ways", named=len(NASTY), generated=count
    )
    scale.figure("D8", "names cleaned", names=len(NASTY) + count)


def test_the_reader_made_by_hand_sees_a_header_that_says_something_else() -> None:
    """The control: what a careless server would send is not read as one plain name."""
    for careless in (
        'attachment; filename="a"; filename="b"; filename*=UTF-8\'\'c',
        'attachment; filename="a\r\nX: y"; x',
    ):
        with pytest.raises(AssertionError):
            parsed_by_hand(careless)
