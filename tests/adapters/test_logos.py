"""Logos are redrawn: small, upright, ours; and what is no picture, or a trap, is refused."""

from __future__ import annotations

import io
import os
import struct
import zlib

import pytest
from PIL import Image

from portal.adapters import logos, pdf
from portal.rules.errors import Invalid


def picture(kind: str, size: tuple[int, int] = (64, 32), mode: str = "RGB", **options) -> bytes:
    kept = io.BytesIO()
    Image.new(mode, size, 40).save(kept, kind, **options)
    return kept.getvalue()


def look(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as found:
        found.load()
        return found


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 4096)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "P"), ("PNG", "RGBA"), ("JPEG", "CMYK"), ("JPEG", "L"), ("WEBP", "RGB")]
)
def test_every_picture_becomes_a_png(kind, mode):
    found = look(logos.redraw(picture(kind, mode=mode)))
    assert (found.format, found.size, found.mode) == ("PNG", (64, 32), "RGBA")


def test_large_ones_are_made_small_and_keep_their_proportion():
    assert look(logos.redraw(picture("PNG", (2048, 1024)))).size == (512, 256)


def test_nothing_of_the_metadata_is_kept():
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "taken at home", 6
    redrawn = logos.redraw(picture("JPEG", (40, 20), exif=exif))
    assert b"taken at home" not in redrawn
    assert look(redrawn).size == (20, 40)


def test_what_does_not_fit_as_a_png_is_drawn_smaller():
    noise = Image.frombytes("RGB", (512, 512), os.urandom(512 * 512 * 3))
    kept = io.BytesIO()
    noise.save(kept, "PNG")
    redrawn = logos.redraw(kept.getvalue())
    assert len(redrawn) <= logos.MAX_KEPT_BYTES
    assert look(redrawn).size == (384, 384)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a" + b"\0" * 40, b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture("GIF"), picture("BMP"),
     picture("PNG")[:60], picture("TIFF"), b"%PDF-1.7"],
)  # fmt: skip
def test_what_is_no_png_jpeg_or_webp_is_refused_whatever_its_name(content):
    with pytest.raises(Invalid) as caught:
        logos.redraw(content)
    assert (caught.value.field, caught.value.code) == ("logo", "logo_unreadable")


def test_a_picture_that_was_cut_off_is_refused_after_papers_were_drawn_too():
    """WeasyPrint tells Pillow to draw what there is of a picture, for the whole process."""
    pdf._engine.cache_clear()
    pdf._engine()
    for content in (picture("PNG")[:60], picture("JPEG")[:-40]):
        with pytest.raises(Invalid):
            logos.redraw(content)


@pytest.mark.parametrize("size", [(7000, 7000), (12_000, 9000), (60_000, 60_000)])
def test_a_picture_that_would_fill_the_memory_is_refused_unseen(size):
    with pytest.raises(Invalid) as caught:
        logos.redraw(bomb(*size))
    assert caught.value.code in ("logo_too_many_pixels", "logo_unreadable")


def test_too_many_bytes_are_refused():
    with pytest.raises(Invalid) as caught:
        logos.redraw(b"\0" * (logos.MAX_BYTES + 1))
    assert caught.value.code == "logo_too_large"
