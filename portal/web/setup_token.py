"""The token of the first visit: printed when the portal starts without a vendor, so that no stranger sets it up."""

from __future__ import annotations

import secrets

from portal.config import Config

NAME = "setup.token"


def read(config: Config) -> str:
    """The token, made when it is first asked for."""
    path = config.key_file(NAME)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(18))
    return path.read_text().strip()


def use_up(config: Config) -> None:
    """Forget the token once the vendor exists."""
    config.key_file(NAME).unlink(missing_ok=True)
