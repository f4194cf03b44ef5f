"""`portal …`: thin callers of services. Exit status 0 only on success; failures are one sentence on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import config, create_app, failures, migrating, serving
from portal.access.actor import SystemActor
from portal.config import BadSetting, Config
from portal.models.client import Grant
from portal.models.project import Project
from portal.models.vendor import Vendor
from portal.queries import records
from portal.rules import codes
from portal.rules.errors import NotFound
from portal.rules.roles import Scope
from portal.services import grants, vendors, verification
from portal.web import setup_token
from portal.web.installation import installation

DEMO_INSTANCE = "instance-demo"


@click.group(cls=failures.Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="milepost", message="Milepost %(version)s")
def main() -> None:
    """Milepost: files are released when the milestone is paid. Settings: instance/portal.toml and PORTAL_*."""


@main.command()
def run() -> None:
    """Serve the portal; the first visit sets it up."""
    settings = _upgraded(config.load())
    serving.require_port(settings)
    app = create_app(settings)
    click.echo(f"Milepost is at {settings.base_url}")
    if not _has_vendor(app):
        click.echo(f"Set it up at {settings.base_url}/setup with this token: {setup_token.read(settings)}")
    serving.serve(app, settings)


@main.command()
def worker() -> None:
    """Do the jobs (mails, papers, tidying) in a process of their own; `run` does them itself while none does."""
    from portal import worker as jobs

    app = create_app(_upgraded(config.load()))
    with jobs.until_told(app):
        click.echo("Doing the jobs of this instance. Ctrl-C ends it.")


@main.command()
def init() -> None:
    """Make the instance: its folder, its keys and its database."""
    settings = _upgraded(config.load())
    create_app(settings)
    click.echo(f"The instance is ready in {settings.instance}")


@main.command()
def demo() -> None:
    """Serve a studio with invented clients, projects and payments; loads it the first time."""
    from portal import demo as studio

    settings = config.load(instance=os.environ.get("PORTAL_INSTANCE") or DEMO_INSTANCE)
    serving.require_port(settings)
    studio.make_ready(settings)
    app = create_app(_upgraded(settings))
    if not _has_vendor(app):
        click.echo("Loading the demo studio …", err=True)
    memory = studio.load(app)
    click.echo(f"Milepost, with a demo studio: {settings.base_url}")
    click.echo(f"Studio:  {settings.base_url}/login  e-mail {memory.email}  password {memory.password}")
    click.echo(f"Client:  {settings.base_url}/enter  access code {memory.code}")
    serving.serve(app, settings)


@main.command()
def doctor() -> None:
    """Look at this machine and this instance; name what is missing, and the line that installs it."""
    from portal import doctor as practice

    found = list(practice.examine())
    for check in found:
        click.echo(str(check))
    missing = sum(check.state is practice.State.MISSING for check in found)
    if missing:
        raise click.ClickException(f"{missing} of {len(found)} things are missing.")


@main.command(name="config")
def show_config() -> None:
    """Print the settings in force. Secrets are not shown."""
    for name, value in config.shown(config.load()):
        click.echo(f"{name} = {value}")


@main.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema: all of it, or nothing."""
    _upgraded(config.load())
    click.echo("The database is up to date.")


@main.group()
def vendor() -> None:
    """Those who sell."""


@vendor.command()
@click.option("--name", required=True, help="The studio's name.")
@click.option("--email", required=True, help="The address its owner logs in with.")
@click.option("--owner-name", help="The owner's own name; the studio's if left out.")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the owner's password from standard input.")
def create(name: str, email: str, owner_name: str | None, password_stdin: bool) -> None:
    """Make a vendor and its owner."""
    password = sys.stdin.readline().rstrip("\r\n")
    founding = vendors.Founding(vendor_name=name, name=owner_name or name, email=email, password=password)
    with _session() as session:
        member = vendors.found(session, founding=founding, only_first=False)
        click.echo(f"{name} is set up; {member.email} can log in.")
    setup_token.use_up(config.load())


@main.group()
def grant() -> None:
    """Access of contacts to projects."""


@grant.command()
@click.option("--project", "which", required=True, help="The project's id, or its title if there is only one like it.")
@click.option("--name", required=True, help="The contact's name.")
@click.option("--email", default="", help="The contact's e-mail address.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What they may do.",
)
def issue(which: str, name: str, email: str, scopes: tuple[str, ...]) -> None:
    """Give a contact access; prints the code, this once."""
    with _session() as session:
        project = _project(session, which)
        invitation = grants.Invitation(name, email, frozenset(Scope(scope) for scope in scopes))
        issued = grants.issue(session, actor=SystemActor(), project=project, invitation=invitation)
        click.echo(codes.display(issued.code))
        click.echo(f"This code of {name} is shown only now. To end it: portal grant revoke {issued.grant_id}", err=True)


@grant.command()
@click.argument("grant_id", type=click.UUID)
def revoke(grant_id: UUID) -> None:
    """End an access at once, by the id that was printed with its code."""
    with _session() as session:
        found = session.get(Grant, grant_id)
        if found is None:
            raise NotFound("There is no access with this id.")
        grants.revoke(session, actor=SystemActor(), grant=found)
        click.echo("The access has ended.")


@main.command()
@click.option("--project", "which", help="Only this project: its id or its title.")
@click.option("--files", is_flag=True, help="Read every stored file too and compare its hash.")
def verify(which: str | None, files: bool) -> None:
    """Hold records, papers and tables against each other."""
    with _session() as session:
        chosen = _project(session, which) if which else None
        verdict = verification.verify(session, project=chosen, files=files)
    for finding in verdict.findings:
        click.echo(f"{finding.project_id or 'Everywhere'}: {finding.reason}")
    if verdict.findings:
        raise click.ClickException(f"{len(verdict.findings)} things are not right.")
    click.echo(f"Everything is right: {verdict.projects} projects, {verdict.entries} entries.")


@main.command()
@click.option("--project", "which", required=True, help="The project's id or its title.")
def export(which: str) -> None:
    """Write a project's record to standard output, as verify_milepost.py reads it."""
    with _session() as session:
        for line in records.export(session, _project(session, which).id):
            sys.stdout.buffer.write(line)


def _upgraded(settings: Config) -> Config:
    migrating.upgrade(settings)
    return settings


@contextmanager
def _session() -> Iterator[Session]:
    """A session of this instance, whose database is as new as the program."""
    here = installation(create_app())
    if not migrating.current_is_head(here.engine):
        raise BadSetting(failures.NO_TABLES)
    with here.sessions() as session:
        yield session


def _project(session: Session, which: str) -> Project:
    """The project of that id, or the only one of that title. Raises NotFound."""
    try:
        wanted = Project.id == UUID(which)
    except ValueError:
        wanted = Project.title == which
    found = session.scalars(select(Project).where(wanted).limit(2)).all()
    if len(found) != 1:
        raise NotFound(
            "There are several projects of that title; give the id." if found else "There is no such project."
        )
    return found[0]


def _has_vendor(app: Flask) -> bool:
    with installation(app).sessions() as session:
        return session.scalar(select(Vendor.id).limit(1)) is not None
