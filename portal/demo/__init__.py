"""A studio a stranger believes: three people, eleven clients, thirteen projects, told through the services."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from sqlalchemy import select

from portal.config import Config
from portal.demo import keeping, telling
from portal.demo.keeping import Memory
from portal.models.vendor import Vendor
from portal.rules import codes
from portal.rules.errors import Conflict
from portal.services import papers
from portal.web.installation import installation

MAIN_CODE = "Cherry Harvest web shop · Cleo Chen"


def make_ready(config: Config) -> None:
    """Before the database is upgraded: put aside what an interrupted loading left. Raises Conflict where we cannot."""
    memory = keeping.read(config)
    if memory is not None and not memory.loaded and not keeping.set_aside_half_loaded(config):
        raise Conflict("Loading the demo was interrupted. Give it an empty database and a fresh instance folder.")


def load(app: Flask) -> Memory:
    """How to get in; loads the demo first, once, where there is no vendor yet. Raises Conflict where there is one."""
    here = installation(app)
    known = keeping.read(here.config)
    if known is not None:
        return known
    with here.sessions() as session:
        if session.scalar(select(Vendor.id).limit(1)) is not None:
            raise Conflict("This instance holds a studio already. Name another folder in PORTAL_INSTANCE for the demo.")
        begun = Memory(telling.EMAIL, keeping.new_password())
        keeping.write(here.config, begun)
        told = {name: codes.display(code) for name, code in telling.tell(session, begun.password, here.config).items()}
        papers.draw_missing(session)
    memory = replace(begun, code=told[MAIN_CODE], codes=told, loaded=True)
    keeping.write(here.config, memory)
    return memory
