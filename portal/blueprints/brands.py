"""A vendor's colour and logo, as addresses of their own because nothing may be inline."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, make_response
from sqlalchemy import select

from portal.models.vendor import Vendor
from portal.web.gatehouse import Who, who
from portal.web.installation import db

bp = Blueprint("brands", __name__)
MOST = 2**31 - 1
FOREVER = "public, max-age=31536000, immutable"


@bp.get("/brand/<uuid:vendor_id>-<int:version>.css")
@who(Who.ANYONE)
def stylesheet(vendor_id: UUID, version: int) -> Response:
    """The brand colour as a custom property; everything else is derived from it in tokens.css."""
    colour = db().scalar(select(Vendor.brand_colour).where(*_look(vendor_id, version)))
    if colour is None:
        abort(404)
    response = make_response(f":root{{--brand:{colour};--brand-ink:{_ink(colour)}}}\n")
    response.content_type = "text/css; charset=utf-8"
    response.headers["Cache-Control"] = FOREVER
    return response


@bp.get("/brand/<uuid:vendor_id>-<int:version>/logo")
@who(Who.ANYONE)
def logo(vendor_id: UUID, version: int) -> Response:
    """The logo, checked and redrawn when it was uploaded."""
    row = db().execute(select(Vendor.logo, Vendor.logo_type).where(*_look(vendor_id, version))).first()
    if row is None or row.logo is None:
        abort(404)
    response = make_response(row.logo)
    response.content_type = row.logo_type
    response.headers["Cache-Control"] = FOREVER
    return response


def _look(vendor_id: UUID, version: int) -> tuple[Any, ...]:
    """The vendor while it looks like this. A number that no database holds is asked for as one that no look has."""
    return Vendor.id == vendor_id, Vendor.look_version == min(version, MOST)


def _ink(colour: str) -> str:
    """Black or white, whichever reads better on the colour (WCAG relative luminance)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#FFFFFF" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#14130F"
