"""How browsers stand that are connected right now: asked for all of them at once, every second."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from portal.models.client import Grant
from portal.models.sitting import Key, Sitting
from portal.models.vendor import Member
from portal.queries.sittings import CONTACT_IDLE, CONTACT_LONGEST, MEMBER_IDLE, MEMBER_LONGEST

# What databases take in one statement.
AT_ONCE = 500


def standings(session: Session, sitting_ids: Collection[UUID], now: datetime) -> dict[UUID, str]:
    """For each sitting that goes on at `now`, a text that changes with everything it may do. Others are left out."""
    rows: dict[UUID, list[Row[Any]]] = defaultdict(list)
    wanted = list(sitting_ids)
    for start in range(0, len(wanted), AT_ONCE):
        for row in session.connection().execute(_statement(), {"sittings": wanted[start : start + AT_ONCE]}):
            rows[row.id].append(row)
    found = {sitting_id: _standing(mine, now) for sitting_id, mine in rows.items()}
    return {sitting_id: standing for sitting_id, standing in found.items() if standing}


def _standing(rows: list[Row[Any]], now: datetime) -> str:
    first = rows[0]
    idle, longest = (MEMBER_IDLE, MEMBER_LONGEST) if first.member_id else (CONTACT_IDLE, CONTACT_LONGEST)
    if now - first.seen_at > idle or now - first.created_at > longest:
        return ""
    if first.member_id:
        return "" if first.disabled_at is not None else f"member:{first.member_id}:{first.role}"
    live = sorted(f"{row.grant_id}:{row.version}:{row.scopes_text}" for row in rows if _opens(row, now))
    return hashlib.sha256("\n".join(live).encode()).hexdigest() if live else ""


def _opens(row: Row[Any], now: datetime) -> bool:
    known = row.grant_id is not None and row.revoked_at is None and row.grant_version == row.version
    return bool(known and now < row.expires_at)


@cache
def _statement() -> Any:
    return (
        select(
            Sitting.id,
            Sitting.member_id,
            Sitting.created_at,
            Sitting.seen_at,
            Member.role,
            Member.disabled_at,
            Key.grant_version,
            Grant.id.label("grant_id"),
            Grant.version,
            Grant.scopes_text.label("scopes_text"),
            Grant.expires_at,
            Grant.revoked_at,
        )
        .outerjoin(Member, Member.id == Sitting.member_id)
        .outerjoin(Key, Key.sitting_id == Sitting.id)
        .outerjoin(Grant, Grant.id == Key.grant_id)
        .where(Sitting.id.in_(bindparam("sittings", expanding=True)), Sitting.ended_at.is_(None))
    )
