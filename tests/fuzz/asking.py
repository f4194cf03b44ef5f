"""Requests made by hand, sign by sign, to the application itself; and what every answer has to hold."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_from_bytes

from flask import Flask
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from portal.web.headers import ALWAYS
from tests.worlds import Browser

HOST = "localhost"
# Words that only stand in what a program says to its makers.
INTERNALS = (
    b"Traceback", b"File \"/", b"sqlalchemy", b"SQLAlchemy", b"psycopg", b"sqlite3", b"werkzeug", b"Werkzeug",
    b"jinja2",
    b"site-packages", b"IntegrityError", b"ValueError", b"TypeError", b"KeyError", b"UnicodeError", b"SELECT ",
    b"portal.db",
    b"/portal/", b"gunicorn",
)  # fmt: skip


@dataclass
class Asked:
    """A request as bytes on the wire would be read: text is latin-1, as servers hand it over."""

    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str | None = None
    body: bytes = b""
    announced: str | None = None
    """Content-Length as said; None for the truth."""

    def environ(self) -> dict[str, Any]:
        """For a WSGI application."""
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
        length = str(len(self.body)) if self.announced is None else self.announced
        made = {
            "REQUEST_METHOD": self.method, "SCRIPT_NAME": "", "PATH_INFO": self.path, "QUERY_STRING": self.query,
            "SERVER_NAME": HOST, "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": HOST,
            "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(),
            "wsgi.input": io.BytesIO(self.body), "wsgi.multithread": False, "wsgi.multiprocess": False,
            "wsgi.run_once": False, "CONTENT_LENGTH": "" if chunked else length,
        } | ({"wsgi.input_terminated": True} if chunked else {})  # fmt: skip
        if self.kind is not None:
            made["CONTENT_TYPE"] = self.kind
        return made | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()}

    def __str__(self) -> str:
        where = quote_from_bytes(self.path.encode("latin-1", "replace"))[:120]
        said = {name: value[:60] for name, value in self.headers.items() if name not in ("Cookie", "X-CSRFToken")}
        return f"{self.method} {where}?{self.query[:120]} {said} {self.kind!r} {self.body[:120]!r}"


def send(app: Flask, asked: Asked) -> Response:
    """The whole answer."""
    return Response(*run_wsgi_app(app.wsgi_app, asked.environ(), buffered=True))


def credentials(browser: Browser) -> dict[str, str]:
    """What a browser shows with each request."""
    token = browser.csrf()
    cookie = browser.client.get_cookie("milepost")
    assert cookie is not None
    return {"Cookie": f"milepost={cookie.value}", "X-CSRFToken": token}


def broken(asked: Asked, answer: Response) -> list[str]:
    """Which promises the answer does not hold."""
    found = []
    if answer.status_code >= 500:
        found.append(f"status {answer.status_code}")
    for name, value in ALWAYS.items():
        got = answer.headers.getlist(name)
        if len(got) != 1 or (got[0] != value and name != "Content-Security-Policy"):
            found.append(f"{name}: {got}")
    if "default-src 'none'" not in answer.headers.get("Content-Security-Policy", ""):
        found.append("a policy that lets things in")
    if "Cache-Control" not in answer.headers:
        found.append("no Cache-Control")
    if answer.status_code >= 400:
        found += [f"says {word!r}" for word in INTERNALS if word in answer.data]
    if any(sign in value for _name, value in answer.headers for sign in "\r\n\0"):
        found.append("a line end in a header")
    return [f"{what} ← {asked}" for what in found]
