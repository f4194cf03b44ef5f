"""Acts that bind need a code that was entered a moment ago, not a browser left open since yesterday (domain.md §9)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from portal.access.actor import Actor, ContactActor, Key
from portal.adapters import clock
from portal.rules.errors import Forbidden, Invalid
from portal.rules.wording import N_

FRESH = timedelta(minutes=15)


class StepUp(Invalid):
    """The code was entered too long ago; the form asks for it again in its field `code`."""

    default_code = "step_up"


def is_fresh(actor: Actor, project_id: UUID) -> bool:
    """Whether the contact entered this project's code within the last 15 minutes. A clock set back is not fresh."""
    key = actor.key_for(project_id) if isinstance(actor, ContactActor) else None
    return key is not None and timedelta(0) <= clock.now() - key.entered_at <= FRESH


def require_fresh(actor: Actor, project_id: UUID) -> Key:
    """The key that acts. Raises StepUp when its code was entered more than 15 minutes ago."""
    key = actor.key_for(project_id) if isinstance(actor, ContactActor) else None
    if key is None:
        raise Forbidden(N_("Only the client can do this."))
    if not is_fresh(actor, project_id):
        raise StepUp(N_("Enter your access code once more to confirm that it is you."), field="code")
    return key
