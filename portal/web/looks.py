"""What every page may show: who is reading, whose brand, in which language, at what time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, request, url_for
from flask_babel import get_locale

from portal.access.actor import MemberActor, Nobody
from portal.access.policy import Action, can
from portal.adapters import clock
from portal.queries.sittings import Brand
from portal.web import language
from portal.web.actor import current_actor, current_brand


@dataclass(frozen=True, slots=True)
class Look:
    """A vendor's brand as layouts use it."""

    name: str
    colour: str
    initial: str
    logo_url: str | None
    css_url: str


def init_app(app: Flask) -> None:
    """Give every template its surroundings."""
    app.context_processor(_surroundings)


def look(brand: Brand) -> Look:
    """The brand with its addresses."""
    return _look(brand, request.script_root)


@lru_cache(maxsize=256)
def _look(brand: Brand, _root: str) -> Look:
    logo = url_for("brands.logo", vendor_id=brand.vendor_id, version=brand.version) if brand.has_logo else None
    css = url_for("brands.stylesheet", vendor_id=brand.vendor_id, version=brand.version)
    return Look(brand.name, brand.colour, brand.name.strip()[:1].upper(), logo, css)


def _surroundings() -> dict[str, Any]:
    actor, brand = current_actor(), current_brand()
    return {
        "actor": None if isinstance(actor, Nobody) else actor,
        "is_member": isinstance(actor, MemberActor),
        "brand": look(brand) if brand else None,
        "locale": str(get_locale()),
        "reader_zone": language.reader_zone(),
        "now": clock.now(),
        "can": lambda action, thing: can(actor, Action(action), thing),
    }
