"""What each milestone costs: by shares of one price, or by amounts that sum to it (domain.md §3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from babel.numbers import get_decimal_symbol

from portal.rules import money
from portal.rules.drafts import Draft, Row
from portal.rules.errors import Invalid
from portal.rules.findings import Findings
from portal.rules.wording import N_


class Pricing(StrEnum):
    """How the rows say what they cost."""

    SHARE = "share"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Priced:
    """Shares in parts per million (None where amounts were typed); amounts in minor units that sum to the price."""

    shares: tuple[int | None, ...]
    price_minor: int
    amounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SoFar:
    """What the rows come to while they are being typed. None: cannot be said yet.

    `off_ppm` is by how much the shares are above (or, negative, below) the whole; None when amounts are typed.
    """

    pricing: Pricing
    currency: str | None
    price_minor: int | None
    amounts: tuple[int | None, ...]
    off_ppm: int | None
    errors: tuple[Invalid, ...]

    @property
    def total_minor(self) -> int:
        """What the rows that can be read come to."""
        return sum(amount for amount in self.amounts if amount is not None)


def read_currency(text: str) -> str:
    """An ISO 4217 code. Raises Invalid."""
    if not text:
        raise Invalid(N_("Choose a currency."))
    money.exponent(text)
    return text


def chosen(draft: Draft) -> Pricing:
    """How the rows are priced, told by what was typed: amounts only if there are some and no share."""
    by_share = any(row.share.strip() for row in draft.rows)
    by_amount = any(row.amount.strip() for row in draft.rows)
    return Pricing.AMOUNT if by_amount and not by_share else Pricing.SHARE


def only(draft: Draft, pricing: Pricing) -> Draft:
    """The draft without what was typed for the other kind of pricing."""
    blanked = {"amount": ""} if pricing is Pricing.SHARE else {"share": ""}
    return replace(draft, rows=tuple(replace(row, **blanked) for row in draft.rows))


def price(found: Findings, draft: Draft, currency: str, locale: str) -> Priced | None:
    """The checked prices, or None and what is in the way beside each field."""
    by_share = any(row.share.strip() for row in draft.rows)
    if by_share and any(row.amount.strip() for row in draft.rows):
        found.add("milestones", Invalid(N_("Price every milestone by share, or every one by amount, not a mix.")))
        return None
    result = _by_share(found, draft, currency, locale) if by_share else _by_amount(found, draft, currency, locale)
    if result and draft.price.strip() and result.price_minor > 0 and 0 in result.amounts and not draft.zero_ok:
        message = N_("A milestone comes out at zero. Tick the box if that is meant, or change the prices.")
        found.add("zero_ok", Invalid(message, code="zero_milestone"))
    return result


def so_far(draft: Draft, *, pricing: Pricing, reader_locale: str) -> SoFar:
    """What the rows come to while the form is still being filled, as far as it can be read."""
    found = Findings()
    currency = found.check("currency", partial(read_currency, draft.currency))
    if currency is None:
        return SoFar(pricing, None, None, (None,) * len(draft.rows), None, tuple(found.errors))
    price_minor = _price(found, draft, currency, reader_locale)
    if pricing is Pricing.AMOUNT:
        amounts = tuple(_amounts(found, draft.rows, currency, reader_locale))
        return SoFar(pricing, currency, price_minor, amounts, None, _besides_gaps(found))
    shares = _shares(found, draft.rows, reader_locale)
    off = sum(share for share in shares if share is not None) - money.WHOLE
    return SoFar(pricing, currency, price_minor, _preview(price_minor, shares), off, _besides_gaps(found))


def turn(draft: Draft, to: Pricing, *, reader_locale: str) -> Draft:
    """The draft priced the other way, computed from what was typed. Where that is not complete, it is kept as it is."""
    now = so_far(draft, pricing=Pricing.AMOUNT if to is Pricing.SHARE else Pricing.SHARE, reader_locale=reader_locale)
    known = [amount for amount in now.amounts if amount is not None]
    complete = len(known) == len(draft.rows) and sum(known) > 0 and not now.off_ppm
    if now.currency is None or not complete or now.price_minor not in (None, sum(known)):
        return draft
    if to is Pricing.AMOUNT:
        texts = [money.amount_plain(amount, now.currency, reader_locale) for amount in known]
        return _with(draft, "amount", texts, clear="share")
    total = money.amount_plain(sum(known), now.currency, reader_locale)
    texts = [share_plain(share, reader_locale) for share in money.allocate(money.WHOLE, known)]
    return replace(_with(draft, "share", texts, clear="amount"), price=draft.price.strip() or total)


def equal(draft: Draft, pricing: Pricing, *, reader_locale: str) -> Draft:
    """Every row at the same price. Raises Invalid beside `milestones` when amounts are wanted and no price is there."""
    shares = money.equal_shares(len(draft.rows))
    if pricing is Pricing.SHARE:
        return _with(draft, "share", [share_plain(share, reader_locale) for share in shares])
    total = so_far(draft, pricing=pricing, reader_locale=reader_locale).price_minor
    if total is None:
        raise Invalid(N_("Enter the price first: it is what gets divided."), field="milestones", code="no_price")
    amounts = money.split(total, shares)
    return _with(draft, "amount", [money.amount_plain(part, draft.currency, reader_locale) for part in amounts])


def share_plain(ppm: int, locale: str) -> str:
    """A share in per cent for a form field, with only the decimals it needs: "12.5"."""
    whole, part = divmod(ppm, 10**money.SHARE_DECIMALS)
    decimals = f"{part:0{money.SHARE_DECIMALS}d}".rstrip("0")
    return f"{whole}{get_decimal_symbol(locale)}{decimals}" if decimals else str(whole)


def _by_share(found: Findings, draft: Draft, currency: str, locale: str) -> Priced | None:
    total = _price(found, draft, currency, locale)
    shares = _shares(found, draft.rows, locale)
    known = [share for share in shares if share is not None]
    if total is None or len(known) < len(shares):
        return None
    amounts = found.check("milestones", lambda: money.split(total, known))
    return None if amounts is None else Priced(tuple(known), total, tuple(amounts))


def _by_amount(found: Findings, draft: Draft, currency: str, locale: str) -> Priced | None:
    amounts = _amounts(found, draft.rows, currency, locale)
    known = [amount for amount in amounts if amount is not None]
    total = sum(known)
    stated = _price(found, draft, currency, locale) if draft.price.strip() else total
    if stated is None or len(known) < len(amounts):
        return None
    if stated != total:
        found.add("price", _differs(total, stated, currency, locale))
        return None
    return Priced((None,) * len(known), total, tuple(known))


def _differs(total: int, stated: int, currency: str, locale: str) -> Invalid:
    return Invalid(
        N_("The milestones add up to %(total)s, the price says %(price)s. Change one of them."),
        total=money.format_amount(total, currency, locale),
        price=money.format_amount(stated, currency, locale),
    )


def _price(found: Findings, draft: Draft, currency: str, locale: str) -> int | None:
    return found.check("price", lambda: money.parse_amount(draft.price, currency, locale))


def _shares(found: Findings, rows: Sequence[Row], locale: str) -> list[int | None]:
    return [
        found.check(f"milestones-{number}-share", partial(money.parse_share, row.share, locale))
        for number, row in enumerate(rows)
    ]


def _amounts(found: Findings, rows: Sequence[Row], currency: str, locale: str) -> list[int | None]:
    return [
        found.check(f"milestones-{number}-amount", partial(money.parse_amount, row.amount, currency, locale))
        for number, row in enumerate(rows)
    ]


def _besides_gaps(found: Findings) -> tuple[Invalid, ...]:
    """What was found, but for fields that are simply not filled in yet."""
    return tuple(error for error in found.errors if error.code != "number_missing")


def _preview(price_minor: int | None, shares: Sequence[int | None]) -> tuple[int | None, ...]:
    """What each share comes to. What is not given out yet takes part in the split, so that nothing jumps at the end."""
    known = [share or 0 for share in shares]
    if price_minor is None:
        return (None,) * len(shares)
    if sum(known) == money.WHOLE:
        parts = money.split(price_minor, known)
    elif sum(known) < money.WHOLE:
        parts = money.allocate(price_minor, [*known, money.WHOLE - sum(known)])
    else:
        parts = [money.allocate(price_minor, [share, money.WHOLE - share])[0] for share in known]
    return tuple(None if share is None else part for share, part in zip(shares, parts, strict=False))


def _with(draft: Draft, name: str, texts: Sequence[str], clear: str | None = None) -> Draft:
    emptied = {clear: ""} if clear else {}
    rows = tuple(replace(row, **{name: text}, **emptied) for row, text in zip(draft.rows, texts, strict=True))
    return replace(draft, rows=rows)
