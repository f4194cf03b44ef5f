import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import tus

MOST = 5 * 2**30


def b64(value: str | bytes) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, {}),
        ("", {}),
        ("   ", {}),
        (f"filename {b64('a.txt')}", {"filename": "a.txt"}),
        (f"filename {b64('a.txt')},filetype {b64('text/plain')}", {"filename": "a.txt", "filetype": "text/plain"}),
        (f" filename {b64('a.txt')} , milestone {b64('x')} ", {"filename": "a.txt", "milestone": "x"}),
        ("is_confidential", {"is_confidential": ""}),
        (f"is_confidential,filename {b64('a')}", {"is_confidential": "", "filename": "a"}),
        ("empty ", {"empty": ""}),
        (f"filename {b64('图纸 终稿.pdf')}", {"filename": "图纸 终稿.pdf"}),
        (f"filename {b64(b'caf' + bytes([0xE9]))}", {"filename": "caf�"}),
        (f"filename {b64('a' + chr(0) + 'b')}", {"filename": "a\0b"}),
    ],
)
def test_metadata_is_read_as_the_protocol_writes_it(header, expected):
    assert tus.read_metadata(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        ",",
        f"filename {b64('a')},",
        f",filename {b64('a')}",
        "filename not-base64!",
        "filename YWJj=",
        "filename YWJ",
        f"filename {b64('a')} {b64('b')}",
        f"filename {b64('a')},filename {b64('b')}",
        f"näme {b64('a')}",
        "filename " + "QUFB" * 4000,
    ],
)
def test_malformed_metadata_is_refused(header):
    with pytest.raises(tus.BadTus):
        tus.read_metadata(header)


@given(st.dictionaries(st.from_regex(r"[!-+\--~]{1,12}", fullmatch=True), st.text(max_size=40), max_size=6))
def test_metadata_written_by_any_client_comes_back_whole(pairs):
    written = ",".join(f"{key} {b64(value.encode('utf-8', 'replace'))}" for key, value in pairs.items())
    expected = {key: value.encode("utf-8", "replace").decode() for key, value in pairs.items()}
    assert tus.read_metadata(written) == expected


@given(st.text(max_size=200))
def test_no_metadata_header_breaks_the_parser(text):
    try:
        found = tus.read_metadata(text)
    except tus.BadTus:
        return
    assert all(isinstance(value, str) for value in found.values())


@pytest.mark.parametrize(("header", "expected"), [("0", 0), ("1", 1), ("0007", 7), (str(MOST), MOST)])
def test_a_length_may_be_anything_from_nothing_to_the_most(header, expected):
    assert tus.read_length(header, MOST) == expected


@pytest.mark.parametrize("header", [str(MOST + 1), str(2**63), str(2**64), "9" * 200])
def test_a_length_above_the_most_is_no_length(header):
    assert tus.read_length(header, MOST) is None


@pytest.mark.parametrize("header", [None, "", "-1", "+1", " 1", "1.0", "1e3", "0x10", "１", "²", "abc", "1,2"])
def test_a_length_that_is_no_number_is_refused(header):
    with pytest.raises(tus.BadTus):
        tus.read_length(header, MOST)


@pytest.mark.parametrize("header", [None, "", "-1", "+1", " 0", "1.5", "x", "１", "9" * 30])
def test_an_offset_that_is_no_number_is_refused(header):
    with pytest.raises(tus.BadTus):
        tus.read_offset(header)


def test_an_offset_is_a_number_of_bytes():
    assert (tus.read_offset("0"), tus.read_offset("5368709120")) == (0, MOST)


def test_a_checksum_is_a_sha256_or_sha1_in_base64():
    digest = hashlib.sha256(b"hello").digest()
    assert tus.read_checksum(f"sha256 {b64(digest)}") == tus.Checksum("sha256", digest)
    assert tus.read_checksum(f"SHA256  {b64(digest)} ") == tus.Checksum("sha256", digest)
    assert tus.read_checksum(f"sha1 {b64(bytes(20))}") == tus.Checksum("sha1", bytes(20))
    assert tus.read_checksum(None) is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256",
        "sha256 ",
        "sha256 x",
        f"sha256 {b64(b'short')}",
        f"sha256 {b64(bytes(20))}",
        f"sha1 {b64(bytes(32))}",
        f"md5 {b64(bytes(16))}",
        b64(bytes(32)),
        f"sha256,{b64(bytes(32))}",
    ],
)
def test_any_other_checksum_is_refused(header):
    with pytest.raises(tus.BadTus):
        tus.read_checksum(header)


@pytest.mark.parametrize("header", [None, "", "0.2.2", "1.0", "1.0.1", "2.0.0", "1.0.0 "])
def test_another_version_is_refused(header):
    with pytest.raises(tus.WrongVersion):
        tus.require_version(header)


def test_our_version_is_taken():
    tus.require_version("1.0.0")


@pytest.mark.parametrize("header", [None, "", "application/octet-stream", "text/plain", "application/offset"])
def test_another_content_type_is_refused(header):
    with pytest.raises(tus.WrongType):
        tus.require_content_type(header)


@pytest.mark.parametrize("header", ["application/offset+octet-stream", "Application/Offset+Octet-Stream; charset=x"])
def test_the_protocols_content_type_is_taken(header):
    tus.require_content_type(header)
