"""Is it alive, is it ready."""

from __future__ import annotations

from flask import Blueprint, Response, make_response

from portal.queries import health
from portal.web.gatehouse import Who, who
from portal.web.installation import installation

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@who(Who.ANYONE)
def alive() -> Response:
    """The process answers."""
    return make_response("ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"})


@bp.get("/readyz")
@who(Who.ANYONE)
def ready() -> Response:
    """Database, storage and migrations are right, or 503 with what is not."""
    here = installation()
    missing = health.missing(here.engine, here.config.storage_root)
    text = "ready\n" if not missing else "".join(f"{line}\n" for line in missing)
    headers = {"Content-Type": "text/plain; charset=utf-8"} | ({"Retry-After": "30"} if missing else {})
    return make_response(text, 503 if missing else 200, headers)
