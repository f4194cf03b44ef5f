"""What a person has seen on a page by now and need not be told by mail."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.models.outbox import Notice
from portal.notifications import talk
from portal.rules.telling import NoticeKind

_TALK = (NoticeKind.MESSAGE_POSTED, NoticeKind.MENTIONED)


def is_read(session: Session, notice: Notice) -> bool:
    """Whether whoever the notice is for has read it on the page. Facts have no read marks: they are always told."""
    return notice.kind in _TALK and not talk.said(session, notice)
