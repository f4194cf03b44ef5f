"""ONE table: event → what happens after commit. Read this to learn every side effect."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Flask

LISTENERS: dict[type, tuple[Callable[[Flask, object], None], ...]] = {}
log = structlog.get_logger()


def teller(app: Flask) -> Callable[[object], None]:
    """What a session calls for each fact it announced, once the facts are kept."""

    def tell(fact: object) -> None:
        for listener in LISTENERS.get(type(fact), ()):
            try:
                listener(app, fact)
            except Exception:
                log.exception("listener_failed", fact=type(fact).__name__)

    return tell
