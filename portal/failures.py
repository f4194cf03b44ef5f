"""What the command says when something fails: one sentence a person can act on, instead of a traceback."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import Any

import click
from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from portal.config import BadSetting
from portal.rules.errors import DomainError, InvalidForm

_SYSTEM = {
    errno.EACCES: "{path} cannot be read or written: permission denied.",
    errno.EPERM: "{path} cannot be read or written: permission denied.",
    errno.EROFS: "{path} cannot be written: the disk is read-only.",
    errno.ENOENT: "{path} does not exist.",
    errno.ENOTDIR: "{path} cannot be used: part of its path is a file, not a folder.",
    errno.EEXIST: "{path} is in the way: it exists already.",
    errno.ENOSPC: "The disk is full; nothing was changed. Make room and try again.",
}
NO_TABLES = "The database has no tables yet, or old ones. Run `portal db upgrade` first."


class Sentences(click.Group):
    """A group of commands whose failures are one sentence on standard error, and a status other than 0.

    `MILEPOST_TRACEBACK=1` in the environment shows the traceback too, for whoever looks for the fault.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and leave with the right status."""
        kwargs["standalone_mode"] = False
        try:
            status = super().main(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            _leave(error.format_message(), error.exit_code)
        except click.Abort:
            _leave("Stopped.", 130)
        except Exception as error:
            if os.environ.get("MILEPOST_TRACEBACK"):
                traceback.print_exc()
            _leave(sentence(error), 1)
        sys.exit(status if isinstance(status, int) else 0)


def sentence(error: BaseException) -> str:
    """One sentence for `error`, whatever it is. What nobody foresaw names its kind, for the report to come."""
    match error:
        case InvalidForm():
            return " ".join(str(wrong) for wrong in error.errors)
        case DomainError() | BadSetting():
            return str(error)
        case SQLAlchemyError():
            return _database(error)
        case CommandError():
            return "The database was made by a newer Milepost than this one. Install that one, or restore a backup."
        case OSError():
            return _system(error)
        case _:
            return (
                f"Something went wrong that should not have: {type(error).__name__}: {_first_line(error).rstrip('.')}."
            )


def _leave(said: str, status: int) -> None:
    click.echo(" ".join(said.split()), err=True)
    sys.exit(status)


def _database(error: SQLAlchemyError) -> str:
    cause = _first_line(error.orig) if isinstance(error, DBAPIError) and error.orig else _first_line(error)
    if "no such table" in cause or ("does not exist" in cause and "relation" in cause):
        return NO_TABLES
    return f"The database cannot be used: {cause.rstrip('.')}."


def _system(error: OSError) -> str:
    known = _SYSTEM.get(error.errno or 0)
    if known:
        return known.format(path=error.filename or "A file")
    return f"The system refused: {error.strerror or _first_line(error)}."


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "")
