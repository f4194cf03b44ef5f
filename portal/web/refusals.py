"""A form that was refused, shown again with what was typed."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template

from portal.rules.errors import DomainError, Invalid, InvalidForm, Throttled
from portal.web.errors import sentence, status_of
from portal.web.forms import blame


def again(template: str, form: Any, error: DomainError, **context: Any) -> Response:
    """The page with the form and the refusal beside its field or at its head; status and Retry-After fit the error."""
    if isinstance(error, Invalid | InvalidForm):
        blame(form, error)
    else:
        form.form_errors.append(sentence(error))
    response = make_response(render_template(template, form=form, **context), status_of(error))
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
