"""The studio's works, one function a picture."""

from __future__ import annotations

import math

from portal.demo.pictures import (
    CHERRY,
    CLINIC,
    COFFEE,
    NIGHT,
    SUN,
    TEA,
    Palette,
    Sheet,
    cherries,
    mountains,
)


def homepage(promise: str = "At your door on Tuesday.") -> Sheet:
    """A web shop's front page, wide."""
    sheet, c = Sheet(1280, 860, CHERRY.paper), CHERRY
    sheet.box((0, 0, 1280, 72), "#FFFFFF")
    cherries(sheet, 62, 36, 40, c)
    sheet.text(96, 24, "Cherry Harvest", 22, c.ink)
    for number, word in enumerate(("Orchards", "Harvest", "Recipes", "Basket")):
        sheet.text(820 + number * 112, 28, word, 16, c.ink)
    sheet.box((0, 72, 1280, 480), c.tint)
    cherries(sheet, 1010, 290, 330, c)
    sheet.text(80, 170, "Picked on Monday.", 54, c.ink)
    sheet.text(80, 236, promise, 54, c.strong)
    sheet.greek((80, 320, 560, 376), "#B99B93", 3)
    sheet.box((80, 400, 270, 448), c.strong, 24)
    sheet.text(175, 424, "Order a crate", 18, "#FFFFFF", "mm")
    for number, name in enumerate(("Dark and sweet", "Sour, for jam", "White cherries", "The mixed crate")):
        _product(sheet, 80 + number * 286, 540, name, c, number)
    return sheet


def _product(sheet: Sheet, x: float, y: float, name: str, c: Palette, number: int) -> None:
    sheet.box((x, y, x + 262, y + 270), "#FFFFFF", 14)
    sheet.box((x + 12, y + 12, x + 250, y + 160), (c.tint, "#F6E7C9", "#EFE9E0", "#EAD3D6")[number], 8)
    cherries(sheet, x + 131, y + 84, 74, c)
    sheet.text(x + 16, y + 178, name, 18, c.ink)
    sheet.greek((x + 16, y + 210, x + 190, y + 236), "#D8CBC4", 2, number)
    sheet.text(x + 246, y + 240, f"{9 + 2 * number}.50", 18, c.strong, "ra")


def phone_screens(
    colours: Palette = CLINIC, words: tuple[str, str, str] = ("Today", "Find a doctor", "Your letters")
) -> Sheet:
    """Three screens of an app, side by side."""
    sheet = Sheet(1200, 820, colours.tint)
    for number, word in enumerate(words):
        _phone(sheet, 90 + number * 360, word, colours, number)
    return sheet


def _phone(sheet: Sheet, x: float, word: str, c: Palette, number: int) -> None:
    sheet.box((x, 60, x + 300, 760), c.ink, 42)
    sheet.box((x + 10, 70, x + 290, 750), c.paper, 34)
    sheet.text(x + 34, 108, word, 26, c.ink)
    if number == 1:
        sheet.box((x + 30, 160, x + 270, 200), "#FFFFFF", 20)
        sheet.disc(x + 52, 180, 8, c.strong)
    for row in range(4 if number else 3):
        top = 220 + row * 112
        sheet.box((x + 30, top, x + 270, top + 94), "#FFFFFF", 16)
        sheet.disc(x + 66, top + 47, 22, (c.strong, c.second, c.tint, c.strong)[(row + number) % 4])
        sheet.greek((x + 102, top + 26, x + 250, top + 68), "#C9D6D9", 2, row + number)
    sheet.box((x + 30, 680, x + 270, 728), c.strong, 24)
    sheet.text(x + 150, 704, ("Continue", "Book", "Open")[number], 18, "#FFFFFF", "mm")


def coffee_bags() -> Sheet:
    """Three bags on a shelf."""
    sheet, c = Sheet(1200, 800, "#E9E2D5"), COFFEE
    sheet.box((0, 640, 1200, 800), "#CDBFA8")
    for number, (name, colour) in enumerate((("Hallig", c.strong), ("Leuchtturm", c.second), ("Nachtfähre", c.ink))):
        x = 150 + number * 320
        sheet.shape([(x, 150), (x + 240, 150), (x + 262, 690), (x - 22, 690)], colour)
        sheet.box((x + 4, 130, x + 236, 170), c.paper, 4)
        sheet.box((x + 34, 300, x + 206, 560), c.paper, 6)
        _lighthouse(sheet, x + 120, 400, colour)
        sheet.text(x + 120, 510, name, 24, c.ink, "mm")
        sheet.text(x + 120, 540, "250 g", 15, c.ink, "mm")
    return sheet


def _lighthouse(sheet: Sheet, x: float, y: float, colour: str) -> None:
    sheet.shape([(x - 14, y - 50), (x + 14, y - 50), (x + 26, y + 60), (x - 26, y + 60)], colour)
    sheet.box((x - 18, y - 66, x + 18, y - 50), COFFEE.second)
    for side in (-1, 1):
        sheet.shape([(x + side * 20, y - 60), (x + side * 72, y - 84), (x + side * 72, y - 40)], "#F0D9A8")


