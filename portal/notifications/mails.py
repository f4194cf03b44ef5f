"""A notice becomes a mail: in the person's language, one sentence first, the record's head at the foot."""

from __future__ import annotations

from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.adapters import outside, pages
from portal.models.outbox import Notice
from portal.models.project import Project
from portal.models.vendor import Vendor
from portal.notifications import envelopes, story, words
from portal.notifications.envelopes import Links
from portal.notifications.envelopes import Unsendable as Unsendable  # named here too: what making a mail raises
from portal.notifications.recipients import Recipient
from portal.notifications.showing import Showing
from portal.rules import chain, telling

TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "mails"


def compose(
    session: Session, notice: Notice, recipient: Recipient, *, sender: str, lead: Notice | None = None
) -> EmailMessage:
    """The mail about one notice. `sender` is the installation's own address: nothing a person wrote is in From.

    It has the Message-ID of `lead`, if that is another. The access code is in no mail: links lead to the portal, which
    asks for it. Raises Unsendable for an address that is none.
    """
    tale = story.of(session, notice)
    show = Showing(recipient.locale, recipient.zone, tale.project.time_zone)
    chosen = words.choose(tale, show, for_contact=recipient.is_contact)
    ways = envelopes.links(session, notice, [telling.TOPICS[tale.kind]])
    message = envelopes.addressed(
        session, lead or notice, recipient, sender=sender, subject=chosen.subject, vendor=tale.vendor, links=ways
    )
    told = {
        "subject": chosen.subject,
        "sentence": chosen.sentence,
        "more": chosen.more,
        "rows": [(label, pages.clean(value)) for label, value in chosen.rows if value],
        "quotes": chosen.quotes,
        "after": chosen.after,
        "button": chosen.button,
        "link": outside.of(session).base_url + chosen.address,
        "project": pages.clean(tale.project.title),
        "clocks": show.clocks(notice.created_at),
    }
    foot = common(session, recipient, tale.vendor, show, ways) | {"heads": [head(session, notice, tale.project)]}
    return filled(message, "mail", told | foot, recipient.locale)


def common(session: Session, recipient: Recipient, vendor: Vendor, show: Showing, ways: Links) -> dict[str, Any]:
    """What every mail shows: whose it is, and at its foot what can be done about it."""
    return {
        "vendor": pages.clean(vendor.name),
        "colour": vendor.brand_colour,
        "ink": "white" if pages.ink_on(vendor.brand_colour) == pages.WHITE else "black",
        "is_contact": recipient.is_contact,
        "replies": envelopes.about_replies(session, recipient, vendor, show),
        "choose": ways.choose,
        "stop": ways.stop,
    }


def head(session: Session, notice: Notice, project: Project) -> dict[str, str]:
    """Where the record of a project stood, signed."""
    seq, _, digest = notice.head.partition(":")
    signature = outside.of(session).keys.sign(chain.head_text(int(seq), digest).encode())
    return {"project": pages.clean(project.title), "head": notice.head, "signature": signature}


def filled(message: EmailMessage, template: str, parts: dict[str, Any], locale: str) -> EmailMessage:
    """The mail with its text, and beside it the same as HTML."""
    message.set_content(_render(f"{template}.txt", parts, locale))
    message.add_alternative(_render(f"{template}.html", parts, locale), subtype="html")
    return message


def _render(template: str, parts: dict[str, Any], locale: str) -> str:
    look = _look() if template.endswith(".html") else None
    return pages.render(TEMPLATES, template, parts, languages=(locale,), look=look)


@cache
def _look() -> Markup:
    """Mail programs want their style in the head. The sheet is ours; nothing a person typed is in it."""
    return Markup("<style>{}</style>").format(Markup((TEMPLATES / "mail.css").read_text("utf-8")))  # noqa: S704  # see above
