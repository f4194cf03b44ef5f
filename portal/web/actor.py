"""Who is asking: one answer for pages and for sockets, looked up in the database once per request."""

from __future__ import annotations

import ipaddress
from typing import Any, cast

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from portal.access.actor import Actor, Nobody
from portal.adapters import clock
from portal.queries import sittings as reads
from portal.queries.sittings import Brand, Ended, Visit
from portal.services import sittings
from portal.services.sittings import Visitor
from portal.web.installation import db, installation

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
CSRF = "csrf_token"
# What stays with a browser when it comes or goes: its language, and where it was on its way to.
KEPT = ("locale", "wanted")


class Browser(UserMixin):
    """What Flask-Login calls a user: a browser with a token, of a member or of a keyring's holder."""

    def __init__(self, token: str, visit: Visit) -> None:
        self.token = token
        self.visit = visit

    def get_id(self) -> str:
        """What is kept in the signed cookie."""
        return self.token


def init_app(app: Flask) -> None:
    """Teach Flask-Login how to find a browser again."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)
    manager.user_loader(_load)


def current_visit() -> Visit | None:
    """The visit of this request, or None for a stranger."""
    browser = cast(Any, current_user)._get_current_object()
    return browser.visit if isinstance(browser, Browser) else None


def current_actor() -> Actor:
    """Who is asking."""
    visit = current_visit()
    return visit.actor if visit else Nobody()


def current_brand() -> Brand | None:
    """The vendor at the top of the page, if one is known."""
    visit = current_visit()
    return visit.brand if visit else None


def remember(token: str) -> None:
    """Bind this browser to a new sitting. What the cookie held before is dropped, so no planted session survives."""
    # Only whoever was in already keeps the forms of other tabs alive.
    kept = {name: session[name] for name in (KEPT if current_visit() is None else (*KEPT, CSRF)) if name in session}
    session.clear()
    if CSRF not in kept:
        g.pop(CSRF, None)
    session.update(kept)
    session.permanent = True
    visit = _find(token)
    if isinstance(visit, Visit):
        session["side"] = visit.actor.kind
        login_user(Browser(token, visit))


def forget() -> None:
    """Unbind this browser from its sitting."""
    kept = {name: session[name] for name in KEPT if name in session}
    logout_user()
    session.clear()
    session.update(kept)


def side_left() -> str | None:
    """On which side ("member", "contact") this browser was before its sitting ended without its doing; else None."""
    return session.get("side") if current_visit() is None else None


def visitor() -> Visitor:
    """Where this request comes from."""
    address = _address(request.remote_addr or "")
    return Visitor(
        address=str(address), bucket=_bucket(address), user_agent=request.headers.get("User-Agent", "")[:200]
    )


def _load(token: str) -> Browser | None:
    found = _find(token)
    if isinstance(found, Ended):
        # Written down, so that a clock set back cannot revive it.
        sittings.log_out(db(), sitting_id=found.sitting_id)
        return None
    if found is not None and found.touch_due:
        sittings.touch(db(), sitting_id=found.sitting_id)
    return Browser(token, found) if found is not None else None


def _find(token: str) -> Visit | Ended | None:
    who, digest = visitor(), installation().keys.digest_token(token)
    return reads.find(db(), digest, clock.now(), address=who.address, user_agent=who.user_agent)


def _address(text: str) -> Address | str:
    """The address as itself: an IPv4 one that came in over IPv6 is an IPv4 one. Anything else is "unknown"."""
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "unknown"
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _bucket(address: Address | str) -> str:
    """One home is one bucket: an IPv6 line has a whole /64 to itself."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
