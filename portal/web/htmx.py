"""Answers for a plain browser and for htmx: a page or a fragment, a redirect that works in both."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_from_bytes

from flask import Flask, Response, g, make_response, redirect, render_template, request
from htmx_flask import Htmx
from htmx_flask.requests import HtmxAwareRequest

ASCII = bytes(range(128))


class PortalRequest(HtmxAwareRequest):
    """Our request: aware of htmx, with bounded forms."""

    max_form_memory_size = 512 * 1024
    max_form_parts = 400
    query_string: bytes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Bytes that should have been percent-encoded are read as if they were: where they are no UTF-8, every look
        # at the query would fail, that of the page which tells about the failure too.
        self.query_string = quote_from_bytes(self.query_string, safe=ASCII).encode()


def init_app(app: Flask) -> None:
    """Make requests aware of htmx. The extension replaces the request class, so ours is set after it."""
    Htmx().init_app(app)
    app.request_class = PortalRequest


def is_fragment() -> bool:
    """Whether htmx asks for a part of a page (and not for a whole one after losing its history)."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def redirect_to(address: str) -> Response:
    """Go to `address`, a path of ours: 303, or HX-Redirect for htmx, so that no page lands inside a table cell."""
    if is_fragment():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = address
        return response
    return make_response(redirect(address, 303))


def respond(fragment: str, *, page: str, **context: Any) -> Response:
    """After an act: htmx gets the fresh fragment, a plain browser is sent to the page."""
    if is_fragment():
        return make_response(render_template(fragment, **context))
    return redirect_to(page)


def back_to(address: str) -> None:
    """Where a repeated, harmless act of this request sends the person (see errors: AlreadyDone)."""
    g.back_to = address
