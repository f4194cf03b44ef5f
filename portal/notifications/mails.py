"""A notice becomes a mail: in the person's language, one sentence first, the record's head at the foot."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.adapters import clock, outside, pages
from portal.models.outbox import Notice
from portal.notifications import story, words
from portal.notifications.recipients import Recipient
from portal.notifications.showing import Showing
from portal.notifications.story import Story
from portal.notifications.words import Words
from portal.rules import chain

TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "mails"
SENDER_NAME = "Milepost"
LONGEST_SUBJECT = 180


class Unsendable(Exception):
    """No mail can be made of this notice, now or later; the message says why."""


def compose(session: Session, notice: Notice, recipient: Recipient, *, sender: str) -> EmailMessage:
    """The mail for one person. `sender` is the installation's own address: nothing a person wrote is in From.

    The access code is in no mail: links lead to the portal, which asks for it. Raises Unsendable for an address
    that is none.
    """
    tale = story.of(session, notice)
    show = Showing(recipient.locale, recipient.zone, tale.project.time_zone)
    chosen = words.choose(tale, show, for_contact=recipient.is_contact)
    message = _headed(notice, recipient, tale, chosen, sender)
    parts = _parts(session, notice, recipient, tale, show, chosen)
    message.set_content(_render("mail.txt", parts, recipient.locale))
    message.add_alternative(_render("mail.html", parts, recipient.locale), subtype="html")
    return message


def _headed(notice: Notice, recipient: Recipient, tale: Story, chosen: Words, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = _line(chosen.subject)[:LONGEST_SUBJECT]
    message["From"] = Address(SENDER_NAME, addr_spec=sender)
    message["To"] = _address(recipient.name, recipient.email)
    if recipient.is_contact and tale.vendor.email:
        message["Reply-To"] = _address(tale.vendor.name, tale.vendor.email)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = notice.message_id
    message["Auto-Submitted"] = "auto-generated"
    return message


def _address(name: str, email: str) -> Address:
    try:
        return Address(_line(name), addr_spec=email)
    except (ValueError, IndexError, MessageError) as error:
        raise Unsendable(f"The address cannot be written to: {error}") from error


def _parts(
    session: Session, notice: Notice, recipient: Recipient, tale: Story, show: Showing, chosen: Words
) -> dict[str, Any]:
    seq, _, digest = notice.head.partition(":")
    signed = outside.of(session).keys.sign(chain.head_text(int(seq), digest).encode())
    return {
        "subject": chosen.subject,
        "sentence": chosen.sentence,
        "more": chosen.more,
        "rows": [(label, pages.clean(value)) for label, value in chosen.rows if value],
        "button": chosen.button,
        "link": outside.of(session).base_url + chosen.address,
        "is_contact": recipient.is_contact,
        "vendor": pages.clean(tale.vendor.name),
        "project": pages.clean(tale.project.title),
        "colour": tale.vendor.brand_colour,
        "ink": "white" if pages.ink_on(tale.vendor.brand_colour) == pages.WHITE else "black",
        "clocks": show.clocks(notice.created_at),
        "head": notice.head,
        "signature": signed,
    }


def _render(template: str, parts: dict[str, Any], locale: str) -> str:
    look = _look() if template.endswith(".html") else None
    return pages.render(TEMPLATES, template, parts, languages=(locale,), look=look)


@cache
def _look() -> Markup:
    """Mail programs want their style in the head. The sheet is ours; nothing a person typed is in it."""
    return Markup("<style>{}</style>").format(Markup((TEMPLATES / "mail.css").read_text("utf-8")))  # noqa: S704  # see above


def _line(text: str) -> str:
    """One line for a header. Python's email package decodes encoded words it finds in a name, line ends in them
    included, and writes those out as they are: so there may be none."""
    return " ".join(pages.clean(text).split()).replace("=?", "= ?")
