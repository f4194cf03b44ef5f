"""Answers for a plain browser and for htmx: a page or a fragment, a redirect that works in both."""

from __future__ import annotations

import re
from typing import IO, Any
from urllib.parse import quote_from_bytes

from flask import Flask, Response, g, make_response, redirect, render_template, request
from htmx_flask import Htmx
from htmx_flask.requests import HtmxAwareRequest
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

ASCII = bytes(range(128))
BYTES = [bytes((number,)) for number in range(256)]
ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
PLAIN_FORM = "application/x-www-form-urlencoded"
# Ten milestones with the longest texts there may be, in Chinese, where percent-encoding takes nine bytes for a sign.
PLAIN_FORM_BYTES = 2 * 1024 * 1024


class FormParser(FormDataParser):
    """Bounds the fields of plain forms too; Werkzeug bounds only those of forms that carry files.

    It reads them itself as well: the standard library takes two hundred times the room of a form of nothing but "%".
    """

    def parse(self, stream: IO[bytes], mimetype: str, content_length: int | None, options: Any = None) -> Any:
        """The stream, the fields and the files. Raises RequestEntityTooLarge."""
        if mimetype != PLAIN_FORM:
            return super().parse(stream, mimetype, content_length, options)
        content = stream.read()
        if content.count(b"&") >= (self.max_form_parts or 0):
            raise RequestEntityTooLarge
        pairs = (pair.partition(b"=") for pair in content.split(b"&") if pair)
        return stream, self.cls([(_unquoted(name), _unquoted(text)) for name, _, text in pairs]), self.cls()


def _unquoted(text: bytes) -> str:
    """What stood in a field, bytes that are no UTF-8 replaced."""
    signs = ESCAPED.sub(lambda found: BYTES[int(found[1], 16)], text.replace(b"+", b" "))
    return signs.decode("utf-8", "replace")


class PortalRequest(HtmxAwareRequest):
    """Our request: aware of htmx, with bounded forms."""

    form_data_parser_class = FormParser
    max_form_memory_size = 512 * 1024
    max_form_parts = 400
    query_string: bytes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.mimetype == PLAIN_FORM:
            self.max_content_length = PLAIN_FORM_BYTES
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
