"""Every address says who may knock. The application refuses to start when one does not (default deny)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request

from portal.access.actor import ContactActor, MemberActor
from portal.rules.errors import NotFound
from portal.web.actor import current_actor
from portal.web.htmx import redirect_to

View = TypeVar("View", bound=Callable[..., Any])


class Who(StrEnum):
    """Who may use an address at all; what they see and do there, doors and policy decide."""

    ANYONE = "anyone"
    MEMBER = "member"
    CONTACT = "contact"
    PARTY = "party"


class NoPolicy(RuntimeError):
    """An address without a policy; its message names it."""


def who(allowed: Who, *, takes_secret: bool = False) -> Callable[[View], View]:
    """Mark a view. `takes_secret` says that it accepts a code or password and so must be throttled."""

    def mark(view: View) -> View:
        view.policy = allowed  # type: ignore[attr-defined]  # read by require_policies and check
        view.takes_secret = takes_secret  # type: ignore[attr-defined]  # read by the tests
        return view

    return mark


def require_policies(app: Flask) -> None:
    """Raises NoPolicy when any rule of `app` leads to an unmarked view."""
    app.view_functions["static"] = who(Who.ANYONE)(app.view_functions["static"])
    for rule in app.url_map.iter_rules():
        if not hasattr(app.view_functions[rule.endpoint], "policy"):
            raise NoPolicy(f"{rule.rule} ({rule.endpoint}) has no policy; mark its view with @who(…).")


def check() -> Any:
    """Before each request: turn away those who may not use the address. None lets the request in."""
    if request.endpoint is None:
        return None
    allowed: Who = getattr(current_app.view_functions[request.endpoint], "policy")  # noqa: B009  # set by who()
    if allowed is Who.ANYONE:
        return None
    actor = current_actor()
    if isinstance(actor, MemberActor):
        return None if allowed in (Who.MEMBER, Who.PARTY) else _closed()
    if isinstance(actor, ContactActor):
        return None if allowed in (Who.CONTACT, Who.PARTY) else _closed()
    return _stranger(allowed)


def _closed() -> Any:
    """For the other side's people an address of this side does not exist."""
    raise NotFound


def _stranger(allowed: Who) -> Any:
    if request.accept_mimetypes.best == "application/json" or request.blueprint == "uploads":
        abort(401)
    return redirect_to("/login" if allowed is Who.MEMBER else "/enter")
