"""Proofs of payment, known by their content."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from portal.adapters import proofs
from portal.rules.errors import Invalid


def picture(kind: str, size: tuple[int, int] = (30, 20)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, (10, 120, 80)).save(content, kind)
    return content.getvalue()


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_pictures_are_known(kind: str, media_type: str) -> None:
    assert proofs.media_type(picture(kind)) == media_type


def test_a_pdf_is_known_by_both_its_ends() -> None:
    assert proofs.media_type(b"%PDF-1.7\n...\n%%EOF\n") == "application/pdf"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7 cut off",
        b" %PDF-1.7\n%%EOF",
        picture("GIF"),
        picture("BMP"),
        picture("PNG")[:40],
        picture("PNG").replace(b"IDAT", b"IDAX"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html><script>x()</script>",
        b"PK\x03\x04" + b"\0" * 100,
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        proofs.media_type(content)
    assert refusal.value.field == "proof"


def test_ten_megabytes_are_enough() -> None:
    whole = b"%PDF-1.7\n" + b"x" * (proofs.LARGEST - 15) + b"\n%%EOF"
    assert len(whole) == proofs.LARGEST
    assert proofs.media_type(whole) == "application/pdf"
    with pytest.raises(Invalid) as refusal:
        proofs.media_type(whole + b"\n")
    assert "10 MB" in str(refusal.value)


def test_a_picture_that_would_swell_up_is_refused_without_being_drawn() -> None:
    content = bytearray(picture("PNG", (1, 1)))
    # The size in the header of a PNG, with its check sum made right again.
    content[16:24] = (40_000).to_bytes(4, "big") * 2
    import zlib

    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
    with pytest.raises(Invalid):
        proofs.media_type(bytes(content))
