"""Idempotency: the same request, sent again, gets the answer it already had, and changes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.adapters import clock
from portal.adapters.failpoints import failpoint
from portal.models.outbox import Answer
from portal.rules.errors import Invalid
from portal.rules.wording import N_


@dataclass(frozen=True, slots=True)
class Ticket:
    """A key made by the form (up to 64 characters), and the input it came with."""

    key: str
    input_text: str

    @property
    def input_sha256(self) -> str:
        """What tells a repeat from a key used for something else."""
        return hashlib.sha256(self.input_text.encode()).hexdigest()


def claim(session: Session, actor: Actor, act: str, ticket: Ticket, result_id: UUID) -> UUID | None:
    """Keep `result_id` as the answer to this ticket; or give the answer it already has.

    None means: new, go on. Written in the caller's transaction, so a crash leaves the key unused.
    On PostgreSQL the insert waits for another transaction that holds the same key. Raises Invalid when the
    key came with another input before, or is missing.
    """
    if not 8 <= len(ticket.key) <= 64:
        raise Invalid(
            N_("This form is incomplete. Open the page again and send it once more."), field="idempotency_key"
        )
    row = {
        "actor": actor.ref,
        "act": act,
        "key": ticket.key,
        "input_sha256": ticket.input_sha256,
        "result_id": result_id,
        "at": clock.now(),
    }
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    if session.execute(insert(Answer).values(row).on_conflict_do_nothing().returning(Answer.key)).first():
        failpoint("answer.claimed")
        return None
    earlier = session.get_one(Answer, (actor.ref, act, ticket.key))
    if earlier.input_sha256 != ticket.input_sha256:
        raise Invalid(
            N_("This form was already sent with other values. Open the page again to see what was kept."),
            field="idempotency_key",
            code="key_reused",
        )
    return earlier.result_id
