"""What was presented last in a milestone: the files that go into its archive, and the manifest they were frozen by."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone, Submission


def submission(session: Session, milestone: Milestone) -> Submission | None:
    """The last submission, or None before the first."""
    mine = select(Submission).where(
        Submission.vendor_id == milestone.vendor_id, Submission.milestone_id == milestone.id
    )
    return session.scalars(mine.order_by(Submission.number.desc()).limit(1)).first()


def files(session: Session, milestone: Milestone, *, including_drafts: bool) -> list[Deliverable]:
    """The files of the last submission; with `including_drafts` and before the first, those that are live."""
    last = submission(session, milestone)
    mine = select(Deliverable).where(
        Deliverable.vendor_id == milestone.vendor_id,
        Deliverable.milestone_id == milestone.id,
        Deliverable.removed_at.is_(None),
    )
    if last is not None:
        mine = mine.where(Deliverable.submission_id == last.id)
    elif including_drafts:
        mine = mine.where(Deliverable.superseded_at.is_(None))
    else:
        return []
    return list(session.scalars(mine.order_by(Deliverable.stored_at, Deliverable.id)))
