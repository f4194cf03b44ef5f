"""A conversation for one reader: its lines as they are shown, and what the reader may do in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from markupsafe import Markup

from portal.access.actor import Actor, MemberActor
from portal.access.policy import Action, authorize, can
from portal.adapters import markup
from portal.queries import messages
from portal.queries.conversations import Place
from portal.queries.message_rows import MessageRow, Seen
from portal.queries.messages import Asked, Piece
from portal.rules.conversation import LARGEST_IN_FORM
from portal.services import readings
from portal.web import happenings
from portal.web.forms import new_key
from portal.web.installation import db, installation
from portal.web.language import gettext as _

# What stands above the first unread message when a page opens there.
CONTEXT = 4
ON_PANEL = 20
# The sign of each fact told in a conversation.
FACT_SIGNS = {
    "project.started": "flag",
    "milestone.opened": "play",
    "milestone.submitted": "package",
    "milestone.approved": "file-check",
    "milestone.settled": "circle-check",
    "milestone.released": "lock-open",
    "payment.reported": "send",
    "payment.confirmed": "receipt",
    "payment.rejected": "circle-x",
    "payment.reversed": "rotate-ccw",
    "status.sent": "send",
}
# What is shown in the conversation itself.
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")


@dataclass(frozen=True, slots=True)
class Audience:
    """Those who are shown the same lines: one side, with or without what is about money."""

    side: str
    sees_money: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One message as it is shown. `sentence` tells a fact; `html` is what a person said, safe; else both are empty."""

    row: MessageRow
    is_ours: bool
    sentence: str
    html: Markup
    quoted: str
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class _Fact:
    """A line of the system as web.happenings reads an entry."""

    kind: str
    facts: Any
    milestone: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A piece of a conversation, with what its form needs."""

    place: Place
    lines: tuple[Line, ...]
    piece: Piece
    key: str
    me: str
    side: str

    @property
    def has_earlier(self) -> bool:
        """Whether there is more above."""
        return self.piece.first_seq > 1

    @property
    def has_later(self) -> bool:
        """Whether there is more below."""
        return self.piece.last_seq < self.piece.head_seq


def init_app(app: Flask) -> None:
    """What the partials of conversations need, wherever they are drawn."""
    app.jinja_env.globals.update(FACT_SIGNS=FACT_SIGNS, PICTURES=PICTURES, LARGEST_IN_FORM=LARGEST_IN_FORM)
    app.jinja_env.globals["largest_attachment"] = lambda: installation().config.max_file_bytes
    app.jinja_env.filters["plain_words"] = markup.plain


def audience(actor: Actor, place: Place) -> Audience:
    """Which audience a reader belongs to."""
    sees_money = can(actor, Action.SEE_MONEY, place)
    return Audience("member" if isinstance(actor, MemberActor) else "contact", sees_money)


def open_at(actor: Actor, place: Place, **where: int) -> Talk:
    """The conversation at `after`, `before` or its end. Raises Forbidden for those who may not talk here."""
    authorize(actor, Action.TALK, place)
    reader = readings.person(actor, place.project_id)
    found = messages.piece(db(), Asked(place.vendor_id, place.thread_id, reader, **where))
    return Talk(
        place=place,
        lines=lines(place, audience(actor, place), found.rows),
        piece=found,
        key=new_key(),
        me=f"{reader[0]}:{reader[1]}",
        side=reader[0],
    )


def panel(actor: Actor, place: Place) -> Talk | None:
    """The latest of it beside a page; None for those who may not talk here."""
    return open_at(actor, place, most=ON_PANEL) if can(actor, Action.TALK, place) else None


def unread_first(actor: Actor, place: Place) -> Talk:
    """As people open it: where they stopped reading, with a little of what was before; else the latest."""
    latest = open_at(actor, place)
    if latest.piece.read_seq + 1 >= latest.piece.first_seq:
        return latest
    return open_at(actor, place, after=max(0, latest.piece.read_seq - CONTEXT))


def lines(place: Place, audience: Audience, rows: Iterable[MessageRow]) -> tuple[Line, ...]:
    """Messages as an audience is shown them."""
    return tuple(_line(place, audience, row) for row in rows)


def _line(place: Place, audience: Audience, row: MessageRow) -> Line:
    return Line(
        row=row,
        is_ours=row.author_kind == audience.side,
        sentence=told(place, audience, row.kind, row.facts, place.milestone or None) if row.is_fact else "",
        html=Markup(markup.html(row.body)) if row.body else Markup(""),  # noqa: S704  # filtered by adapters.markup
        quoted=markup.plain(row.quote.body) if row.quote else "",
        # Each side is told how far the other has read; that somebody has read their own words goes without saying.
        seen=tuple(seen for seen in row.seen if seen.kind not in (audience.side, row.author_kind)),
    )


def told(place: Place, audience: Audience, kind: str, facts: Mapping[str, Any], milestone: str | None) -> str:
    """The sentence of a fact, as an audience is told it."""
    fact = _Fact(kind, facts, milestone, place.currency)
    if happenings.is_about_money(fact) and not audience.sees_money:
        return _(happenings.ABOUT_MONEY)
    by = str(facts.get("by", ""))
    side = {"member": place.vendor_name, "contact": place.client_name}.get(by.partition(":")[0])
    return happenings.happening(fact, {by: side} if side else {})
