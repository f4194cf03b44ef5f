"""A drafted update in a language: sentences translated, dates and amounts as that language writes them."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from portal.adapters import catalogue, pages
from portal.rules import money
from portal.rules import status_updates as rules
from portal.rules.status_updates import Amount, Facts, Line, Section, Word


def worded(facts: Facts, language: str) -> dict[str, str]:
    """The text of each section, a sentence a line. Names in another direction are fenced in."""
    drafted = rules.draft(facts)
    return {section.value: "\n".join(_spoken(line, language) for line in drafted[section]) for section in Section}


def heading(section: Section, language: str) -> str:
    """What stands above a section."""
    return catalogue.gettext(language, section.label)


def _spoken(line: Line, language: str) -> str:
    return catalogue.gettext(
        language, line.message, **{name: _shown(word, language) for name, word in line.words.items()}
    )


def _shown(word: Word, language: str) -> str:
    match word:
        case Amount():
            return money.format_amount(word.minor, word.currency, language)
        case date():
            return str(format_date(word, pages.DATE_PATTERNS.get(language, "long"), locale=language))
        case str():
            return pages.clean(word)
        case int():
            return str(word)
