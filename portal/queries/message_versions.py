"""Everything a message ever said. One statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.message import MessageVersion, VersionKind


@dataclass(frozen=True, slots=True)
class Version:
    """What it said from `at` on."""

    number: int
    kind: VersionKind
    body: str
    at: datetime


def of(session: Session, vendor_id: UUID, message_id: UUID) -> tuple[Version, ...]:
    """All versions, the newest first. The message was found through a door."""
    rows = session.execute(
        select(MessageVersion.number, MessageVersion.kind, MessageVersion.body, MessageVersion.at)
        .where(MessageVersion.vendor_id == vendor_id, MessageVersion.message_id == message_id)
        .order_by(MessageVersion.number.desc())
    )
    return tuple(Version(*row) for row in rows)
