"""The headers of a mail: from whom, to whom, where a reply goes, and how to have no more of its kind."""

from __future__ import annotations

import email.policy
from collections.abc import Collection
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from portal.adapters import clock, outside, pages
from portal.models.outbox import Notice
from portal.models.vendor import Vendor
from portal.notifications.recipients import Recipient
from portal.notifications.showing import Showing
from portal.rules import telling
from portal.rules.telling import Topic

SENDER_NAME = "Milepost"
LONGEST_SUBJECT = 180


class _Whole(UnstructuredHeader):
    """A header that is one link. Folded by the rules for text it would be encoded, and no mail program read it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]  # the registry adds the base class


_KINDS = HeaderRegistry()
_KINDS.map_to_type("list-unsubscribe", _Whole)  # type: ignore[arg-type]  # as its own table has them, without the base
_POLICY = email.policy.default.clone(header_factory=_KINDS)


class Unsendable(Exception):
    """No mail can be made of this notice, now or later; the message says why."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where the reader says how to be told: `choose` is a page, `stop` takes one click; None when nothing can stop."""

    choose: str
    stop: str | None


def addressed(
    session: Session, lead: Notice, recipient: Recipient, *, sender: str, subject: str, vendor: Vendor, links: Links
) -> EmailMessage:
    """A mail with its headers and no content. Nothing a person wrote is in From. Raises Unsendable for an address that
    is none.
    """
    message = EmailMessage(_POLICY)
    message["Subject"] = line(subject)[:LONGEST_SUBJECT]
    message["From"] = Address(SENDER_NAME, addr_spec=sender)
    message["To"] = _address(recipient.name, recipient.email)
    reply_to = _reply_to(session, recipient, vendor)
    if reply_to is not None:
        message["Reply-To"] = reply_to
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = lead.message_id
    message["Auto-Submitted"] = "auto-generated"
    if links.stop is not None:
        # RFC 2369, and RFC 8058 for one click in the mail program.
        message["List-Unsubscribe"] = f"<{links.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def links(session: Session, lead: Notice, topics: Collection[Topic]) -> Links:
    """The links of a mail about these topics."""
    here = outside.of(session)
    choose = f"{here.base_url}/notices/{here.keys.notice_token(lead.to_kind, lead.to_id)}"
    stoppable = [("of", topic.value) for topic in telling.CAN_BE_SWITCHED_OFF if topic in topics]
    return Links(choose, f"{choose}/unsubscription?{urlencode(stoppable)}" if stoppable else None)


def about_replies(session: Session, recipient: Recipient, vendor: Vendor, show: Showing) -> str:
    """One sentence at the foot: where a reply goes, if anywhere."""
    _, here = show.gettext, outside.of(session)
    if recipient.is_contact and vendor.email:
        return _(
            "If you reply, your mail goes to %(vendor)s; the portal does not keep it.", vendor=pages.clean(vendor.name)
        )
    if here.mail_reply_to:
        return _(
            "If you reply, your mail goes to %(address)s; the portal does not keep it.", address=here.mail_reply_to
        )
    return _("Replies to this mail are not read: answer in the portal.")


def line(text: str) -> str:
    """One line for a header. Python's email package decodes encoded words it finds in a name, line ends in them
    included, and writes those out as they are: so there may be none."""
    return " ".join(pages.clean(text).split()).replace("=?", "= ?")


def _reply_to(session: Session, recipient: Recipient, vendor: Vendor) -> Address | None:
    """The studio answers its clients itself, where it says by which address."""
    here = outside.of(session)
    if recipient.is_contact and vendor.email:
        return _address(vendor.name, vendor.email)
    return Address(SENDER_NAME, addr_spec=here.mail_reply_to) if here.mail_reply_to else None


def _address(name: str, email: str) -> Address:
    try:
        return Address(line(name), addr_spec=email)
    except (ValueError, IndexError, MessageError) as error:
        raise Unsendable(f"The address cannot be written to: {error}") from error
