"""Every address says who may knock. The application refuses to start when one does not (default deny)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, flash, request, session
from flask_babel import gettext as _

from portal.access.actor import ContactActor, MemberActor
from portal.rules.errors import NotFound
from portal.rules.wording import N_
from portal.web import actor as browsers
from portal.web.actor import current_actor
from portal.web.htmx import is_fragment, redirect_to

CONTACT_LEFT = N_(
    "Your access here has ended: a code can expire, be replaced or be withdrawn, and a browser left alone is closed. "
    "Enter a code to go on, or ask the people who work for you for a new one."
)
MEMBER_LEFT = N_(
    "You were logged out, because nothing happened here for a while or your access was ended. Log in again."
)

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


def by_token(view: View) -> View:
    """Mark a view that a mail program may post to: the token in its address is the permission, there is no form."""
    view.by_token = True  # type: ignore[attr-defined]  # read by opened_by_token
    return view


def opened_by_token(app: Flask) -> Iterator[Callable[..., Any]]:
    """The views marked `by_token`: the only ones without the check for forged forms."""
    yield from (view for view in app.view_functions.values() if getattr(view, "by_token", False))


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
    side = explain_absence()
    if request.method == "GET" and not is_fragment():
        session["wanted"] = request.full_path if request.query_string else request.path
    return redirect_to("/login" if side == "member" or allowed is Who.MEMBER else "/enter")


def explain_absence() -> str | None:
    """Say once, in general words, why a browser that was in is out now; on which side it was, else None."""
    side = browsers.side_left()
    if side is not None:
        browsers.forget()
        flash(_(MEMBER_LEFT) if side == "member" else _(CONTACT_LEFT), "warning")
    return side


def take_wanted() -> str | None:
    """The page a stranger was turned away from, once; a path of ours, because it comes from a request to us."""
    wanted: str | None = session.pop("wanted", None)
    return wanted
