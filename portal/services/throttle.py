"""Token buckets in the database: atomic, shared by all processes, never bound to a project (domain.md §9)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, delete, literal, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.db import command
from portal.models.sitting import Bucket
from portal.rules.errors import Throttled

MILLI = 1000
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """`capacity` tries at once, and one more every `refill_seconds`."""

    capacity: int
    refill_seconds: float


@dataclass(frozen=True, slots=True)
class Token:
    """What was taken, to be given back if the try was right."""

    name: str
    limit: Limit


CODE_PER_ADDRESS = Limit(capacity=10, refill_seconds=30)
CODE_OVERALL = Limit(capacity=60, refill_seconds=10)
CODE_IN_A_FLOOD = Limit(capacity=2, refill_seconds=60)
LOGIN_PER_ADDRESS = Limit(capacity=20, refill_seconds=15)
LOGIN_PER_ACCOUNT = Limit(capacity=10, refill_seconds=60)
FEED_PER_ADDRESS = Limit(capacity=20, refill_seconds=15)


def take_for_code(session: Session, *, address: str) -> tuple[Token, ...]:
    """Let one try with an access code from `address` (a visitor's bucket) pass, or raise Throttled.

    Wrong codes from everywhere drain one common bucket. Once it is empty, every address has a small one left, so that
    no flood locks a client out: a right code gets its tokens back and never meets the end of any bucket.
    """
    own = Token(f"code:{address}", CODE_PER_ADDRESS)
    take(session, name=own.name, limit=own.limit)
    common = Token("code:overall", CODE_OVERALL)
    try:
        take(session, name=common.name, limit=common.limit)
    except Throttled:
        common = Token(f"flood:{address}", CODE_IN_A_FLOOD)
        take(session, name=common.name, limit=common.limit)
    return own, common


@command
def take(session: Session, *, name: str, limit: Limit) -> None:
    """Take one token from the bucket `name`, or raise Throttled with the seconds until there is one."""
    now_ms = int(clock.now().timestamp() * MILLI)
    _ensure(session, name, limit, now_ms)
    if session.execute(_take_one(name, limit, now_ms)).first() is None:
        raise Throttled(retry_after=math.ceil(limit.refill_seconds))


@command
def give_back(session: Session, *, name: str, limit: Limit) -> None:
    """Put one token back: the try was right, or only mistyped, and is not held against anyone."""
    full = literal(limit.capacity * MILLI)
    refilled = case((Bucket.millitokens + MILLI > full, full), else_=Bucket.millitokens + MILLI)
    session.execute(update(Bucket).where(Bucket.name == name).values(millitokens=refilled))


@command
def sweep(session: Session) -> int:
    """Drop the buckets nobody drew from for a day, which are full by now; how many there were."""
    yesterday_ms = int((clock.now() - KEPT).timestamp() * MILLI)
    gone = delete(Bucket).where(Bucket.filled_ms < yesterday_ms).returning(Bucket.name)
    return len(session.execute(gone.execution_options(synchronize_session=False)).all())


def _ensure(session: Session, name: str, limit: Limit, now_ms: int) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"name": name, "millitokens": limit.capacity * MILLI, "filled_ms": now_ms}
    session.execute(insert(Bucket).values(row).on_conflict_do_nothing())


def _take_one(name: str, limit: Limit, now_ms: int):  # type: ignore[no-untyped-def]  # SQLAlchemy's own inferred type
    passed = case((Bucket.filled_ms < now_ms, now_ms - Bucket.filled_ms), else_=0)
    full = limit.capacity * MILLI
    level = Bucket.millitokens + passed * MILLI // int(limit.refill_seconds * MILLI)
    level = case((level > full, full), else_=level)
    return (
        update(Bucket)
        .where(Bucket.name == name, level >= MILLI)
        .values(millitokens=level - MILLI, filled_ms=now_ms)
        .returning(Bucket.millitokens)
        .execution_options(synchronize_session=False)
    )
