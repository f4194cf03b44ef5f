"""Every answer of every test is looked at once more on its way out (reliability.md C6): are all its headers there?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from werkzeug.datastructures import Headers

EXACTLY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGE_POLICY = ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action")
FILE_POLICY = ("default-src 'none'", "sandbox")
UNSAFE = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:")


def watch(app: Flask) -> None:
    """From now on an answer of `app` without its headers is an error in the test that asked."""
    app.wsgi_app = Guarded(app.wsgi_app)  # type: ignore[method-assign]  # as Flask documents it


class Guarded:
    """Around the whole application, so that answers of any origin pass here: pages, refusals, failures, files."""

    def __init__(self, inner: Callable[..., Iterable[bytes]]) -> None:
        self.inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            wrong = missing(environ, Headers(headers))
            assert wrong == [], f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} → {status}: {wrong}"
            return start_response(status, headers, *rest)

        return self.inner(environ, start)


def missing(environ: dict[str, Any], headers: Headers) -> list[str]:
    """What is wrong with the headers of one answer."""
    wrong = [name for name, value in EXACTLY.items() if headers.get(name) != value]
    policy = headers.get("Content-Security-Policy", "")
    needed = FILE_POLICY if "sandbox" in policy else PAGE_POLICY
    if any(part not in policy for part in needed) or any(part in policy for part in UNSAFE):
        wrong.append("Content-Security-Policy")
    if not environ["PATH_INFO"].startswith("/static/"):
        kept = headers.get("Cache-Control", "")
        wrong += [] if "no-store" in kept or is_public(environ) or is_calendar(environ, kept) else ["Cache-Control"]
        wrong += [] if {"HX-Request", "Cookie"} <= set(headers.get("Vary", "").split(", ")) else ["Vary"]
    return wrong


def is_calendar(environ: dict[str, Any], kept: str) -> bool:
    """A calendar is kept by the program that asked for it, for itself, and asked about each time."""
    return str(environ["PATH_INFO"]).startswith("/calendar/") and kept == "private, no-cache"


def is_public(environ: dict[str, Any]) -> bool:
    """A studio's colour and logo are the same for everybody and may be kept."""
    return str(environ["PATH_INFO"]).startswith("/brand/")
