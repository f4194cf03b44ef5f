"""Token buckets in the database: atomic, shared by all processes, never bound to a project (domain.md §9)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, literal, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.adapters import clock
from portal.db import command
from portal.models.sitting import Bucket
from portal.rules.errors import Throttled

MILLI = 1000


@dataclass(frozen=True, slots=True)
class Limit:
    """`capacity` tries at once, and one more every `refill_seconds`."""

    capacity: int
    refill_seconds: int


CODE_PER_ADDRESS = Limit(capacity=10, refill_seconds=30)
CODE_OVERALL = Limit(capacity=2000, refill_seconds=1)
LOGIN_PER_ADDRESS = Limit(capacity=20, refill_seconds=15)
LOGIN_PER_ACCOUNT = Limit(capacity=10, refill_seconds=60)


@command
def take(session: Session, *, name: str, limit: Limit) -> None:
    """Take one token from the bucket `name`, or raise Throttled with the seconds until there is one."""
    now_ms = int(clock.now().timestamp() * MILLI)
    _ensure(session, name, limit, now_ms)
    if session.execute(_take_one(name, limit, now_ms)).first() is None:
        raise Throttled(retry_after=limit.refill_seconds)


@command
def give_back(session: Session, *, name: str, limit: Limit) -> None:
    """Put one token back: the try was right, or only mistyped, and is not held against anyone."""
    full = literal(limit.capacity * MILLI)
    refilled = case((Bucket.millitokens + MILLI > full, full), else_=Bucket.millitokens + MILLI)
    session.execute(update(Bucket).where(Bucket.name == name).values(millitokens=refilled))


def _ensure(session: Session, name: str, limit: Limit, now_ms: int) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"name": name, "millitokens": limit.capacity * MILLI, "filled_ms": now_ms}
    session.execute(insert(Bucket).values(row).on_conflict_do_nothing())


def _take_one(name: str, limit: Limit, now_ms: int):  # type: ignore[no-untyped-def]  # SQLAlchemy's own inferred type
    passed = case((Bucket.filled_ms < now_ms, now_ms - Bucket.filled_ms), else_=0)
    full = limit.capacity * MILLI
    level = Bucket.millitokens + passed // limit.refill_seconds
    level = case((level > full, full), else_=level)
    return (
        update(Bucket)
        .where(Bucket.name == name, level >= MILLI)
        .values(millitokens=level - MILLI, filled_ms=now_ms)
        .returning(Bucket.millitokens)
        .execution_options(synchronize_session=False)
    )
