"""What the parts come to, in words: beside each row, and in one sentence below them."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from portal.rules import pricing
from portal.rules.pricing import Pricing, SoFar
from portal.web.errors import sentence
from portal.web.language import reader_locale, show_money


@dataclass(frozen=True, slots=True)
class Parts:
    """`beside` holds a text for each row, "" for nothing to say; `wrong` the rows where it says what is wrong."""

    beside: tuple[str, ...]
    wrong: frozenset[int]
    sentence: str
    tone: str
    asks_zero: bool


def describe(so_far: SoFar, *, live: bool) -> Parts:
    """The words. `live`: while typing, findings stand beside the row; else the form has them beside its fields."""
    found = {error.field: sentence(error) for error in so_far.errors} if live else {}
    cell = so_far.pricing.value
    wrong = frozenset(at for at in range(len(so_far.amounts)) if f"milestones-{at}-{cell}" in found)
    beside = tuple(
        found[f"milestones-{at}-{cell}"] if at in wrong else _figure(amount, so_far.currency)
        for at, amount in enumerate(so_far.amounts)
    )
    words, tone = _summary(so_far)
    return Parts(beside, wrong, words, tone, _has_zero(so_far))


def _figure(amount: int | None, currency: str | None) -> str:
    return "" if amount is None or currency is None else f"= {show_money(amount, currency)}"


def _summary(so_far: SoFar) -> tuple[str, str]:
    if so_far.currency is None:
        return _("Choose a currency to see what the milestones come to."), "neutral"
    unread = [sentence(error) for error in so_far.errors if error.field == "price"]
    if unread:
        return _("The price cannot be read yet. %(why)s", why=unread[0]), "attention"
    return _of_shares(so_far) if so_far.pricing is Pricing.SHARE else _of_amounts(so_far)


def _of_shares(so_far: SoFar) -> tuple[str, str]:
    off = so_far.off_ppm or 0
    percent = pricing.share_plain(abs(off), reader_locale())
    if off > 0:
        return _("The shares add up to %(percent)s %% too much.", percent=percent), "danger"
    if so_far.price_minor is None:
        return _("Enter the price to see what each share comes to."), "neutral"
    if off == 0:
        return _("Together %(total)s, the whole price.", total=_shown(so_far.price_minor, so_far)), "good"
    left = so_far.price_minor - so_far.total_minor
    unspent = {"percent": percent, "left": _shown(left, so_far)}
    return _("%(percent)s %% of the price, %(left)s, is not given to a milestone yet.", **unspent), "attention"


def _of_amounts(so_far: SoFar) -> tuple[str, str]:
    total, price = so_far.total_minor, so_far.price_minor
    complete = None not in so_far.amounts
    if price is None:
        words = _("Together %(total)s. That becomes the price.", total=_shown(total, so_far))
        return words, "good" if complete else "neutral"
    if total > price:
        return _("%(over)s more than the price.", over=_shown(total - price, so_far)), "danger"
    if total < price:
        words = _("%(left)s of the price is not given to a milestone yet.", left=_shown(price - total, so_far))
        return words, "attention"
    return _("Together %(total)s, the whole price.", total=_shown(total, so_far)), "good" if complete else "attention"


def _has_zero(so_far: SoFar) -> bool:
    """Whether the form has to ask: every part is known, they make a price above nothing, and one of them is nothing."""
    complete = None not in so_far.amounts and so_far.total_minor == so_far.price_minor
    return complete and bool(so_far.price_minor) and 0 in so_far.amounts


def _shown(minor: int, so_far: SoFar) -> str:
    return show_money(minor, so_far.currency or "")
