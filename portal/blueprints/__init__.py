"""HTTP in, HTML out. One file per noun; `BLUEPRINTS` is the table of contents."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint

NAMES = (
    "accounts",
    "attachments",
    "brands",
    "calendars",
    "clients",
    "deliverables",
    "entrances",
    "grants",
    "health",
    "homes",
    "messages",
    "milestones",
    "payments",
    "preferences",
    "project_forms",
    "projects",
    "receipts",
    "records",
    "settings",
    "status_updates",
    "transcripts",
    "uploads",
)


def blueprints() -> list[Blueprint]:
    """Every blueprint, in the order of `NAMES`."""
    return [import_module(f"portal.blueprints.{name}").bp for name in NAMES]
