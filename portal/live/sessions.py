"""Sockets of people who may not be here any more are cut within two seconds, wherever their access was ended.

Not by listening for the many ways in which an access can end, in this process or another: the database is asked once
a second for all sockets together, and every socket whose sitting stands differently than when it came is let go.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import structlog

from portal.adapters import clock
from portal.live import presence
from portal.live.sockets import NAMESPACE, Sockets
from portal.queries import sitting_states
from portal.web.installation import installation

EVERY_SECONDS = 1.0
# What may wait for one reader; who does not read for so long gets it from the page after coming back.
LONGEST_QUEUE = 500
log = structlog.get_logger()


def watch(sockets: Sockets) -> None:
    """Begin to look after the sockets of this process, once: who may stay, and who is here.

    Each in a thread of its own: however long a message queue keeps the one waiting, the other goes on.
    """
    with sockets.guard:
        begun, sockets.is_watched = sockets.is_watched, True
    for look, seconds in () if begun else ((sweep, EVERY_SECONDS), (presence.tell, presence.EVERY_SECONDS)):
        sockets.io.start_background_task(_watch, sockets, look, seconds)


def sweep(sockets: Sockets) -> int:
    """Let go whoever may not be here any more, and whoever does not listen; how many."""
    sockets.lines.shut_left()
    # Whoever just left is shown as being here for a moment more, and that may not outlive their access either.
    guests = list({guest.sid: guest for guest in (*sockets.everybody(), *sockets.pages.guests())}.values())
    if not guests:
        return 0
    with installation(sockets.app).sessions() as session:
        found = sitting_states.standings(session, {guest.sitting_id for guest in guests}, clock.now())
    gone = [guest.sid for guest in guests if found.get(guest.sitting_id) != guest.standing]
    for sid in gone:
        sign_out(sockets, sid)
    deaf = [guest.sid for guest in guests if guest.sid not in gone and _waiting(sockets, guest.sid) > LONGEST_QUEUE]
    for sid in deaf:
        sockets.cut(sid)
    return len(gone) + len(deaf)


def sign_out(sockets: Sockets, sid: str) -> None:
    """Tell one socket that its access has ended, and end it."""
    sockets.pages.drop(sid)
    sockets.io.emit("signed_out", {}, to=sid, namespace=NAMESPACE)
    sockets.let_go(sid)


def let_all_go(sockets: Sockets) -> None:
    """This process ends: everybody may come back to the next one."""
    for guest in sockets.everybody():
        with suppress(Exception):
            sockets.let_go(guest.sid)


def _watch(sockets: Sockets, look: Callable[[Sockets], object], seconds: float) -> None:
    while True:
        sockets.io.sleep(seconds)
        begun = time.monotonic()
        try:
            look(sockets)
        except Exception:
            # Whoever cannot be checked stays for a second more; that is looked at again then.
            log.exception("sockets_not_checked", by=look.__name__, seconds=round(time.monotonic() - begun, 3))


def _waiting(sockets: Sockets, sid: str) -> int:
    found = sockets.transport_of(sid)
    return found.queue.qsize() if found is not None else 0
