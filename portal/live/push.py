"""What is told through sockets after the facts are kept: the same partials as on the page, or that something changed.

Each audience gets its own rendering, in its language and with what it may see; nothing here decides what that is.
"""

from __future__ import annotations

from flask import Flask

from portal.live import rooms
from portal.live.sockets import EXTENSION, Sockets
from portal.queries import conversations, messages
from portal.queries.conversations import Place
from portal.queries.message_rows import MessageRow
from portal.rules import events
from portal.web import language, talk
from portal.web.installation import installation


def line(app: Flask, fact: events.MessagePosted | events.FactTold) -> None:
    """A new line of a conversation. Nobody has to look again for it: that would be a request of each open page."""
    _show(app, fact, fact.seq, f"#messages-{fact.thread_id}", "beforeend")


def line_again(app: Flask, fact: events.MessageChanged) -> None:
    """A line that says something else now."""
    _show(app, fact, fact.seq, f"#message-{fact.message_id}", "outerHTML")


def reading(app: Flask, fact: events.ThreadRead) -> None:
    """Somebody has read up to a line: it shows that now."""
    _show(app, fact, fact.seq, f"#messages-{fact.thread_id}", "replace")


def changed(app: Flask, fact: events.Event) -> None:
    """Pages of a project, and the homes it is listed on, are not what they were: both sides may ask again."""
    _tell(app, fact, [f"project:{fact.project_id}", "home"])


def vendor_changed(app: Flask, fact: events.Event) -> None:
    """The same, where only the vendor's people see the difference: what is not delivered yet is nobody else's news."""
    topics = [f"project:{fact.project_id}", "home"]
    for topic in topics:
        _sockets(app).emit("changed", {"topic": topic}, [rooms.of_vendor(fact.vendor_id)])


def _tell(app: Flask, fact: events.Event, topics: list[str]) -> None:
    for topic in topics:
        both = [rooms.of_vendor(fact.vendor_id), rooms.of_project(fact.project_id)]
        _sockets(app).emit("changed", {"topic": topic}, both)


def _show(app: Flask, fact: events.ThreadEvent, seq: int, target: str, swap: str) -> None:
    sockets = _sockets(app)
    heard = [
        (audience, locale, room)
        for audience, locale in rooms.audiences()
        if sockets.is_anybody_in(room := rooms.of_talk(fact.vendor_id, fact.project_id, audience, locale))
    ]
    if not heard:
        return
    found = _read(app, fact, seq)
    if found is None:
        return
    place, row = found
    for audience, locale, room in heard:
        with app.app_context(), language.speaking(locale):
            shown = talk.lines(place, audience, [row])[0]
            html = app.jinja_env.get_template("messages/_message.html").render(line=shown, place=place)
        message = {"target": target, "swap": swap, "html": html, "thread": str(fact.thread_id), "seq": seq}
        sockets.emit("fragment", message, [room])


def _read(app: Flask, fact: events.ThreadEvent, seq: int) -> tuple[Place, MessageRow] | None:
    with installation(app).sessions() as session:
        place = conversations.of_thread(session, fact.vendor_id, fact.project_id, fact.thread_id)
        row = messages.one(session, fact.vendor_id, fact.thread_id, seq)
    return (place, row) if row is not None else None


def _sockets(app: Flask) -> Sockets:
    found: Sockets = app.extensions[EXTENSION]
    return found
