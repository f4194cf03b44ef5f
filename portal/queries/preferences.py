"""What people chose about being told."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access.holders import Holder
from portal.models.preference import Preference
from portal.rules.hours import Quiet
from portal.rules.telling import CHOICES, Rhythm, Topic, Wishes

# "member" or "contact", and their id.
Person = tuple[str, UUID]


def wishes(session: Session, holder: Holder) -> Wishes:
    """What one person chose; as usual when nothing."""
    return of_people(session, holder.vendor_id, [(holder.kind, holder.id)])[holder.kind, holder.id]


def of_people(session: Session, vendor_id: UUID, people: Collection[Person]) -> dict[Person, Wishes]:
    """What each of these people of one vendor chose; one statement."""
    ids = {person_id for _kind, person_id in people}
    kept = session.scalars(select(Preference).where(Preference.vendor_id == vendor_id, Preference.to_id.in_(ids)))
    chosen = {(row.to_kind, row.to_id): _read(row) for row in kept}
    return {person: chosen.get(person, Wishes()) for person in people}


def wants_browser(session: Session, holder: Holder) -> bool:
    """Whether this person wants notifications of the browser, too."""
    return wishes(session, holder).browser


def _read(row: Preference) -> Wishes:
    said = {topic: getattr(row, topic.value, None) for topic in Topic}
    # A word that a later version may have kept goes as usual.
    rhythms = {topic: Rhythm(word) for topic, word in said.items() if word in CHOICES[topic]}
    quiet = None
    if row.quiet_from is not None and row.quiet_to is not None:
        quiet = Quiet(row.quiet_from, row.quiet_to)
    return Wishes(rhythms, quiet, row.browser)
