"""Who is here: somebody with a page of the project in sight, on at least one device, whose line answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

# Whoever goes to the next page, or past a tunnel, has not left; whoever is away for so long has.
LINGER_SECONDS = 4
# What one process says of who is here counts for so long, and is said again well before.
LEASE_SECONDS, RENEW_SECONDS = 10, 4

Company = tuple[UUID, str]
People = dict[UUID, str]


@dataclass(frozen=True, slots=True)
class Sight:
    """One page of a project, and who is before it. `away_since` is None while they look at it."""

    project_id: UUID
    side: str
    person: UUID
    name: str
    away_since: float | None = None


def after(before: Sight | None, now: Sight) -> Sight:
    """What is seen of a page that says how it stands: whoever looks away began to when they first did, not when they
    say so again, and a page in the background was never looked at."""
    if now.away_since is None:
        return now
    if before is None or before.project_id != now.project_id:
        return replace(now, away_since=now.away_since - LINGER_SECONDS)
    return now if before.away_since is None else replace(now, away_since=before.away_since)


def is_here(sight: Sight, now: float) -> bool:
    """Whether somebody is before this page, or was a moment ago."""
    return sight.away_since is None or now - sight.away_since < LINGER_SECONDS


def people(sights: Iterable[Sight], now: float) -> dict[Company, People]:
    """Who is here, by project and side; everybody once, however many pages they have open."""
    found: dict[Company, People] = defaultdict(dict)
    for sight in sights:
        if is_here(sight, now):
            found[sight.project_id, sight.side][sight.person] = sight.name
    return dict(found)
