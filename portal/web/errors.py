"""From refusals to answers: a status, one translated sentence, and a way on."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, flash, g, jsonify, make_response, render_template, request
from flask.globals import request_ctx
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError

from portal.rules import errors
from portal.web import inflow
from portal.web.htmx import redirect_to
from portal.web.installation import db

STATUS: dict[type[errors.DomainError], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    errors.AlreadyDone: 409,
    errors.Invalid: 422,
    errors.InvalidForm: 422,
    errors.TooLarge: 413,
    errors.Throttled: 429,
    errors.Unavailable: 503,
    errors.NoSpace: 507,
}
RETRY_SECONDS = "30"
log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Answer every refusal and every failure."""
    app.register_error_handler(errors.DomainError, _domain)
    app.register_error_handler(errors.AlreadyDone, _already_done)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(Exception, _failure)


def sentence(error: errors.DomainError) -> str:
    """The refusal in the reader's language."""
    return _(error.message, **error.params) if error.params else _(error.message)


def status_of(error: errors.DomainError) -> int:
    """The status of contract.md for a refusal; subclasses answer like their base."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _domain(error: errors.DomainError) -> Response:
    response = _answer(status_of(error), error.code, sentence(error))
    if isinstance(error, errors.Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unavailable):
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _already_done(error: errors.AlreadyDone) -> Response:
    if _wants_json():
        return _answer(409, error.code, sentence(error))
    flash(sentence(error), "info")
    return redirect_to(g.get("back_to", "/projects"))


def _csrf(_error: CSRFError) -> Response:
    return _answer(400, "csrf", _("This form has expired. Go back, reload the page and send it once more."))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    sentences = {
        400: _("The request could not be understood. Go back and try again."),
        401: _("Please log in first."),
        403: _("You can see this, but doing it is not part of your access."),
        404: _("There is nothing here, or it is not yours to see."),
        405: _("This address does not take that kind of request."),
        408: _("The request took too long to arrive. Please try again."),
        413: _("That is too large to be accepted here."),
        414: _("The address is too long."),
        415: _("That kind of content is not accepted here."),
        431: _("The request is too large."),
    }
    response = _answer(status, f"http_{status}", sentences.get(status, _("That did not work. Please try again.")))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            response.headers[name] = value
    return response


def _busy(error: OperationalError) -> Response:
    db().rollback()
    log.error("database_unavailable", error=str(error.orig))
    response = _answer(503, "unavailable", _("The portal is busy or read-only at the moment. Please try again soon."))
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _failure(error: Exception) -> Response:
    db().rollback()
    if inflow.is_malformed(error):
        return _http(BadRequest())
    log.error("request_failed", path=_told(), exc_info=error)
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        error = Exception(str(error.original_exception))
    return _answer(500, "internal", _("Something went wrong on our side. Nothing was changed; please try again."))


def _told() -> str:
    """The path for the log; of an address with a secret in it, only its shape."""
    rule = request.url_rule
    return rule.rule if rule is not None and "token" in rule.arguments else request.path


def _answer(status: int, code: str, message: str) -> Response:
    if _wants_json():
        body: Any = jsonify({"error": {"code": code, "message": message}})
        return make_response(body, status)
    if request_ctx.url_adapter is None:
        # The host is not one of ours: no address can be made for it, so no page either.
        return make_response(f"{message}\n", status, {"Content-Type": "text/plain; charset=utf-8"})
    return make_response(render_template("errors/error.html", sentence=message, status=status), status)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
