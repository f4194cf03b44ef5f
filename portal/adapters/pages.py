"""Templates without Flask, for papers and mails: strict, escaped, in one language or in two side by side."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from portal.adapters import catalogue
from portal.rules import money

DATE_PATTERNS = {"en": "d MMMM y", "zh_Hans": "y年M月d日"}
WHITE, BLACK = "#ffffff", "#14130f"
# Written into a name, these would turn the text around it.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RIGHT_TO_LEFT = ("R", "AL", "AN")
_ISOLATE, _END = "\u2068", "\u2069"


def render(
    folder: Path, name: str, words: Mapping[str, object], *, languages: tuple[str, ...], look: Markup | None = None
) -> str:
    """The template `name` of `folder` with `words`. `look` is markup of our own for the head of a page."""
    return _environment(folder, languages).get_template(name).render(words, languages=languages, look=look)


def freed(value: Any) -> Any:
    """JSON values, every text in them cleaned. Raises TypeError for anything else: nothing live gets into a paper."""
    match value:
        case str():
            return clean(value)
        case dict():
            return {key: freed(item) for key, item in value.items()}
        case list() | tuple():
            return [freed(item) for item in value]
        case None | int():
            return value
    raise TypeError(f"a paper holds plain values, not {type(value).__name__}")


def clean(text: str) -> str:
    """`text` without control and direction characters; line ends stay. Right-to-left text is fenced in."""
    kept = "".join(char for char in text if char == "\n" or not _is_control(char))
    turns = any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in kept)
    return f"{_ISOLATE}{kept}{_END}" if turns else kept


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on "#RRGGBB"."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return BLACK if 299 * red + 587 * green + 114 * blue > 150_000 else WHITE


@cache
def _environment(folder: Path, languages: tuple[str, ...]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(default=True, disabled_extensions=("txt",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    say = _speaker(languages)
    environment.globals |= {"_": say, "gettext": say, "html_lang": html_lang}
    environment.filters |= {"date": _in_each(languages, _date), "amount": _amount}
    return environment


def html_lang(locale: str) -> str:
    """The locale as HTML names it."""
    return locale.replace("_", "-")


def _speaker(languages: tuple[str, ...]) -> Callable[..., Any]:
    """Gettext for the template: a plain sentence in one language; in two, both in marked spans."""

    @pass_eval_context
    def say(context: EvalContext, message: str, /, **params: object) -> Any:
        if not context.autoescape:
            return " / ".join(catalogue.gettext(locale, message, **params) for locale in languages)
        safe = {name: escape(value) for name, value in params.items()}
        said = [catalogue.gettext(locale, message, **safe) for locale in languages]
        return _side_by_side(languages, [Markup(text) if safe else escape(text) for text in said])  # noqa: S704  # params are escaped

    return say


def _in_each(languages: tuple[str, ...], show: Callable[[Any, str], str]) -> Callable[[Any], Any]:
    return lambda value: _side_by_side(languages, [escape(show(value, locale)) for locale in languages])


def _side_by_side(languages: Sequence[str], said: Sequence[Markup]) -> Markup:
    if len(set(said)) == 1:
        return said[0]
    first, second = (
        Markup('<span class="{}" lang="{}">{}</span>').format(role, html_lang(locale), text)
        for role, locale, text in zip(("said", "also"), languages, said, strict=True)
    )
    return Markup("{} {}").format(first, second)


def _date(value: str, locale: str) -> str:
    return str(format_date(date.fromisoformat(value), DATE_PATTERNS.get(locale, "long"), locale=locale))


def _amount(minor: int, currency: str) -> str:
    return money.format_with_code(minor, currency, "en")


def _is_control(char: str) -> bool:
    return char in _DIRECTIONS or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
