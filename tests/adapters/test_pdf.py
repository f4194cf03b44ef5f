"""Papers: what is printed, in which language, and that nothing is ever fetched."""

from __future__ import annotations

import builtins
import hashlib
import http.server
import io
import logging
import re
import threading
import time

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from PIL import Image

from portal.adapters import catalogue, pages, pdf
from portal.rules.errors import Unavailable
from tests.papers import page_count, text_of

SENTENCES = {"Receipt": "收据", "Paid on": "付款日期", "Bank transfer": "银行转账", "Still to pay": "尚欠金额"}
ALL = {
    "number": "2026-0041", "issued_on": "2026-11-21", "paid_on": "2026-11-20", "received_on": "2026-11-21",
    "method": "bank_transfer", "method_label": "Bank transfer", "reference": "RF18 5390", "project": "Cherry website",
    "milestone": "Design", "position": 2, "milestones": 5, "currency": "EUR", "amount_minor": 250_000,
    "due_minor": 250_000, "paid_to_date_minor": 250_000, "balance_minor": 0, "credit_minor": 0,
    "manifest_sha256": hashlib.sha256(b"m").hexdigest(), "head": "17:" + hashlib.sha256(b"h").hexdigest(),
    "snapshot_sha256": hashlib.sha256(b"s").hexdigest(), "signature": hashlib.sha512(b"g").hexdigest(),
    "payee": {"name": "Vera Studio", "address": "Torstraße 140\n10119 Berlin", "tax_id": "DE 312"},
    "payer": {"name": "Cherry Harvest GmbH", "address": "Kirschallee 9", "tax_id": "DE 811", "contact": "Cleo Chen"},
    "brand": {"initial": "V"}, "has_logo": False, "china": 0,
    "amount_words": [{"language": "en", "text": "Two thousand five hundred euros and 00/100"}],
}  # fmt: skip


@pytest.fixture
def chinese(tmp_path, monkeypatch):
    """A catalogue of our own, so that these tests do not depend on the wording of the real one."""
    path = tmp_path / "zh_Hans" / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True)
    catalog = Catalog(locale="zh_Hans")
    for english, translated in SENTENCES.items():
        catalog.add(english, translated)
    with path.open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)


def draw(languages: tuple[str, ...] = ("en",), colour: str = "#11604A", pictures=pdf.NO_PICTURES, **changes) -> bytes:
    return pdf.draw("receipt", ALL | changes, languages=languages, colour=colour, pictures=pictures)


def missing_in(text: str, *wanted: str) -> list[str]:
    return [piece for piece in wanted if piece not in text]


def test_everything_a_receipt_must_show_is_printed():
    text = text_of(draw())
    assert missing_in(
        text, "Receipt", "2026-0041", "21 November 2026", "20 November 2026", "Bank transfer", "RF18 5390",
        "Vera Studio", "Torstraße 140", "10119 Berlin", "DE 312", "Cherry Harvest GmbH", "Kirschallee 9", "DE 811",
        "Cleo Chen", "Cherry website", "2 / 5 · Design", "EUR 2,500.00", "EUR 0.00",
        "Two thousand five hundred euros and 00/100", str(ALL["manifest_sha256"]), str(ALL["head"]),
        str(ALL["snapshot_sha256"]), str(ALL["signature"])[:64], str(ALL["signature"])[100:],
    ) == []  # fmt: skip
    assert "fapiao" not in text


def test_a_chinese_receipt_is_chinese(chinese):
    words = [{"language": "zh_Hans", "text": "人民币肆万捌仟元零伍分"}]
    text = text_of(draw(("zh_Hans",), currency="CNY", amount_minor=4_800_005, amount_words=words, china=1))
    wanted = (*SENTENCES.values(), "2026年11月21日", "人民币肆万捌仟元零伍分", "CNY 48,000.05", "本收据不是发票")
    assert missing_in(text, *wanted, "This receipt is not a fapiao") == []
    assert "Paid on" not in text


def test_a_bilingual_receipt_says_everything_twice_and_the_leading_language_first(chinese):
    text = text_of(draw(("zh_Hans", "en"), china=1))
    wanted = ("收据 Receipt", "付款日期 Paid on", "银行转账 Bank transfer", "2026年11月20日 20 November 2026")
    assert missing_in(text, *wanted) == []
    assert "Receipt 收据" in text_of(draw(("en", "zh_Hans")))


def test_a_line_that_mixes_scripts_is_whole():
    assert "樱桃 Harvest 丰收 GmbH" in text_of(draw(project="樱桃 Harvest 丰收 GmbH"))


@pytest.mark.parametrize(
    ("currency", "minor", "shown"),
    [("JPY", 1500, "JPY 1,500"), ("KWD", 33_334, "KWD 33.334"), ("CNY", 4_800_005, "CNY 48,000.05")],
)
def test_amounts_have_the_decimals_of_their_currency(currency, minor, shown):
    assert f"{shown} " in text_of(draw(currency=currency, amount_minor=minor)) + " "


