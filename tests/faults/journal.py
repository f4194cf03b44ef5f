"""What the server acknowledged, kept outside of it, and whether it is still there."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.adapters import outside
from portal.models.client import Grant
from portal.models.deliverable import Deliverable
from portal.models.milestone import Approval, Milestone
from portal.models.payment import Payment
from portal.models.project import Project
from portal.rules import codes
from portal.rules.lifecycle import PaymentState


class Journal:
    """Acts in the order of their acknowledgement, written by several threads."""

    def __init__(self) -> None:
        self._acts: list[tuple[str, Any]] = []
        self._guard, self._going = threading.Lock(), threading.Event()
        self._going.set()

    def note(self, kind: str, what: Any) -> None:
        """The server said that this was done."""
        self._going.wait()
        with self._guard:
            self._acts.append((kind, what))

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Everybody stops at what is acknowledged to them next: looking takes the longer the more there is, and whoever
        went on meanwhile would make it longer still."""
        self._going.clear()
        try:
            yield
        finally:
            self._going.set()

    def __len__(self) -> int:
        return len(self._acts)

    @property
    def kinds(self) -> Counter[str]:
        """How many of each."""
        return Counter(kind for kind, _ in self._acts)

    def is_kept(self, session: Session) -> None:
        """Everything that was acknowledged before this moment is in the database."""
        acts = list(self._acts)
        session.rollback()
        lost = []
        for kind, stored in STORED.items():
            there = set(stored(session))
            lost += [(kind, what) for said, what in acts if said == kind and _told(session, kind, what) not in there]
        session.rollback()
        assert lost == [], lost


def _told(session: Session, kind: str, what: Any) -> Any:
    return codes.digest(what, outside.of(session).keys.codes).hex() if kind == "granted" else what


def _ids(session: Session, chosen: Any) -> Iterable[str]:
    return map(str, session.scalars(chosen))


def _in_state(*states: PaymentState) -> Callable[[Session], Iterable[str]]:
    return lambda session: _ids(session, select(Payment.id).where(Payment.state.in_(states)))


def _pairs(session: Session, chosen: Any) -> Iterable[tuple[str, str]]:
    return ((str(one), other) for one, other in session.execute(chosen))


STORED: dict[str, Callable[[Session], Iterable[Any]]] = {
    "project": lambda session: _ids(session, select(Project.id)),
    "started": lambda session: _ids(session, select(Project.id).where(Project.started_at.is_not(None))),
    "granted": lambda session: (digest.hex() for digest in session.scalars(select(Grant.code_digest))),
    "revoked": lambda session: _ids(session, select(Grant.id).where(Grant.revoked_at.is_not(None))),
    "stored": lambda session: _pairs(session, select(Deliverable.id, Deliverable.sha256)),
    "submitted": lambda session: _ids(session, select(Milestone.id).where(Milestone.submitted_at.is_not(None))),
    "approved": lambda session: _ids(session, select(Approval.milestone_id).where(Approval.means == "button")),
    "reported": lambda session: _pairs(session, select(Payment.milestone_id, Payment.reference)),
    "confirmed": _in_state(PaymentState.CONFIRMED, PaymentState.REVERSED),
    "rejected": _in_state(PaymentState.REJECTED),
    "reversed": _in_state(PaymentState.REVERSED),
}
