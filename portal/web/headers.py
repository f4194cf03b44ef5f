"""The headers of every answer (reliability.md §2), and the check that a request was meant for us."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from portal.web.installation import installation

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000; includeSubDomains"
SAFE = ("GET", "HEAD", "OPTIONS")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def init_app(app: Flask) -> None:
    """Set headers after, and refuse foreign origins and unstorable text before, each request."""
    app.before_request(_refuse_foreign_origin)
    app.before_request(_refuse_nul)
    app.after_request(_set)


def _set(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    # What is served from static/ says itself how long it may be kept; a refusal at such an address does not.
    if request.endpoint != "static" or "Cache-Control" not in response.headers:
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.add("HX-Request")
        response.vary.add("Cookie")
    if installation().config.secure:
        response.headers["Strict-Transport-Security"] = HSTS
    return response


def _refuse_foreign_origin() -> None:
    """A second wall behind the CSRF token: browsers tell where a request comes from.

    Our own forms come from "null", because pages that send no referrer send no origin either; what then tells them
    from foreign ones is Sec-Fetch-Site, and the token.
    """
    if request.method in SAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(400)
    origin = request.headers.get("Origin", "null")
    if origin != "null" and _host(origin) not in installation().config.allowed_hosts:
        abort(400)


def _host(origin: str) -> str | None:
    """Host and port of an address; None where there are none to be found."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _refuse_nul() -> None:
    """PostgreSQL keeps no text with a NUL in it, and no browser sends one."""
    # Only forms are read here: the body of an upload is none of our business.
    given = [request.args, request.form] if request.mimetype in FORMS else [request.args]
    if any("\0" in text for values in given for _name, text in values.items(multi=True)):
        abort(400)
