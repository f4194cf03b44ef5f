"""Papers as PDF: a template, its words, one or two languages → bytes. Everything WeasyPrint stays in here.

WeasyPrint takes two seconds to import and needs Pango, so it is loaded when the first paper is drawn, and its
style sheet and fonts are kept (35 ms a paper instead of 45, and no slow ones). Nothing is ever fetched.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from ctypes import CDLL
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import ImageFile

from portal.adapters import pages
from portal.rules.errors import Unavailable
from portal.rules.wording import N_

TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "pdf"
# What to install on Debian and its kin, and the library behind each package.
LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
CHINESE_FONT = "fonts-wqy-microhei"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
CHINESE_FONT_FILES = ("wqy-microhei*", "NotoSansSC*", "NotoSansCJK*", "SourceHanSans*")
# Emoji have no glyphs in the fonts papers use and would print as boxes; the pages of the portal show them.
PICTOGRAPHS = re.compile("(?:[\U0001f000-\U0001faff\U000e0020-\U000e007f\ufe0f\u20e3]\u200d?)+")
NO_PICTURES: Mapping[str, bytes] = MappingProxyType({})

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")

# Drawing keeps the processor busy and shares one font configuration: one paper at a time.
_drawing = threading.Lock()


def draw(
    template: str,
    words: Mapping[str, object],
    *,
    languages: tuple[str, ...],
    colour: str,
    pictures: Mapping[str, bytes] = NO_PICTURES,
) -> bytes:
    """The PDF of `templates/pdf/<template>.html`, drawn with the style sheet of the same name.

    `words` are JSON values only; `languages` one or two locales, the first one leading; `colour` is "#RRGGBB";
    `pictures` (PNG or JPEG by name) are what "picture:name" stands for. The same input gives the same bytes.
    Raises Unavailable where Pango is missing.
    """
    html = PICTOGRAPHS.sub(
        "", pages.render(TEMPLATES, f"{template}.html", pages.freed(dict(words)), languages=languages)
    )
    engine = _engine()
    with _drawing:
        sheets = [_sheet(template), engine.CSS(string=_colours(colour), font_config=_fonts())]
        page = engine.HTML(string=html, url_fetcher=_fetcher(pictures))
        drawn: bytes = page.write_pdf(stylesheets=sheets, font_config=_fonts(), pdf_tags=True)
    return drawn


def missing() -> list[str]:
    """The Debian packages without which papers cannot be drawn, or not in Chinese. Empty when all is there."""
    absent = [package for package, library in LIBRARIES.items() if not _loads(library)]
    return absent if _has_chinese_font() else [*absent, CHINESE_FONT]


def install_line(packages: list[str]) -> str:
    """The command that installs them."""
    return f"apt-get install {' '.join(packages)}"


@cache
def _engine() -> Any:
    try:
        import weasyprint
    except OSError:
        message = N_("This machine cannot draw PDFs yet. Have its administrator run: %(line)s")
        raise Unavailable(message, code="no_pdf", line=install_line(missing() or [*LIBRARIES])) from None
    # Importing WeasyPrint makes Pillow accept cut-off pictures everywhere; uploaded logos must stay refused then.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return weasyprint


@cache
def _fonts() -> Any:
    _engine()
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@cache
def _sheet(template: str) -> Any:
    text = (TEMPLATES / f"{template}.css").read_text("utf-8")
    return _engine().CSS(string=text, font_config=_fonts())


def _fetcher(pictures: Mapping[str, bytes]) -> Callable[[str], Any]:
    """Hands out the pictures it was given and denies everything else: no file, no network, no data address."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Given(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            """A picture of ours."""
            scheme, _, name = url.partition(":")
            if scheme != "picture" or name not in pictures:
                raise ValueError("papers fetch nothing")
            return URLFetcherResponse(url, pictures[name])

    fetcher: Callable[[str], Any] = Given()
    return fetcher


def _colours(colour: str) -> str:
    if not _COLOUR.fullmatch(colour):
        raise ValueError(f"not a colour: {colour!r}")
    return f":root{{--brand:{colour};--brand-ink:{pages.ink_on(colour)}}}"


def _loads(library: str) -> bool:
    try:
        CDLL(library)
    except OSError:
        return False
    return True


def _has_chinese_font() -> bool:
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    return any(True for folder in folders for name in CHINESE_FONT_FILES for _ in folder.rglob(name))
