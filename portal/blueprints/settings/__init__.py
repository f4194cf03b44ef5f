"""The studio's own pages: how it appears, how it is paid, its people, and each person's account."""

from __future__ import annotations

from portal.blueprints.settings import account, mail, members, notices, payment, studio, webhooks
from portal.blueprints.settings.pages import bp as bp

__all__ = ["account", "bp", "mail", "members", "notices", "payment", "studio", "webhooks"]
