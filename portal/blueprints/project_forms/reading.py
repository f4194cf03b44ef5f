"""From what a browser sent to a draft: nothing is checked here and nothing typed is dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Any

from portal.rules import pricing
from portal.rules.drafts import Draft, Row
from portal.rules.pricing import Pricing

HEADS = tuple(field.name for field in fields(Draft) if field.name not in ("zero_ok", "rows"))
CELLS = tuple(field.name for field in fields(Row))
CELL = re.compile(rf"milestones-([0-9]{{1,6}})-(?:{'|'.join(CELLS)})")
# More than anyone may have, so that too many come back to be shortened; not so many that showing them hurts.
MOST_ROWS_READ = 40
OFF = ("", "0", "false", "off")


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it came: the draft, the numbers its rows had, and what belongs to the form and not to the project."""

    draft: Draft
    numbers: tuple[int, ...]
    pricing_said: Pricing | None
    action: str
    series_first: str
    series_count: str
    key: str
    seen_seq: int | None

    def position(self, number: int) -> int:
        """The place, from 0, of the row the browser numbered so; -1 when it sent none."""
        return self.numbers.index(number) if number in self.numbers else -1

    def after(self, seq: int) -> Sent:
        """The same, knowing of the project's record up to `seq`."""
        return replace(self, seen_seq=seq)

    @property
    def pricing(self) -> Pricing:
        """How the rows are priced: as the form says, or as what was typed tells."""
        return self.pricing_said or pricing.chosen(self.draft)

    @property
    def meant(self) -> Draft:
        """The draft by the shown way of pricing alone. A program that shows none means all it sends."""
        return pricing.only(self.draft, self.pricing_said) if self.pricing_said else self.draft


def read(form: Any) -> Sent:
    """What was sent; rows in the order given, whatever numbers they have."""
    numbers = tuple(dict.fromkeys(int(found[1]) for name in form if (found := CELL.fullmatch(name))))[:MOST_ROWS_READ]
    draft = Draft(
        **{name: form.get(name, "") for name in HEADS},
        zero_ok=form.get("zero_ok", "").casefold() not in OFF,
        rows=tuple(_row(form, number) for number in numbers),
    )
    said = form.get("pricing", "")
    return Sent(
        draft=draft,
        numbers=numbers,
        pricing_said=Pricing(said) if said in tuple(Pricing) else None,
        action=form.get("row_action", "recompute"),
        series_first=form.get("series_first", ""),
        series_count=form.get("series_count", ""),
        key=form.get("idempotency_key", ""),
        seen_seq=form.get("seen_seq", type=int),
    )


def _row(form: Any, number: int) -> Row:
    return Row(**{cell: form.get(f"milestones-{number}-{cell}", "") for cell in CELLS})
