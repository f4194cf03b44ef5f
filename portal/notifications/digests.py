"""Several notices become one mail: what happened, project by project, each with its link."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.adapters import outside, pages
from portal.models.outbox import Notice
from portal.notifications import envelopes, mails, story, words
from portal.notifications.recipients import Recipient
from portal.notifications.showing import Showing
from portal.notifications.story import Story
from portal.rules import telling


def compose(
    session: Session, notices: Sequence[Notice], recipient: Recipient, *, sender: str, lead: Notice
) -> EmailMessage:
    """The mail about several notices to one person, in the order of the facts, under the Message-ID of `lead`.

    Raises Unsendable.
    """
    tales = [(notice, story.of(session, notice)) for notice in notices]
    vendor = tales[0][1].vendor
    show = Showing(recipient.locale, recipient.zone, recipient.zone)
    ways = envelopes.links(session, lead, {telling.TOPICS[tale.kind] for _, tale in tales})
    subject = _subject(show, len(tales), recipient, pages.clean(vendor.name))
    message = envelopes.addressed(session, lead, recipient, sender=sender, subject=subject, vendor=vendor, links=ways)
    told = {"subject": subject, "groups": _groups(session, tales, recipient), "home": _home(session)}
    foot = mails.common(session, recipient, vendor, show, ways) | {"heads": _heads(session, tales)}
    return mails.filled(message, "digest", told | foot, recipient.locale)


def _subject(show: Showing, count: int, recipient: Recipient, vendor: str) -> str:
    if recipient.is_contact:
        return show.ngettext(
            "%(num)s piece of news from %(vendor)s", "%(num)s pieces of news from %(vendor)s", count, vendor=vendor
        )
    return show.ngettext("%(num)s piece of news from your projects", "%(num)s pieces of news from your projects", count)


def _groups(session: Session, tales: Sequence[tuple[Notice, Story]], recipient: Recipient) -> list[dict[str, Any]]:
    """By project, in the order in which they had news first."""
    groups: dict[UUID, dict[str, Any]] = {}
    for notice, tale in tales:
        group = groups.setdefault(tale.project.id, {"project": pages.clean(tale.project.title), "entries": []})
        group["entries"].append(_entry(session, notice, tale, recipient))
    return list(groups.values())


def _entry(session: Session, notice: Notice, tale: Story, recipient: Recipient) -> dict[str, Any]:
    show = Showing(recipient.locale, recipient.zone, tale.project.time_zone)
    chosen = words.choose(tale, show, for_contact=recipient.is_contact)
    return {
        "sentence": chosen.sentence,
        "clocks": show.clocks(notice.created_at),
        "quotes": chosen.quotes,
        "button": chosen.button,
        "link": outside.of(session).base_url + chosen.address,
    }


def _heads(session: Session, tales: Sequence[tuple[Notice, Story]]) -> list[dict[str, str]]:
    """The newest of each project."""
    newest = {tale.project.id: (notice, tale) for notice, tale in tales}
    return [mails.head(session, notice, tale.project) for notice, tale in newest.values()]


def _home(session: Session) -> str:
    return f"{outside.of(session).base_url}/projects"
