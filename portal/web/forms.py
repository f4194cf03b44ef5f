"""Between WTForms and the domain: refusals go beside their fields, and forms carry idempotency keys."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from portal.rules.errors import Invalid, InvalidForm
from portal.web.errors import sentence

LARGEST_NUMBER = 2**31 - 1


def blame(form: Any, error: Invalid | InvalidForm) -> Any:
    """The same form with each finding beside its field, or at its head when it has no field of that name."""
    for finding in error.errors if isinstance(error, InvalidForm) else [error]:
        field = _named(form, finding.field)
        if field is None:
            form.form_errors.append(sentence(finding))
        else:
            field.errors = [*field.errors, sentence(finding)]
    for field in form:
        if field.type == "FieldList":
            _gather(field)
    return form


def _named(fields: Iterable[Any], name: str | None) -> Any | None:
    """The field of that full name, also inside lists of sub-forms: "milestones-2-title"."""
    for field in fields:
        if field.name == name:
            return field
        inner = _named(field, name) if field.type in ("FieldList", "FormField") else None
        if inner is not None:
            return inner
    return None


def _gather(fields: Any) -> None:
    """As WTForms does it: a list carries its own sentences and, after them, the errors of its entries."""
    own = [each for each in fields.errors if isinstance(each, str)]
    fields.errors = [*own, *(entry.errors for entry in fields if entry.errors)]


def whole_number(text: str) -> int | None:
    """`text` as a number from 0 to 2³¹ − 1, where a few more count as that; None when it is none, or far too long."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_NUMBER))):
        return None
    return min(int(text), LARGEST_NUMBER)


def new_key() -> str:
    """A fresh idempotency key for a form."""
    return secrets.token_urlsafe(16)
