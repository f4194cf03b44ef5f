"""Home: for the vendor what the day asks for, for the client every project of this browser. One address, two faces."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, make_response, render_template, request

from portal.access.actor import ContactActor, MemberActor
from portal.adapters import clock
from portal.queries import activity, feeds, figures, keyring, needs, shelf
from portal.queries.keyring import Card
from portal.queries.shelf import Shelf, Wish
from portal.rules import gate, search
from portal.rules.desk import Drawer
from portal.web import happenings, sentences, standings
from portal.web import needs as words
from portal.web.actor import current_actor, current_visit
from portal.web.forms import new_key
from portal.web.gatehouse import Who, who
from portal.web.htmx import is_fragment
from portal.web.installation import db
from portal.web.looks import look
from portal.web.sentences import Situation

bp = Blueprint("homes", __name__)


@dataclass(frozen=True, slots=True)
class Face:
    """One project of a keyring, its sentence, and whether it waits for the reader."""

    card: Card
    sentence: str
    waits: bool


@bp.get("/projects")
@who(Who.PARTY)
def home() -> Any:
    """The face of whoever asks; for htmx, while somebody searches, the vendor's list alone."""
    actor = current_actor()
    if isinstance(actor, ContactActor):
        return _keyring(actor)
    return _list(actor) if is_fragment() else _today(actor)


def _today(actor: Any) -> str:
    now, wish = clock.now(), _wish(actor)
    sums, asked = figures.figures(db(), actor, now, wish.today), needs.items(db(), actor, now, wish.today)
    return render_template(
        "homes/today.html",
        headline=words.headline(sums),
        figures=sums,
        needs=[words.told(item) for item in asked],
        beyond=words.beyond(sums, asked),
        activity=activity.latest(db(), actor),
        happenings=happenings,
        **_listing(actor, wish),
    )


def _list(actor: Any) -> Any:
    wish = _wish(actor)
    response = make_response(render_template("homes/_projects.html", **_listing(actor, wish)))
    response.headers["HX-Push-Url"] = _address(wish.drawer, wish.page, anchor="")
    return response


def _listing(actor: MemberActor, wish: Wish) -> dict[str, Any]:
    found: Shelf = shelf.shelf(db(), actor, wish)
    return {
        "shelf": found,
        "wish": wish,
        "typed": _typed(),
        "drawers": [drawer for drawer in Drawer if found.counts[drawer] or drawer in (Drawer.ALL, wish.drawer)],
        "address": _address,
        "turn": partial(_address, wish.drawer),
        "pill": words.pill,
    }


def _wish(actor: MemberActor) -> Wish:
    """What the address asks for; what it says wrongly is taken as not said."""
    drawer = request.args.get("standing", Drawer.ALL)
    return Wish(
        today=clock.today(actor.time_zone),
        drawer=Drawer(drawer) if drawer in tuple(Drawer) else Drawer.ALL,
        words=search.read_query(request.args.get("q", "")),
        page=request.args.get("page", 1, type=int),
    )


def _typed() -> str:
    return request.args.get("q", "").strip()[: search.LONGEST_QUERY]


def _address(drawer: Drawer, page: int = 1, *, anchor: str = "#project-list") -> str:
    """The list with the same words, another drawer or page."""
    said = {"q": _typed(), "standing": drawer if drawer is not Drawer.ALL else "", "page": page if page > 1 else ""}
    query = urlencode({name: value for name, value in said.items() if value})
    return (f"/projects?{query}" if query else "/projects") + anchor


def _keyring(actor: ContactActor) -> str:
    visit = current_visit()
    brands = {vendor_id: look(brand) for vendor_id, brand in visit.brands.items()} if visit else {}
    faces = [_face(card) for card in keyring.cards(db(), actor)]
    faces.sort(key=lambda face: not face.waits)
    headline = words.waiting(sum(face.waits for face in faces))
    links = feeds.links(db(), actor)
    return render_template(
        "homes/keyring.html", faces=faces, brands=brands, key_for=actor.key_for, headline=headline, links=links,
        new_key=new_key,
    )  # fmt: skip


def _face(card: Card) -> Face:
    return Face(card, _sentence(card), card.standing in standings.CLIENTS_TURN)


def _sentence(card: Card) -> str:
    return sentences.for_client(
        Situation(
            standing=card.standing,
            position=card.position,
            total=card.total,
            title=card.milestone,
            due_on=card.due_on,
            balance_minor=gate.balance(card.facts),
            currency=card.currency,
            reported_minor=card.facts.reported_minor,
            has_files=card.has_files,
            released=card.facts.released,
            finished=card.finished,
        )
    )