def label_sheet() -> Sheet:
    """The flat artwork of a label, with its cutting lines."""
    sheet, c = Sheet(1100, 780, "#FFFFFF"), COFFEE
    sheet.box((90, 90, 1010, 690), c.paper)
    for x, y in ((60, 90), (1040, 90), (60, 690), (1040, 690)):
        sheet.line([(x - 20, y), (x + 20, y)], "#9A9A9A", 1)
    for x in (396, 703):
        for y in range(90, 690, 24):
            sheet.line([(x, y), (x, y + 12)], "#9A9A9A", 1)
    _lighthouse(sheet, 550, 330, c.strong)
    sheet.text(550, 470, "Nordlicht Kaffee", 34, c.ink, "mm")
    sheet.text(550, 520, "Hallig · filter roast", 20, c.second, "mm")
    sheet.greek((130, 180, 360, 500), "#CFC6B8", 12)
    sheet.greek((740, 180, 970, 420), "#CFC6B8", 9, 4)
    for number in range(34):
        sheet.box((760 + number * 6, 560, 760 + number * 6 + 1 + number * 7 % 4, 640), c.ink)
    return sheet


def tea_box() -> Sheet:
    """A gift box for tea, its lid a landscape."""
    sheet, c = Sheet(1200, 820, TEA.paper), TEA
    sheet.box((160, 120, 800, 700), "#FFFDF6", 10)
    mountains(sheet, (160, 120, 800, 700), c)
    sheet.box((430, 180, 530, 420), c.paper, 6)
    for number, sign in enumerate("锦秋茶"):
        sheet.text(480, 220 + number * 70, sign, 50, c.ink, "mm")
    sheet.box((450, 440, 510, 500), "#A63A2B", 6)
    sheet.text(480, 470, "秋", 40, c.paper, "mm")
    for number, colour in enumerate((c.strong, c.second, c.tint)):
        sheet.box((860, 150 + number * 190, 1060, 300 + number * 190), colour, 75)
        sheet.disc(960, 225 + number * 190, 44, c.paper)
        sheet.text(960, 225 + number * 190, "龙红白"[number], 40, c.ink, "mm")
    return sheet


def tea_mark() -> Sheet:
    """A mark on light and on dark."""
    sheet, c = Sheet(1200, 640, TEA.paper), TEA
    sheet.box((600, 0, 1200, 640), c.ink)
    for x, ink in ((300, c.ink), (900, c.paper)):
        mountains(sheet, (x - 110, 150, x + 110, 370), TEA, 8)
        sheet.text(x, 450, "锦秋文化", 54, ink, "mm")
        sheet.text(x, 510, "J I N Q I U", 20, c.second, "mm")
    return sheet


def poster(title: str, line: str, c: Palette = NIGHT) -> Sheet:
    """A poster of circles and a horizon."""
    sheet = Sheet(840, 1188, c.paper)
    for number in range(9, 0, -1):
        sheet.disc(420, 520, number * 44, (c.tint, c.strong, c.second)[number % 3] if number < 8 else c.tint)
    for number in range(24):
        angle = math.pi * (1 + number / 23)
        far, near = 470, 416
        sheet.line(
            [
                (420 + math.cos(angle) * near, 520 + math.sin(angle) * near),
                (420 + math.cos(angle) * far, 520 + math.sin(angle) * far),
            ],
            c.second,
            6,
        )
    sheet.shape([(0, 640), (280, 540), (460, 610), (640, 500), (840, 620), (840, 1188), (0, 1188)], c.tint)
    sheet.text(64, 900, title, 76, c.ink)
    sheet.text(64, 1000, line, 32, c.second)
    return sheet


def icon_sheet(c: Palette = SUN) -> Sheet:
    """Twenty-four small signs on a grid."""
    sheet = Sheet(1200, 820, c.paper)
    for number in range(24):
        x, y = 150 + number % 6 * 180, 125 + number // 6 * 190
        sheet.box((x - 70, y - 70, x + 70, y + 70), c.tint, 32)
        sides = 3 + number % 6
        turn = number * 0.7
        corners = [
            (
                x + math.cos(turn + corner * 2 * math.pi / sides) * 40,
                y + math.sin(turn + corner * 2 * math.pi / sides) * 40,
            )
            for corner in range(sides)
        ]
        sheet.shape(corners, c.strong if number % 2 else c.second)
        sheet.disc(x, y, 12 + number % 3 * 3, c.paper)
    return sheet


def wordmark(name: str, line: str, c: Palette) -> Sheet:
    """A name set large, with its colours below."""
    sheet = Sheet(1200, 640, c.paper)
    sheet.disc(180, 270, 84, c.strong)
    sheet.disc(236, 238, 52, c.second)
    sheet.text(310, 214, name, 76, c.ink)
    sheet.text(314, 316, line, 26, c.strong)
    for number, colour in enumerate((c.ink, c.strong, c.second, c.tint)):
        sheet.box((96 + number * 256, 470, 320 + number * 256, 560), colour, 10)
    return sheet


def report_page(title: str, c: Palette, number: int = 0) -> Sheet:
    """A page with a heading, running text and a chart, upright."""
    sheet = Sheet(827, 1169, "#FFFFFF")
    sheet.box((0, 0, 827, 18), c.strong)
    sheet.text(80, 96, title, 40, c.ink)
    sheet.greek((80, 180, 747, 360), "#C9C5BE", 8, number)
    for bar in range(7):
        height = 60 + (bar * 53 + number * 41) % 210
        sheet.box((110 + bar * 88, 720 - height, 166 + bar * 88, 720), c.strong if bar % 3 else c.second, 4)
    sheet.line([(90, 720), (740, 720)], c.ink, 2)
    sheet.greek((80, 770, 747, 1040), "#C9C5BE", 12, number + 5)
    sheet.text(747, 1090, str(number + 1), 16, c.ink, "ra")
    return sheet
