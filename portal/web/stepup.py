"""Entering the code once more before an act that binds (domain.md §9): tried and counted like any other entering."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from portal.access import stepup
from portal.access.actor import ContactActor
from portal.rules import codes
from portal.services import sittings, throttle
from portal.web import actor as browsers
from portal.web.actor import current_actor, visitor
from portal.web.installation import db


def is_fresh(project_id: UUID) -> bool:
    """Whether the acts of this project may be done without asking for the code again."""
    return stepup.is_fresh(current_actor(), project_id)


def renew(project_id: UUID, typed: str) -> None:
    """Make the reader's key to a project fresh with the code they typed; nothing when it still is, or none was typed.

    Raises Invalid (field "code") for any other code than this key's own, and Throttled after too many tries.
    """
    actor = current_actor()
    if not isinstance(actor, ContactActor) or not typed.strip() or is_fresh(project_id):
        return
    # A slip of the finger is found without looking anything up, and not held against anyone.
    codes.normalise(typed)
    with counted_try():
        token = sittings.enter_again(db(), actor=actor, project_id=project_id, typed=typed, visitor=visitor())
    browsers.remember(token)


@contextmanager
def counted_try() -> Iterator[None]:
    """Count what is done inside against this address and overall; given back when it succeeds. Raises Throttled."""
    tokens = throttle.take_for_code(db(), address=visitor().bucket)
    yield
    for token in tokens:
        throttle.give_back(db(), name=token.name, limit=token.limit)
