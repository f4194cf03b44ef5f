"""Who is behind a socket of this process, and which page of a project they have before them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from portal.rules import presence
from portal.rules.presence import LINGER_SECONDS, Company, People, Sight


@dataclass(frozen=True, slots=True)
class Guest:
    """Who is behind a socket: the sitting, and its standing when it came (queries.sitting_states)."""

    sid: str
    sitting_id: UUID
    standing: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a guest has open. `sight.away_since` is when they looked away, `lost_at` when the socket was gone."""

    guest: Guest
    sight: Sight
    lost_at: float | None = None


class Pages:
    """The pages of projects that are open at this process, and what was told of them."""

    def __init__(self) -> None:
        self._pages: dict[str, Page] = {}
        self._newcomers: set[str] = set()
        self._guard = threading.Lock()
        # This process, among those that speak to the same browsers.
        self.source = uuid.uuid4().hex
        # Only the one thread that tells touches this.
        self.told: dict[Company, tuple[People, float]] = {}

    def show(self, guest: Guest, sight: Sight) -> Page | None:
        """A guest says which page they have open and whether they look at it; the page they had before."""
        with self._guard:
            before = self._pages.get(guest.sid)
            self._pages[guest.sid] = Page(guest, presence.after(before.sight if before else None, sight))
            self._newcomers.add(guest.sid)
        return before

    def drop(self, sid: str) -> None:
        """Somebody who may not be here any more: they are gone at once."""
        with self._guard:
            self._pages.pop(sid, None)

    def guests(self) -> list[Guest]:
        """Everybody who has a page open, or had one a moment ago."""
        with self._guard:
            return [page.guest for page in self._pages.values()]

    def newcomers(self) -> list[tuple[str, Sight]]:
        """Sockets that were not told yet who is here, each named once."""
        with self._guard:
            fresh, self._newcomers = self._newcomers, set()
            return [(sid, self._pages[sid].sight) for sid in fresh if sid in self._pages]

    def sights(self, now: float, silence: Callable[[str], float | None]) -> list[Sight]:
        """All pages as they stand. `silence` says for how long a socket has not answered; None when it is gone."""
        with self._guard:
            for sid, page in list(self._pages.items()):
                if page.lost_at is None and silence(sid) is None:
                    self._pages[sid] = replace(page, lost_at=now)
                elif page.lost_at is not None and now - page.lost_at >= LINGER_SECONDS:
                    del self._pages[sid]
            return [_as_it_stands(page, now, silence(sid) or 0) for sid, page in self._pages.items()]


def _as_it_stands(page: Page, now: float, silent: float) -> Sight:
    away = [moment for moment in (page.sight.away_since, page.lost_at) if moment is not None]
    if silent > 0:
        away.append(now - silent)
    return replace(page.sight, away_since=min(away, default=None))
