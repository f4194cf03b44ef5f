"""The vendor's money by currency, never added up across currencies, and how much needs somebody. One statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Date,
    Row,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from portal.access.actor import MemberActor
from portal.db import UtcDateTime
from portal.models.milestone import Milestone
from portal.models.outbox import Notice
from portal.models.payment import Payment
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft
from portal.models.vendor import Vendor
from portal.queries import owing
from portal.queries.needs import SINCE, Need
from portal.queries.owing import VENDOR
from portal.rules import desk, gate, schedule
from portal.rules.desk import Phase
from portal.rules.lifecycle import MilestoneState, PaymentState

HORIZON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Sum:
    """Money of one currency, in its minor units."""

    currency: str
    minor: int


@dataclass(frozen=True, slots=True)
class Figures:
    """`expected` is what open milestones due within 14 days still bring, `overdue` what clients owe for too long.

    `on_its_way` is what was reported and what is expected. The vendor's own currency comes first.
    """

    received: tuple[Sum, ...]
    reported: tuple[Sum, ...]
    expected: tuple[Sum, ...]
    overdue: tuple[Sum, ...]
    on_its_way: tuple[Sum, ...]
    counts: Counter[Need]


def figures(session: Session, actor: MemberActor, now: datetime, today: date) -> Figures:
    """The sums and counts of `today`, the date it is for the reader at `now`."""
    given = {
        "vendor": actor.vendor_id,
        "today": today,
        "first": today.replace(day=1),
        "soon": today + desk.SOON,
        # A day more: the date may be over for the reader and not yet where the project is.
        "horizon": today + HORIZON + timedelta(days=1),
        "since": now - SINCE,
    }
    return _read(session.connection().execute(_statement(), given).all(), now, today)


@cache
def _statement() -> CompoundSelect[Any]:
    today, working = bindparam("today", type_=Date()), Milestone.state == MilestoneState.ACTIVE
    soon = bindparam("soon", type_=Date())
    return union_all(
        _received(),
        _reported(),
        _owed("due", owing.due_until("due_soon", bindparam("horizon", type_=Date()))),
        _owed("reversed", owing.reversed_later("went_back")),
        _undelivered(Need.CHANGES, Milestone.state == MilestoneState.CHANGES_REQUESTED),
        _undelivered(Need.LATE, working, Milestone.due_on < today),
        _undelivered(Need.SOON, working, Milestone.due_on >= today, Milestone.due_on <= soon),
        _mails(),
        _updates(),
        _drafts(),
        select(*_row(literal("home"), Vendor.currency, count=literal(0))).where(Vendor.id == VENDOR),
    )


def _row(what: Any, currency: Any = None, count: Any = None, minor: Any = None, **known: Any) -> list[Any]:
    """The columns all parts share; what a part does not know is null."""
    types = {"time_zone": String(), "due_on": Date(), "state": Milestone.state.type, "flow": Project.flow.type}
    rest = [known.get(name, cast(null(), kind)).label(name) for name, kind in types.items()]
    return [
        what.label("what"),
        (cast(null(), String()) if currency is None else currency).label("currency"),
        (literal(0) if minor is None else minor).label("minor"),
        (func.count() if count is None else count).label("number"),
        *rest,
    ]


def _received() -> Select[Any]:
    first = bindparam("first", type_=Date())
    mine = Payment.vendor_id == VENDOR, Payment.state == PaymentState.CONFIRMED
    columns = _row(literal("received"), Payment.currency, minor=func.sum(Payment.confirmed_minor))
    return select(*columns).where(*mine, Payment.received_on >= first).group_by(Payment.currency)


def _reported() -> Select[Any]:
    mine = Payment.vendor_id == VENDOR, Payment.state == PaymentState.REPORTED
    columns = _row(literal("reported"), Payment.currency, minor=func.sum(Payment.amount_minor))
    return select(*columns).where(*mine).group_by(Payment.currency)


def _owed(what: str, snapshot: CTE) -> Select[Any]:
    rest, groups = owing.remainder(snapshot), [snapshot.c[name] for name in ("time_zone", "due_on", "state", "flow")]
    columns = _row(
        literal(what),
        snapshot.c.currency,
        count=func.sum(case((owing.unreported(snapshot), 1), else_=0)),
        minor=func.sum(rest),
        **{column.name: column for column in groups},
    )
    return select(*columns).where(rest > 0).group_by(snapshot.c.currency, *groups)


def _undelivered(need: Need, *conditions: ColumnElement[bool]) -> Select[Any]:
    return select(*_row(literal(need.value))).where(Milestone.vendor_id == VENDOR, *conditions)


def _mails() -> Select[Any]:
    lost = Notice.vendor_id == VENDOR, Notice.gave_up_at >= bindparam("since", type_=UtcDateTime())
    one_each = Notice.gave_up_at.is_not(None), Notice.mailed_with.is_(None)
    return select(*_row(literal(Need.MAIL.value))).where(*lost, *one_each)


def _updates() -> Select[Any]:
    mine = StatusDraft.vendor_id == VENDOR, StatusDraft.state == DraftState.WAITING
    return select(*_row(literal(Need.UPDATE.value))).where(*mine)


def _drafts() -> Select[Any]:
    return select(*_row(literal(Need.DRAFT.value))).where(Project.vendor_id == VENDOR, Project.phase == Phase.DRAFT)


def _read(rows: Iterable[Row[Any]], now: datetime, today: date) -> Figures:
    sums: dict[str, list[tuple[str, int]]] = {kind: [] for kind in ("received", "reported", "expected", "overdue")}
    counts: Counter[Need] = Counter()
    home = ""
    for row in rows:
        home = row.currency if row.what == "home" else home
        kind = _kind(row, now, today) if row.what in ("due", "reversed") else row.what
        if kind in sums:
            sums[kind].append((row.currency, int(row.minor)))
        need = _NEEDS.get(kind if row.what == "due" else row.what)
        if need is not None:
            counts[need] += int(row.number)
    return Figures(
        received=_sums(sums["received"], home),
        reported=_sums(sums["reported"], home),
        expected=_sums(sums["expected"], home),
        overdue=_sums(sums["overdue"], home),
        on_its_way=_sums(sums["reported"] + sums["expected"], home),
        counts=counts,
    )


def _kind(row: Row[Any], now: datetime, today: date) -> str:
    """Overdue is only what the client was asked for; what the vendor delivers late is not the client's fault."""
    facts = gate.Facts(row.state, due_minor=int(row.minor), net_minor=0, submitted=True, released=False)
    if schedule.is_overdue(row.due_on, row.time_zone, now):
        return "overdue" if gate.payable(facts, row.flow) else "behind"
    return "expected" if row.due_on <= today + HORIZON else "later"


def _sums(pairs: Iterable[tuple[str, int]], home: str) -> tuple[Sum, ...]:
    by_currency: Counter[str] = Counter()
    for currency, minor in pairs:
        by_currency[currency] += minor
    ordered = sorted(by_currency.items(), key=lambda pair: (pair[0] != home, pair[0]))
    return tuple(Sum(currency, minor) for currency, minor in ordered if minor)


_NEEDS = {need.value: need for need in Need}
