import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.adapters import sniffing


def zipped(*names: str, mimetype: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, "<x/>")
    return made.getvalue()


OOXML = "application/vnd.openxmlformats-officedocument."


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "application/octet-stream"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
        (b"GIF89a\x01\0\x01\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
        (b"ID3\x03\0\0\0", "audio/mpeg"),
        (b"\x7fELF\x02\x01\x01", "application/x-executable"),
        (b"MZ\x90\0", "application/x-msdownload"),
        (zipped("a.txt"), "application/zip"),
        (zipped(), "application/zip"),
        (zipped("[Content_Types].xml", "word/document.xml"), OOXML + "wordprocessingml.document"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), OOXML + "spreadsheetml.sheet"),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), OOXML + "presentationml.presentation"),
        (zipped("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
         "application/vnd.oasis.opendocument.text"),
        (b"Dear Cleo,\nhere it is.\n", "text/plain"),
        ("亲爱的客户，文件已交付。".encode() * 300, "text/plain"),
        (b"\x00\x01\x02 binary \xff\xfe", "application/octet-stream"),
        (bytes(range(256)), "application/octet-stream"),
        (bytes(4096), "application/octet-stream"),
        (b"<!DOCTYPE html><html><script>", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    ],
)  # fmt: skip
def test_the_first_bytes_say_what_a_file_is(content, expected):
    assert sniffing.media_type(content) == expected


@given(st.binary(max_size=400))
def test_any_bytes_have_a_type_that_fits_a_header(content):
    kind = sniffing.media_type(content)
    assert len(kind) <= 120
    assert re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", kind)
