"""Who of the other side is here is told twice a second, by one thread, and only what changed.

Every process speaks for its own sockets alone, and what it says counts for a few seconds: browsers put together what
the processes say, and forget what is not said again. So nothing is kept anywhere, no statement is asked, and a process
that died takes its people along (docs/decisions/0021).
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from portal.live import rooms
from portal.live.guests import Guest
from portal.live.sockets import NAMESPACE, Sockets
from portal.rules import presence
from portal.rules.presence import LEASE_SECONDS, RENEW_SECONDS, Company, People, Sight

# Whoever may not be here any more is found by the second (live.sessions), and told of in less than another one.
EVERY_SECONDS = 0.5
OTHER_SIDE = {"member": "contact", "contact": "member"}


def look(sockets: Sockets, guest: Guest, sight: Sight) -> None:
    """A guest has this page open: they are told who is here, and others of them as long as they look at it."""
    before = sockets.pages.show(guest, sight)
    room = rooms.of_onlookers(sight.project_id, sight.side)
    if before and (left := rooms.of_onlookers(before.sight.project_id, before.sight.side)) != room:
        sockets.io.server.leave_room(guest.sid, left, namespace=NAMESPACE)
    # It may have left while it spoke.
    with suppress(KeyError, ValueError):
        sockets.io.server.enter_room(guest.sid, room, namespace=NAMESPACE)


def tell(sockets: Sockets) -> None:
    """Say what changed since it was told last, say again what is to go on counting, and tell newcomers."""
    now, pages = time.monotonic(), sockets.pages
    newcomers = pages.newcomers()
    found = presence.people(pages.sights(now, sockets.silence), now)
    for company in found.keys() | pages.told.keys():
        people = found.get(company, {})
        told, at = pages.told.get(company, ({}, now))
        if people != told or now - at >= RENEW_SECONDS:
            _say(sockets, company, people, rooms.of_onlookers(company[0], OTHER_SIDE[company[1]]))
            pages.told[company] = people, now
    pages.told = {company: told for company, told in pages.told.items() if told[0]}
    for sid, sight in newcomers:
        theirs = sight.project_id, OTHER_SIDE[sight.side]
        if theirs in found:
            _say(sockets, theirs, found[theirs], sid)


def _say(sockets: Sockets, company: Company, people: People, room: str) -> None:
    named = [{"id": str(person), "name": name} for person, name in sorted(people.items(), key=lambda each: each[1])]
    message: dict[str, Any] = {"project": str(company[0]), "people": named, "seconds": LEASE_SECONDS}
    sockets.emit("present", message | {"source": sockets.pages.source}, [room])
