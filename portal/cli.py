"""`portal …`: thin callers of services. Exit status 0 only on success; failures are one sentence on stderr."""

from __future__ import annotations

import os
import socket
import sys
import traceback
from typing import Any

import click
from flask import Flask
from sqlalchemy import select

from portal import config, create_app, failures, migrating
from portal.config import BadSetting, Config
from portal.models.vendor import Vendor
from portal.web import setup_token
from portal.web.installation import installation

DEMO_INSTANCE = "instance-demo"


class Portal(click.Group):
    """A group of commands whose failures are one sentence on stderr."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and leave with the right status."""
        kwargs["standalone_mode"] = False
        try:
            status = super().main(*args, **kwargs)
        except click.ClickException as error:
            _leave(error.format_message(), error.exit_code)
        except click.Abort:
            _leave("Stopped.", 130)
        except Exception as error:
            if os.environ.get("MILEPOST_TRACEBACK"):
                traceback.print_exc()
            _leave(failures.sentence(error), 1)
        sys.exit(status if isinstance(status, int) else 0)


def _leave(sentence: str, status: int) -> None:
    click.echo(sentence, err=True)
    sys.exit(status)


@click.group(cls=Portal, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="milepost", message="Milepost %(version)s")
def main() -> None:
    """Milepost: files are released when the milestone is paid. Settings: instance/portal.toml and PORTAL_*."""


@main.command()
def run() -> None:
    """Serve the portal; the first visit sets it up."""
    settings = _upgraded(config.load())
    _require_port(settings)
    app = create_app(settings)
    click.echo(f"Milepost is at {settings.base_url}")
    if not _has_vendor(app):
        click.echo(f"Set it up at {settings.base_url}/setup with this token: {setup_token.read(settings)}")
    _serve(app, settings)


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
    _require_port(settings)
    studio.make_ready(settings)
    app = create_app(_upgraded(settings))
    if not _has_vendor(app):
        click.echo("Loading the demo studio …", err=True)
    memory = studio.load(app)
    click.echo(f"Milepost, with a demo studio: {settings.base_url}")
    click.echo(f"Studio:  {settings.base_url}/login  e-mail {memory.email}  password {memory.password}")
    click.echo(f"Client:  {settings.base_url}/enter  access code {memory.code}")
    _serve(app, settings)


@main.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema: all of it, or nothing."""
    _upgraded(config.load())
    click.echo("The database is up to date.")


def _upgraded(settings: Config) -> Config:
    migrating.upgrade(settings)
    return settings


def _has_vendor(app: Flask) -> bool:
    with installation(app).sessions() as session:
        return session.scalar(select(Vendor.id).limit(1)) is not None


def _require_port(settings: Config) -> None:
    """Before anything slow: is the address free?"""
    try:
        with socket.create_server((settings.host, settings.port)):
            pass
    except OSError as error:
        raise BadSetting(
            f"Cannot listen on {settings.host}:{settings.port}: {(error.strerror or str(error)).lower()}. "
            "Choose another port with PORT=, or stop what uses it."
        ) from None


def _serve(app: Flask, settings: Config) -> None:
    sys.stdout.flush()
    app.run(settings.host, settings.port, threaded=True)
