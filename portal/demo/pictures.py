"""Drawings that could be a studio's work: websites, apps, packaging, posters, marks. Same input, same bytes."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SCALE = 2
Box = tuple[float, float, float, float]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
CHINESE_FACES = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Five colours that belong together: paper, ink, the strong one, its companion, a tint."""

    paper: str
    ink: str
    strong: str
    second: str
    tint: str


CHERRY = Palette("#FBF6EF", "#2A1B1B", "#A3243B", "#E7A33E", "#F3DCD3")
COFFEE = Palette("#F4EFE6", "#22201D", "#1F4E5F", "#C8753D", "#DCE5E4")
TEA = Palette("#F6F2E7", "#24302A", "#3F6B4F", "#B8863B", "#DDE5D4")
NIGHT = Palette("#101B2D", "#F2EFE6", "#E4572E", "#76B0C4", "#1D2C45")
SUN = Palette("#FFF8E7", "#2B2440", "#5B3F8C", "#F2B134", "#EBE3F5")
CLINIC = Palette("#F5F9FA", "#16313A", "#0F7C86", "#F08A5D", "#D5EBEC")


class Sheet:
    """A canvas in pixels of the finished picture; drawn larger, then made smaller, so that edges are smooth."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), ground)
        self.pen = ImageDraw.Draw(self.image)

    def box(self, box: Box, fill: str, radius: float = 0) -> None:
        """A filled rectangle."""
        self.pen.rounded_rectangle([edge * SCALE for edge in box], radius * SCALE, fill)

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """A filled circle."""
        self.pen.ellipse([(x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE], fill)

    def shape(self, points: list[tuple[float, float]], fill: str) -> None:
        """A filled polygon."""
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill)

    def line(self, points: list[tuple[float, float]], fill: str, width: float = 2) -> None:
        """A line through the points."""
        self.pen.line([(x * SCALE, y * SCALE) for x, y in points], fill, round(width * SCALE), joint="curve")

    def text(self, x: float, y: float, words: str, size: float, fill: str, anchor: str = "la") -> None:
        """One line of text."""
        self.pen.text(
            (x * SCALE, y * SCALE), words, fill, face(round(size * SCALE), max(words) < "\u2e80"), anchor=anchor
        )

    def greek(self, box: Box, fill: str, lines: int, seed: int = 1) -> None:
        """Lines that stand for text nobody has written yet."""
        left, top, right, bottom = box
        dice, step = random.Random(seed), (bottom - top) / lines  # noqa: S311  # a drawing, not a secret
        for number in range(lines):
            width = (right - left) * (0.55 if number == lines - 1 else dice.uniform(0.82, 1))
            y = top + number * step
            self.box((left, y, left + width, y + step * 0.42), fill, step * 0.2)

    def finished(self) -> Image.Image:
        """The picture at its own size."""
        return self.image.reduce(SCALE)


def png(sheet: Sheet) -> bytes:
    """The drawing as a PNG file."""
    out = io.BytesIO()
    sheet.finished().save(out, "PNG", compress_level=4)
    return out.getvalue()


@cache
def face(size: int, latin: bool) -> Font:
    """Pillow's own face for Latin text; for Chinese whatever the machine has."""
    found = next((path for path in CHINESE_FACES if Path(path).exists()), None)
    return ImageFont.truetype(found, size) if found and not latin else ImageFont.load_default(size)


def cherries(sheet: Sheet, x: float, y: float, size: float, colours: Palette) -> None:
    """A mark: two cherries on one stem."""
    sheet.line([(x - size * 0.3, y + size * 0.2), (x + size * 0.08, y - size * 0.6)], colours.ink, size * 0.05)
    sheet.line([(x + size * 0.32, y + size * 0.3), (x + size * 0.08, y - size * 0.6)], colours.ink, size * 0.05)
    sheet.shape(_leaf(x + size * 0.08, y - size * 0.6, size * 0.5), colours.second)
    sheet.disc(x - size * 0.32, y + size * 0.36, size * 0.28, colours.strong)
    sheet.disc(x + size * 0.34, y + size * 0.46, size * 0.28, colours.strong)
    sheet.disc(x - size * 0.42, y + size * 0.27, size * 0.06, colours.paper)


def mountains(sheet: Sheet, box: Box, colours: Palette, seed: int = 3) -> None:
    """Three ridges, one behind the other, under a moon."""
    left, top, right, bottom = box
    sheet.disc(right - (right - left) * 0.24, top + (bottom - top) * 0.24, (bottom - top) * 0.11, colours.second)
    for number, colour in enumerate((colours.tint, _mix(colours.tint, colours.strong), colours.strong)):
        base = top + (bottom - top) * (0.42 + 0.19 * number)
        sheet.shape(
            [(left, bottom), *_ridge(left, right, base, (bottom - top) * 0.1, seed + number), (right, bottom)], colour
        )


def _ridge(left: float, right: float, base: float, swing: float, seed: int) -> list[tuple[float, float]]:
    dice = random.Random(seed)  # noqa: S311  # a drawing, not a secret
    waves = [(dice.uniform(0.6, 3), dice.uniform(0, 6)) for _ in range(4)]
    steps = [left + (right - left) * part / 120 for part in range(121)]
    return [
        (x, base + sum(math.sin(x / (right - left) * 6 * pace + shift) for pace, shift in waves) * swing / 2)
        for x in steps
    ]


def _leaf(x: float, y: float, size: float) -> list[tuple[float, float]]:
    there = [(x + size * part / 20, y - math.sin(math.pi * part / 20) * size * 0.3) for part in range(21)]
    back = [(x + size * part / 20, y + math.sin(math.pi * part / 20) * size * 0.12) for part in range(20, -1, -1)]
    return there + back


def _mix(one: str, other: str) -> str:
    pairs = [(int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{(first + second) // 2:02x}" for first, second in pairs)


Drawing = Callable[[], Sheet]
