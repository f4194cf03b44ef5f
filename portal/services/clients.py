"""Clients: how papers issued from now on name the organisation that pays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.db import announce, command, lock_row
from portal.models.client import Client
from portal.models.project import Project
from portal.rules import texts
from portal.rules.errors import AlreadyDone
from portal.rules.events import ProjectChanged
from portal.rules.findings import Findings
from portal.rules.wording import N_
from portal.services import record


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands below the client's name on papers."""

    address: str
    tax_id: str


@command
def describe(session: Session, *, actor: Actor, project: Project, letterhead: Letterhead) -> Client:
    """Change address and tax id of the project's client. Papers already issued keep what they said.

    Raises InvalidForm with what is wrong beside each field, AlreadyDone when nothing is different.
    """
    authorize(actor, Action.EDIT_PROJECT, project)
    address, tax_id = _read(letterhead)
    project = record.hold(session, actor, project.id)
    lock_row(session, "clients", project.client_id)
    client = session.get_one(Client, project.client_id, populate_existing=True)
    if (client.address, client.tax_id) == (address, tax_id):
        raise AlreadyDone(N_("Nothing was different, so nothing was changed."))
    client.address, client.tax_id = address, tax_id
    # That it changed and by whom; what it says is personal and stays out of the record.
    record.append(session, project, "client.described", by=actor, client=client.id)
    announce(session, ProjectChanged(vendor_id=project.vendor_id, project_id=project.id))
    return client


def _read(letterhead: Letterhead) -> tuple[str, str]:
    found = Findings()
    address = found.value("address", partial(texts.block, letterhead.address, texts.LONGEST_ADDRESS), "")
    tax_id = found.value("tax_id", partial(texts.line, letterhead.tax_id, texts.LONGEST_TAX_ID), "")
    found.settle()
    return address, tax_id
