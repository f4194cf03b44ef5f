"""Everybody who could knock at a door, for the access and gate matrices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from portal.access.doors import get_grant
from portal.adapters import clock
from portal.models.project import Project
from portal.rules.roles import Role, Scope
from portal.services import grants
from tests.worlds import Browser, Entered, World

INSIDERS = ("owner", "manager", "member", "full", "viewer", "payer")
OUTSIDERS = ("other owner", "other manager", "other member", "neighbour", "other contact")
STRANGERS = ("nobody", "revoked", "expired")
EVERYBODY = INSIDERS + OUTSIDERS + STRANGERS


@dataclass
class People:
    """Browsers by name. Insiders belong to `project`; outsiders to another vendor or another project."""

    browsers: dict[str, Browser]
    full: Entered

    def __getitem__(self, name: str) -> Browser:
        return self.browsers[name]


def gather(world: World, other: World, project: Project, neighbour: Project, foreign: Project) -> People:
    """Log everybody in, each the way they would."""
    full = world.contact(project)
    revoked = world.contact(project, name="Rita Gone")
    expired = _expired(world, project)
    browsers = {
        "owner": world.browser(world.owner),
        "manager": world.browser(world.member(Role.MANAGER, "Mia Manager")),
        "member": world.browser(world.member(Role.MEMBER, "Max Member")),
        "full": world.entered(full.code),
        "viewer": world.entered(world.contact(project, frozenset({Scope.VIEW}), "Vic View").code),
        "payer": world.entered(world.contact(project, frozenset({Scope.PAY}), "Pam Pay").code),
        "other owner": other.browser(other.owner),
        "other manager": other.browser(other.member(Role.MANAGER, "Omar Other")),
        "other member": other.browser(other.member(Role.MEMBER, "Olga Other")),
        "neighbour": world.entered(world.contact(neighbour, name="Nina Next").code),
        "other contact": world.entered(other.contact(foreign, name="Otto Other").code),
        "nobody": world.stranger(),
        "revoked": world.entered(revoked.code),
        "expired": expired,
    }
    grants.revoke(world.session, actor=world.owner, grant=get_grant(world.session, world.owner, revoked.grant_id))
    return People(browsers, full)


def _expired(world: World, project: Project) -> Browser:
    """Entered while the code was good for one more day; that day is over."""
    past = clock.now() - timedelta(hours=20)
    with time_machine.travel(past, tick=False):
        issued = grants.issue(
            world.session,
            actor=world.owner,
            project=project,
            invitation=grants.Invitation(
                "Eva Late", "eva@cherry.example", frozenset(Scope), clock.today("Europe/Berlin")
            ),
        )
        browser = world.entered(issued.code)
    grant = get_grant(world.session, world.owner, issued.grant_id)
    grant.expires_at = clock.now() - timedelta(seconds=1)
    world.session.commit()
    return browser


def second_studio(app: Flask, session: Session) -> World:
    """Another vendor on the same installation."""
    return World.founded(app, session, name="Otto Agency")
