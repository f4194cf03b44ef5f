"""F12: nothing that people write makes a paper fetch, attach or hide anything."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw
import pytest

from portal.adapters import pdf
from tests import scale
from tests.adapters.test_pdf import ALL
from tests.papers import text_of

PAYLOADS = (
    "<img src={0}/a>", "<img src='file:///etc/passwd'>", "<link rel=attachment href={0}/b>",
    "<link rel=attachment href=file:///etc/passwd>",
    "<a rel=attachment href=file:///etc/hostname>x</a>", "<link rel=stylesheet href={0}/c>",
    "<style>@import url({0}/d);</style>",
    "<style>@import '{0}/e';</style>", "<style>@font-face{{font-family:x;src:url({0}/f)}}</style>",
    "<style>*{{background:url({0}/g)}}</style>",
    "<p style='background:url({0}/h)'>", "<p style=\"content:url(file:///etc/passwd)\">",
    "<svg xmlns='http://www.w3.org/2000/svg'><image href='{0}/i'/></svg>",
    "<svg xmlns:xlink='http://www.w3.org/1999/xlink'><use xlink:href='{0}/j#a'/></svg>",
    "<svg><foreignObject><iframe src={0}/k /></foreignObject></svg>",
    "<object data={0}/l></object>", "<embed src={0}/m>", "<embed src=file:///etc/passwd>",
    "<iframe src={0}/n></iframe>", "<iframe src=file:///etc/passwd>",
    "<base href={0}/>", "<meta http-equiv=refresh content='0;url={0}/o'>", "<meta name=author content='x'>",
    "<script src={0}/p></script>",
    "<video poster={0}/q>", "<input type=image src={0}/r>", "<table background={0}/s>", "<body background={0}/t>",
    "url({0}/u)", "]]><img src={0}/v>",
    "<!--><img src={0}/w>-->", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "<?xml-stylesheet href='{0}/x'?>", "&lt;img src={0}/y&gt;",
    "{{{{ 7 * 7 }}}} {{% include '/etc/passwd' %}}", "\"><img src={0}/z>", "'><img src={0}/0>",
    "</style><img src={0}/1>", "</title><img src={0}/2>",
    "<img src=http://169.254.169.254/latest/meta-data/>", "<img src=picture:logo><img src=asset:logo>",
    "<img src=data:image/png;base64,AAAA>",
    "javascript:alert(1)", "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>", ") /EmbeddedFile (",
    "<a href='{0}/3'>x</a>",
)  # fmt: skip
# Fields that are words of people, all of them at once.
WORDS = ("number", "reference", "project", "milestone")


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """Somebody who would notice being asked."""
    asked: list[str] = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def everywhere(text: str) -> dict[str, Any]:
    """The facts of a receipt with `text` in every field that people write."""
    people = {
        "payee": {"name": text, "address": f"{text}\nBerlin", "tax_id": text},
        "payer": {"name": text, "address": f"{text}\nBonn", "tax_id": text, "contact": text},
        "brand": {"initial": text[:1]}, "method_label": text, "amount_words": [{"language": "en", "text": text}],
    }  # fmt: skip
    return ALL | dict.fromkeys(WORDS, text) | people


def attached(drawn: bytes) -> int:
    document = pypdfium2.PdfDocument(drawn)
    try:
        return document.count_attachments()
    finally:
        document.close()


def is_text(payload: str, drawn: bytes) -> bool:
    """Whether the paper shows it sign by sign; lines may have ended anywhere in it."""
    shown = text_of(drawn)
    return "".join(payload.split()) in "".join(shown.split()).replace("\u2010", "").replace("\ufffe", "")


@pytest.mark.scaled
def test_no_field_of_a_paper_fetches_attaches_or_is_anything_but_text(listener: tuple[str, list[str]]) -> None:
    address, asked = listener
    chosen = PAYLOADS if scale.FULL else scale.chance("papers").sample(PAYLOADS, 3)
    for payload in (each.format(address) for each in chosen):
        drawn = pdf.draw("receipt", everywhere(payload), languages=("en",), colour="#11604A", pictures=pdf.NO_PICTURES)
        assert asked == [], payload
        assert attached(drawn) == 0, payload
        assert not any(
            word in drawn for word in (b"/EmbeddedFile", b"/JavaScript", b"/Launch", b"/OpenAction", b"root:x")
        ), payload
        assert is_text(payload, drawn), payload
    assert len(PAYLOADS) >= 40
    scale.figure(
        "F12", "payloads in every field of a receipt, with a listener that nobody may ask", papers=len(chosen), hits=0
    )


def test_the_listener_hears_whoever_asks(listener: tuple[str, list[str]]) -> None:
    """The control: the same kind of page, drawn without our fetcher, does ask, and does attach."""
    import weasyprint

    address, asked = listener
    page = f"<img src={address}/a><link rel=attachment href='data:text/plain,x'>"
    drawn = weasyprint.HTML(string=page).write_pdf()
    assert asked == ["/a"]
    assert attached(drawn) == 1