def test_a_part_payment_says_what_is_left_and_an_over_payment_its_credit():
    part = text_of(draw(paid_to_date_minor=250_000, due_minor=400_000, balance_minor=150_000))
    over = text_of(draw(credit_minor=20_000))
    assert missing_in(part, "EUR 4,000.00", "EUR 1,500.00") == []
    assert "paid in full" not in part
    assert missing_in(over, "Your credit", "EUR 200.00", "paid in full") == []


def test_the_same_words_give_the_same_bytes_whatever_the_time():
    first = draw()
    time.sleep(1.1)
    assert draw() == first
    assert draw(number="2026-0042") != first


def test_long_names_go_on_over_pages_and_nothing_is_cut_off():
    address = "\n".join(f"Line {number} of an address" for number in range(30))
    drawn = draw(payer={"name": "W" * 200, "address": address, "tax_id": "9" * 60, "contact": "x"}, milestone="M" * 200)
    assert page_count(drawn) == 2
    assert missing_in(text_of(drawn).replace(" ", ""), "W" * 200, "M" * 200, "Line29ofanaddress", "9" * 60) == []


def test_direction_marks_do_not_reach_the_paper_and_right_to_left_names_are_fenced():
    assert pages.clean("Cherry \u202egnp.exe\u0007") == "Cherry gnp.exe"
    assert pages.clean("شركة") == "\u2068شركة\u2069"
    assert page_count(draw(payer={"name": "شركة الكرز", "address": "", "tax_id": "", "contact": "محمد"})) == 1


def test_emoji_that_papers_have_no_glyphs_for_are_left_out():
    text = text_of(draw(project="Spring 🍒 sale 👩‍👩‍👧 now"))
    assert "Spring sale now" in text


def test_text_is_never_markup():
    name = "<b>Bold</b> & <img src='http://127.0.0.1:1/x'> {{ 7 * 7 }}"
    assert name.replace(" ", "") in text_of(draw(project=name)).replace(" ", "")


def test_only_plain_values_reach_the_template():
    with pytest.raises(TypeError, match="plain values"):
        draw(project=object())


@pytest.fixture
def listener():
    """Somebody who would notice being asked."""
    asked: list[str] = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("field", ["project", "milestone", "reference", "number"])
@pytest.mark.parametrize(
    "payload",
    [
        "<img src={0}/a>", "<link rel=attachment href={0}/b>", "<link rel=stylesheet href={0}/c>",
        "<style>@import url({0}/d);</style>", "<svg xmlns='http://www.w3.org/2000/svg'><image href='{0}/e'/></svg>",
        "<object data={0}/f>", "<embed src=file:///etc/passwd>", "<a rel=attachment href=file:///etc/hostname>x</a>",
        "url({0}/g)", "<base href={0}>",
    ],
)  # fmt: skip
def test_nothing_people_write_makes_a_paper_fetch_or_attach(listener, field, payload):
    address, asked = listener
    drawn = draw(**{field: payload.format(address)})
    assert asked == []
    assert b"/EmbeddedFile" not in drawn


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:9/x", "data:text/plain,hi", "picture:other"])
def test_the_fetcher_denies_everything_but_the_pictures_it_was_given(url):
    pdf._engine()
    fetch = pdf._fetcher({"logo": b"bytes"})
    with pytest.raises(ValueError, match="fetch nothing"):
        fetch(url)
    assert fetch("picture:logo").read() == b"bytes"


def test_a_logo_is_embedded_and_a_broken_one_does_no_harm(caplog):
    picture = io.BytesIO()
    Image.new("RGB", (300, 80), "#B8321F").save(picture, "PNG")
    drawn = draw(has_logo=True, pictures={"logo": picture.getvalue()})
    assert b"/Image" in drawn
    with caplog.at_level(logging.CRITICAL, "weasyprint"):
        assert page_count(draw(has_logo=True, pictures={"logo": b"no picture"})) == 1


def test_a_machine_without_pango_gets_a_sentence_with_the_line_to_run(monkeypatch):
    pdf._engine.cache_clear()
    real = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        with pytest.raises(Unavailable, match=re.escape("apt-get install libpango-1.0-0 libpangoft2-1.0-0")):
            draw()
    assert draw().startswith(b"%PDF")


def test_what_is_missing_is_named_by_its_debian_package(monkeypatch):
    assert pdf.missing() == []
    monkeypatch.setitem(pdf.LIBRARIES, "libpango-1.0-0", "libpango-that-is-not-there.so.0")
    monkeypatch.setattr(pdf, "FONT_FOLDERS", ("/nowhere",))
    assert pdf.missing() == ["libpango-1.0-0", "fonts-wqy-microhei"]
    assert pdf.install_line(pdf.missing()) == "apt-get install libpango-1.0-0 fonts-wqy-microhei"
