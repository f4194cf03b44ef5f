"""Alembic's entry. portal/migrating.py hands over a connection whose transaction holds every revision at once."""

from typing import Any

from alembic import context

from portal import models  # noqa: F401  # makes the metadata whole
from portal.db import Base, UtcDateTime
from portal.models import searching


def include(_thing: Any, name: str | None, _kind: str, _reflected: bool, _compared_to: Any) -> bool:
    """The tables of the job queue, and the index conversations are searched by, are no business of the models."""
    return not ((name or "").startswith("huey_") or searching.is_ours(name or ""))


def render(kind: str, thing: Any, _autogen: Any) -> str | bool:
    """Revisions stand still, so they do not name types of ours that may move."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, UtcDateTime) else False


def run() -> None:
    """Apply the revisions on the connection we were given."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include,
        render_item=render,
        render_as_batch=not context.config.attributes.get("first"),
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
