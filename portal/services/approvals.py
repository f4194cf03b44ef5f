"""What the client accepted: one exact manifest, by the button or by paying for it in full."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.access.actor import Actor, Key, SystemActor
from portal.adapters import clock
from portal.models.milestone import Approval, Milestone
from portal.models.project import Project
from portal.rules import chain
from portal.rules.errors import Invalid
from portal.rules.lifecycle import MilestoneState
from portal.rules.wording import N_
from portal.services import record

LONGEST_NAME = LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True)
class SignOff:
    """How a contact accepted: typed name, the consent text shown, address and browser. Kept as evidence."""

    manifest_sha256: str
    typed_name: str
    consent: str
    address: str = ""
    user_agent: str = ""

    @property
    def name(self) -> str:
        """The typed name as it is kept."""
        return " ".join(self.typed_name.split())[:LONGEST_NAME]


def by_button(
    session: Session, project: Project, milestone: Milestone, sign_off: SignOff, *, by: Actor, key: Key
) -> None:
    """Keep and record the act of one contact. The record holds a salted commitment, never the name itself."""
    if not sign_off.name:
        raise Invalid(N_("Type your name to approve."), field="typed_name")
    salt = secrets.token_hex(16)
    session.add(
        Approval(
            vendor_id=project.vendor_id,
            project_id=project.id,
            milestone_id=milestone.id,
            contact_id=key.contact_id,
            manifest_sha256=sign_off.manifest_sha256,
            means="button",
            typed_name=sign_off.name,
            consent=sign_off.consent,
            salt=salt,
            address=sign_off.address,
            user_agent=sign_off.user_agent[:LONGEST_BROWSER],
            at=clock.now(),
        )
    )
    _record(
        session,
        project,
        milestone,
        by=by,
        means="button",
        manifest_sha256=sign_off.manifest_sha256,
        state=MilestoneState.APPROVED.value,
        typed_name=chain.commitment(salt, sign_off.name),
    )


def by_payment(session: Session, project: Project, milestone: Milestone) -> None:
    """In pay_to_unlock a full payment counts as approval of the manifest it paid for (domain.md §2)."""
    session.add(
        Approval(
            vendor_id=project.vendor_id,
            project_id=project.id,
            milestone_id=milestone.id,
            contact_id=None,
            manifest_sha256=milestone.manifest_sha256 or "",
            means="payment",
            at=clock.now(),
        )
    )
    _record(session, project, milestone, by=SystemActor(), means="payment", manifest_sha256=milestone.manifest_sha256)


def _record(session: Session, project: Project, milestone: Milestone, *, by: Actor, **facts: object) -> None:
    record.append(session, project, "milestone.approved", by=by, milestone_id=milestone.id, **facts)
