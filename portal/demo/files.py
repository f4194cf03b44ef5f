"""What the studio hands over: small, real files, made here. Same input, same bytes."""

from __future__ import annotations

import io
import math
import struct
import wave
import zipfile
from datetime import UTC, datetime

from PIL.Image import Image

from portal.demo import pictures, works
from portal.demo.pictures import Palette, Sheet

File = tuple[str, bytes]
MADE = datetime(2026, 1, 5, 9, tzinfo=UTC)
RATE = 16_000


def picture(name: str, sheet: Sheet) -> File:
    """A PNG."""
    return name, pictures.png(sheet)


def paper(name: str, titles: list[str], palette: Palette) -> File:
    """A PDF with a page for each title."""
    pages = [works.report_page(title, palette, number).finished() for number, title in enumerate(titles)]
    return name, pdf_of(pages, titles[0])


def album(name: str, sheets: list[Sheet], title: str) -> File:
    """A PDF of drawings."""
    return name, pdf_of([sheet.finished() for sheet in sheets], title)


def pdf_of(pages: list[Image], title: str) -> bytes:
    """The pages as one PDF; its dates are fixed, so that it never changes."""
    out, dated = io.BytesIO(), MADE.timetuple()
    pages[0].save(
        out,
        "PDF",
        save_all=True,
        append_images=pages[1:],
        title=title,
        creationDate=dated,
        modDate=dated,
        resolution=100,
    )
    return out.getvalue()


def text(name: str, lines: str) -> File:
    """A text file."""
    return name, lines.encode()


def archive(name: str, members: list[File]) -> File:
    """A ZIP of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path, content in members:
            bundle.writestr(zipfile.ZipInfo(path, MADE.timetuple()[:6]), content)
    return name, out.getvalue()


def signs(colour: str) -> list[File]:
    """Eight small SVG signs."""
    shapes = [
        '<circle cx="12" cy="12" r="8"/>',
        '<rect x="4" y="4" width="16" height="16" rx="4"/>',
        '<path d="M12 4 20 20H4z"/>',
        '<path d="M4 12h16M12 4v16"/>',
        '<path d="M4 20 20 4"/>',
        '<path d="M5 13l4 4L19 7"/>',
        '<path d="M4 8h16M4 16h16"/>',
        '<path d="M12 4a8 8 0 1 0 8 8"/>',
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" stroke-width="2">'
    )
    return [
        (f"signs/sign-{number:02}.svg", f"{head}{shape}</svg>\n".encode()) for number, shape in enumerate(shapes, 1)
    ]


def jingle(name: str, notes: list[int], seconds: float = 0.28) -> File:
    """A WAV of a few notes (semitones from A4), each one fading out."""
    frames = b"".join(_tone(440 * 2 ** (note / 12), seconds) for note in notes)
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(frames)
    return name, out.getvalue()


def bank_slip(payer: str, payee: str, amount: str, reference: str) -> File:
    """A picture of a transfer, as a client attaches it."""
    sheet = Sheet(760, 520, "#FFFFFF")
    sheet.box((0, 0, 760, 72), "#1C3D5A")
    sheet.text(36, 24, "Transfer executed", 24, "#FFFFFF")
    for number, (label, value) in enumerate(
        (("From", payer), ("To", payee), ("Amount", amount), ("Reference", reference))
    ):
        sheet.text(36, 120 + number * 84, label, 18, "#6B7A86")
        sheet.text(200, 118 + number * 84, value, 22, "#16222C")
        sheet.line([(36, 168 + number * 84), (724, 168 + number * 84)], "#DDE3E8", 1)
    return "transfer.png", pictures.png(sheet)


def _tone(pitch: float, seconds: float) -> bytes:
    count = round(RATE * seconds)
    level = [math.sin(2 * math.pi * pitch * at / RATE) * (1 - at / count) ** 2 for at in range(count)]
    return struct.pack(f"<{count}h", *(round(12_000 * part) for part in level))
