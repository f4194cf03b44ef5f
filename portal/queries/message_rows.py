"""One line of a conversation, as queries read it and pages show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FileRow:
    """What is attached to a message, as it was frozen with it."""

    id: UUID
    name: str
    media_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What a message answers: who said it, and what it says now (nothing once it was taken back)."""

    id: UUID
    seq: int
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody has read up to here."""

    kind: str
    id: UUID
    name: str
    zone: str
    at: datetime


@dataclass(slots=True)
class MessageRow:
    """One line of a conversation. `facts` is the body of the entry it tells, for a line of the system."""

    id: UUID
    thread_id: UUID
    seq: int
    author_kind: str
    author_id: UUID | None
    author: str
    kind: str
    body: str
    at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    facts: Mapping[str, Any]
    quote: Quote | None
    files: tuple[FileRow, ...]
    seen: list[Seen] = field(default_factory=list)

    @property
    def is_fact(self) -> bool:
        """Whether it is a line of the system."""
        return self.author_kind == "system"


def read_files(text: str | None) -> tuple[FileRow, ...]:
    """Attachments from their frozen form."""
    found = json.loads(text) if text else []
    return tuple(FileRow(UUID(f["id"]), f["name"], f["media_type"], f["bytes"], f["sha256"]) for f in found)
