"""Between WTForms and the domain: refusals go beside their fields, and forms carry idempotency keys."""

from __future__ import annotations

import secrets
from typing import Any

from portal.rules.errors import Invalid, InvalidForm
from portal.web.errors import sentence


def blame(form: Any, error: Invalid | InvalidForm) -> Any:
    """The same form with each finding beside its field, or at its head when it has no field of that name."""
    for finding in error.errors if isinstance(error, InvalidForm) else [error]:
        if finding.field in form._fields:
            field = form[finding.field]
            field.errors = [*field.errors, sentence(finding)]
        else:
            form.form_errors.append(sentence(finding))
    return form


def new_key() -> str:
    """A fresh idempotency key for a form."""
    return secrets.token_urlsafe(16)
