"""What the buttons of the row editor do to a draft. Each answers the edited draft and where the focus goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from babel.dates import format_date
from flask_babel import force_locale
from flask_babel import gettext as _

from portal.blueprints.project_forms.reading import Sent
from portal.rules import digits, drafts, pricing, schedule
from portal.rules.drafts import Draft, Row
from portal.rules.findings import Findings
from portal.rules.pricing import Pricing
from portal.rules.schedule import Rhythm
from portal.rules.terms import LOCALES

FIRST_DAY = date(schedule.FIRST_YEAR, 1, 1)
LONGEST_COUNT = 7
RHYTHMS: dict[str, Rhythm] = {"monthly": "monthly", "biweekly": "biweekly"}
MONTH_PATTERNS = {"en": "LLLL y", "zh_Hans": "y年M月"}


@dataclass(frozen=True, slots=True)
class Edited:
    """The draft after an act. `focus` is the name of a field or the value of a button, "" to leave it alone."""

    draft: Draft
    pricing: Pricing
    focus: str = ""


def edit(sent: Sent, *, reader_locale: str) -> Edited:
    """Do what `sent.action` says. An act nobody knows leaves the draft as it is. Raises Invalid beside a field."""
    act, _colon, about = sent.action.partition(":")
    rows, at = sent.draft.rows, sent.position(int(about)) if about.isdecimal() else -1
    match act:
        case "add":
            return _rows(sent, drafts.add(rows, Row()), f"milestones-{len(rows)}-title")
        case "remove":
            kept = drafts.remove(rows, at)
            return _rows(sent, kept, f"milestones-{min(max(at, 0), len(kept) - 1)}-title")
        case "up":
            return _rows(sent, drafts.move(rows, at, -1), _button_of("up", at - 1, len(rows)))
        case "down":
            return _rows(sent, drafts.move(rows, at, 1), _button_of("down", at + 1, len(rows)))
        case "starter" if about in schedule.STARTERS:
            return _start(sent, about, reader_locale)
        case "series" if about in RHYTHMS:
            return _series(sent, RHYTHMS[about], reader_locale)
        case "equal":
            return Edited(pricing.equal(sent.draft, sent.pricing, reader_locale=reader_locale), sent.pricing, "equal")
        case "pricing" if about in tuple(Pricing):
            turned = pricing.turn(sent.meant, Pricing(about), reader_locale=reader_locale)
            kept_draft = turned if turned != sent.meant else sent.draft
            return Edited(kept_draft, Pricing(about), f"pricing:{about}")
        case "redraw":
            return Edited(sent.draft, sent.pricing, "currency")
    return Edited(sent.draft, sent.pricing)


def starter_rows(name: str, *, client_locale: str, reader_locale: str) -> tuple[Row, ...]:
    """The milestones of a starter, titled in the client's language, who will read them."""
    with force_locale(client_locale if client_locale in LOCALES else reader_locale):
        return tuple(
            Row(title=_(title), share=pricing.share_plain(share, reader_locale))
            for title, share in schedule.STARTERS[name]
        )


def _rows(sent: Sent, rows: tuple[Row, ...], focus: str) -> Edited:
    return Edited(replace(sent.draft, rows=rows), sent.pricing, focus)


def _button_of(act: str, at: int, count: int) -> str:
    """The same button on the row that moved, or its opposite at either end, where the same one is off."""
    if at <= 0:
        return "down:0"
    return f"up:{count - 1}" if at >= count - 1 else f"{act}:{at}"


def _start(sent: Sent, name: str, reader_locale: str) -> Edited:
    rows = starter_rows(name, client_locale=sent.draft.locale, reader_locale=reader_locale)
    by_amount = any(row.amount.strip() for row in sent.draft.rows)
    if by_amount:
        rows = tuple(replace(row, share="") for row in rows)
    first = sum(not row.is_blank for row in sent.draft.rows)
    started = replace(sent.draft, rows=drafts.start_from(sent.draft.rows, rows))
    return Edited(started, sent.pricing if by_amount else Pricing.SHARE, f"milestones-{first}-due_on")


def _series(sent: Sent, rhythm: Rhythm, reader_locale: str) -> Edited:
    found = Findings()
    first = found.check("series_first", partial(schedule.parse_date, sent.series_first))
    dates = found.check("series_count", partial(schedule.series_dates, first or FIRST_DAY, rhythm, _count(sent))) or []
    found.settle()
    titles = [_series_title(rhythm, at, due_on, sent.draft.locale) for at, due_on in enumerate(dates, start=1)]
    laid = replace(sent.draft, rows=drafts.lay_dates(sent.draft.rows, dates, titles))
    unpriced = not any(row.share.strip() or row.amount.strip() for row in laid.rows)
    if unpriced and sent.pricing is Pricing.SHARE:
        laid = pricing.equal(laid, Pricing.SHARE, reader_locale=reader_locale)
    return Edited(laid, sent.pricing, "milestones-0-title")


def _count(sent: Sent) -> int:
    """How many dates are wanted: as typed, else one for each row; 0 when that cannot be read."""
    typed = digits.plain(sent.series_count).strip()
    if not typed and any(not row.is_blank for row in sent.draft.rows):
        return len(sent.draft.rows)
    return int(typed) if typed.isdecimal() and len(typed) < LONGEST_COUNT else 0


def _series_title(rhythm: Rhythm, number: int, due_on: date, client_locale: str) -> str:
    locale = client_locale if client_locale in LOCALES else "en"
    if rhythm == "monthly":
        return format_date(due_on, MONTH_PATTERNS[locale], locale=locale)
    with force_locale(locale):
        return _("Part %(number)s", number=number)
