"""People at the client: how they are addressed."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.access.actor import ContactActor
from portal.db import command
from portal.models.client import Contact
from portal.rules import terms


@command
def speak(session: Session, *, actor: ContactActor, locale: str) -> None:
    """Use another language for one's pages, mails and papers to come."""
    read = terms.read_locale(locale)
    for key in actor.keys:
        mine = Contact.id == key.contact_id, Contact.vendor_id == key.vendor_id
        session.execute(update(Contact).where(*mine).values(locale=read))
