"""Mails that did not arrive, sent again."""

from __future__ import annotations

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.db import announce, command
from portal.models.outbox import Notice
from portal.rules import events
from portal.rules.errors import AlreadyDone
from portal.rules.wording import N_


@command
def send_again(session: Session, *, actor: Actor, notice: Notice) -> None:
    """Try at once, and for five more days, to send a mail that failed: the same one, under the same Message-ID.

    Raises AlreadyDone when it arrived meanwhile, or is being sent at this moment.
    """
    authorize(actor, Action.MANAGE_MAIL, notice)
    now, mail = clock.now(), Notice.vendor_id == notice.vendor_id
    over = Notice.sent_at.is_(None), Notice.dropped_at.is_(None), Notice.last_error != ""
    free = or_(Notice.claimed_until.is_(None), Notice.claimed_until <= now)
    again = {"gave_up_at": None, "claimed_until": None, "due_at": now, "patient_from": now, "attempts": 1}
    taken = update(Notice).where(mail, Notice.id == notice.id, Notice.mailed_with.is_(None), *over, free)
    taken = taken.values(again).returning(Notice.id).execution_options(synchronize_session=False)
    if session.execute(taken).first() is None:
        raise AlreadyDone(N_("This mail is on its way already."))
    along = update(Notice).where(mail, Notice.mailed_with == notice.id, *over)
    session.execute(along.values(gave_up_at=None).execution_options(synchronize_session=False))
    announce(session, events.MailSentAgain(vendor_id=notice.vendor_id, project_id=notice.project_id))
