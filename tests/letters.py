"""Post offices, and the links that lead from a mail into the portal, for tests."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from uuid import UUID

from sqlalchemy.orm import Session

from portal.access.holders import Holder
from portal.adapters import outside
from portal.rules.telling import Topic
from portal.services import preferences

SENDER = "milepost@portal.example"


class Box:
    """A post office that keeps, or fails as it is told."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.messages: list[EmailMessage] = []
        self.fails = fails

    def send(self, message: EmailMessage) -> None:
        """As portal.adapters.mail.Post."""
        if self.fails is not None:
            raise self.fails
        self.messages.append(message)

    @property
    def ids(self) -> list[str]:
        """The Message-IDs in the order in which they came."""
        return [str(message["Message-ID"]) for message in self.messages]

    @property
    def subjects(self) -> list[str]:
        """What stands over each mail."""
        return [str(message["Subject"]) for message in self.messages]


def token_of(session: Session, kind: str, person_id: UUID, vendor_id: UUID) -> str:
    """The token in this person's mails, as it is once they got one."""
    holder = Holder(kind, person_id, vendor_id, "", "en", "UTC")
    preferences.silence(session, holder=holder, topics=frozenset[Topic]())
    return outside.of(session).keys.notice_token(kind, person_id)


def read(message: EmailMessage) -> EmailMessage:
    """The mail as somebody else's program reads it from its bytes."""
    return parsed(message.as_bytes(policy=email.policy.SMTP))


def parsed(mail: bytes) -> EmailMessage:
    """The mail that these bytes are."""
    made = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(made, EmailMessage)
    return made


def text(message: EmailMessage) -> str:
    """The plain part, with line ends of our own."""
    part = message.get_body(("plain",))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def html(message: EmailMessage) -> str:
    """The HTML part."""
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())
