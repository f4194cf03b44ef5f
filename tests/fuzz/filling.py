"""What people and programs could put into each form, told by the fields that the form has."""

from __future__ import annotations

import io
from typing import Any

from hypothesis import strategies as st
from wtforms import BooleanField, FieldList, FileField, Form, FormField, HiddenField, PasswordField, StringField
from wtforms.fields.core import Field

from tests.fuzz import odd

MOST_ROWS = 3
# No surrogates: there is no way to send one that is not replaced on arrival. No NUL: that is refused before any form.
SIGNS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.sampled_from([text for text in odd.TEXTS if "\0" not in text]) | st.text(SIGNS, max_size=80)
TICKS = st.sampled_from(["", "y", "on", "false"]) | TEXTS
FILES = st.none() | st.tuples(st.binary(max_size=60) | st.just(b"%PDF-1.7 x"), st.text(SIGNS, max_size=40)).map(
    lambda given: (io.BytesIO(given[0]), given[1])
)


def classes() -> list[type[Form]]:
    """Every form of the portal that has fields of its own."""
    found, waiting = [], [Form]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("portal.") and any(
                hasattr(each, "field_class") for each in vars(kind).values()
            ):
                found.append(kind)
    return found


def filled(form: Form, likely: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    """Fields by name. `likely` are values with which the form would be right, so that one at a time can be wrong."""
    strategies: dict[str, st.SearchStrategy[Any]] = {}
    for field in form:
        if field.name != "csrf_token":
            strategies |= _of(field, likely)
    strategies |= {name: st.just(text) for name, text in likely.items() if name not in strategies}
    return st.fixed_dictionaries(strategies).map(_sent)


def _sent(drawn: dict[str, Any]) -> dict[str, Any]:
    """In the order of the page, since rows are taken in the order in which they come."""
    return {name: drawn[name] for name in sorted(drawn) if drawn[name] is not None}


def kept_as_typed(form: Form) -> list[str]:
    """The names of the fields whose text a refused form has to show again: all that are no secret, file or choice."""
    return [name for field in form for name in _typed(field)]


def _typed(field: Field) -> list[str]:
    if isinstance(field, FieldList):
        return [f"{field.name}-{row}-{cell}" for row in range(MOST_ROWS) for cell in kept_as_typed(_row(field))]
    # A code is only asked for where it is needed, and what looks like a right one is not shown again.
    is_shown = (
        isinstance(field, StringField) and not isinstance(field, PasswordField | HiddenField) and field.name != "code"
    )
    return [field.name] if is_shown else []


def _of(field: Field, likely: dict[str, str]) -> dict[str, st.SearchStrategy[Any]]:
    if isinstance(field, FieldList):
        return {
            f"{field.name}-{row}-{cell.name}": _one(cell, likely.get(f"{field.name}-{row}-{cell.name}"))
            for row in range(MOST_ROWS)
            for cell in _row(field)
        }
    return {field.name: _one(field, likely.get(field.name))}


def _one(field: Field, likely: str | None) -> st.SearchStrategy[Any]:
    if isinstance(field, FileField):
        return FILES
    some = TICKS if isinstance(field, BooleanField) else TEXTS
    if likely is None:
        return st.none() | some
    # Most of the others right, or nothing behind the first check would ever be reached.
    return st.just(likely) | st.just(likely) | some


def _row(field: FieldList) -> Form:
    inner = field.unbound_field
    assert inner.field_class is FormField
    made: Form = inner.args[0]()
    return made
