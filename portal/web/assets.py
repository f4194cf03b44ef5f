"""Addresses of our own static files (with a cache key), of vendored files (with integrity), and icons.

Static files leave packed where the browser takes that. Pages never do: packing what holds secrets together with what a
visitor can put into it lets the length tell the secrets (BREACH).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, url_for
from markupsafe import Markup

STATIC = Path(__file__).parent.parent / "static"
KEY_LENGTH = 12
PACKABLE = (".css", ".js", ".svg")


@dataclass(frozen=True, slots=True)
class VendorAsset:
    """A browser file of somebody else's, fetched at install."""

    url: str
    integrity: str


def init_app(app: Flask) -> None:
    """Give templates and macros their helpers, and pack what is static."""
    app.jinja_env.globals.update(asset=asset, vendor_asset=vendor_asset, icon=icon)
    app.after_request(_pack)


def asset(path: str) -> str:
    """The address of a file below `static/`, changing when its content does."""
    return _address(path, request.script_root)


def vendor_asset(name: str) -> VendorAsset:
    """Address and integrity of a vendored file; KeyError when it is not in the manifest."""
    return _vendor_asset(name, request.script_root)


@lru_cache(maxsize=1024)
def icon(name: str, label: str | None = None) -> Markup:
    """A lucide icon, inline. Without a label it is decoration and hidden from screen readers.

    Pages have dozens: how they are drawn is said once, in base.css. The width is for where there is no style.
    """
    hidden = Markup('aria-hidden="true"') if label is None else Markup('role="img" aria-label="{}"').format(label)
    return Markup('<svg class="icon" viewBox="0 0 24 24" width="20" {}>{}</svg>').format(hidden, _icons()[name])


def _pack(response: Response) -> Response:
    name = str((request.view_args or {}).get("filename", ""))
    if request.endpoint != "static" or not name.endswith(PACKABLE):
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and request.accept_encodings["gzip"]:
        response.close()
        response.direct_passthrough = False
        response.set_data(_packed(name))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.pop("Accept-Ranges", None)
        # The same file in other bytes, which is what a weak tag means.
        response.set_etag(response.get_etag()[0] or _key(name), weak=True)
    return response


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((STATIC / name).read_bytes(), mtime=0)


@cache
def _address(path: str, _root: str) -> str:
    """Asked twenty times a page. Where the portal is mounted does not change the path, only what stands before it."""
    return url_for("static", filename=path, v=_key(path))


@cache
def _vendor_asset(name: str, _root: str) -> VendorAsset:
    integrity = _manifest()[name]
    return VendorAsset(url_for("static", filename=f"vendor/{name}", v=integrity[-KEY_LENGTH:]), integrity)


@cache
def _key(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:KEY_LENGTH]


@cache
def _manifest() -> dict[str, str]:
    content: dict[str, Any] = json.loads((STATIC / "vendor" / "manifest.json").read_text("utf-8"))
    return {name: entry if isinstance(entry, str) else entry["integrity"] for name, entry in content["files"].items()}


@cache
def _icons() -> dict[str, Markup]:
    # Our own build hook wrote this file from the icons' sources; nothing a person typed is in it.
    drawings = json.loads((STATIC / "vendor" / "icons.json").read_text("utf-8"))
    return {name: Markup(drawing) for name, drawing in drawings.items()}  # noqa: S704  # see above
