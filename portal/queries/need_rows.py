"""What can need the vendor, and one thing that does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Need(StrEnum):
    """The kinds, in the order they are shown."""

    REPORTED = "reported"
    REVERSED = "reversed"
    CHANGES = "changes"
    LATE = "late"
    OVERDUE = "overdue"
    SOON = "soon"
    MAIL = "mail"
    UPDATE = "update"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing. What a kind does not have is None; `minor` is money in minor units, `extra` a payment's method or a
    mail's address, `flag` whether there is a proof or the mail was for a member.
    """

    need: Need
    project_id: UUID
    project: str
    client: str
    time_zone: str
    milestone_id: UUID | None
    milestone: str | None
    subject_id: UUID | None
    person: str | None
    currency: str | None
    minor: int | None
    day: date | None
    at: datetime | None
    extra: str | None
    flag: bool | None
