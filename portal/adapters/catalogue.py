"""Translations without Flask: for papers and mails, which are written where no request is and no reader waits."""

from __future__ import annotations

import gettext as standard
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "translations"


def gettext(locale: str, message: str, /, **params: object) -> str:
    """`message` (an English msgid) in `locale`, its `%(name)s` filled. Without params it is taken literally."""
    translated = _catalogue(locale, FOLDER).gettext(message)
    return translated % params if params else translated


def ngettext(locale: str, one: str, many: str, count: int, /, **params: object) -> str:
    """The form of the message that fits `count`, which is also its `%(num)s`."""
    return _catalogue(locale, FOLDER).ngettext(one, many, count) % {"num": count, **params}


@cache
def _catalogue(locale: str, folder: Path) -> standard.NullTranslations:
    return standard.translation("messages", folder, [locale], fallback=True)
