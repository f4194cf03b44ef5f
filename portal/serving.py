"""From a command to a process that stays: the port looked at, storage set right, then the server."""

from __future__ import annotations

import os
import socket
import sys

from flask import Flask

from portal import server
from portal.config import BadSetting, Config
from portal.services import reconciliation
from portal.web.installation import installation


def require_port(settings: Config) -> None:
    """Before anything slow: raises BadSetting when the address is not free."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host.strip("[]"), settings.port), family=family):
            pass
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else str(error)
        where = f"{settings.host}:{settings.port}"
        raise BadSetting(f"Cannot listen on {where}: {reason}. Choose another port with PORT=.") from None


def serve(app: Flask, settings: Config) -> None:
    """Set right what a crash may have left in storage, then answer requests until told to stop."""
    here = installation(app)
    with here.sessions() as session:
        reconciliation.run(session)
    # The server's processes open connections of their own; they must not share ours.
    here.engine.dispose()
    sys.stdout.flush()
    server.run(settings)
