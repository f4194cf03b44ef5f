"""Every table. Importing this package makes the metadata whole, which migrations and tests rely on."""

from portal.models import (
    client,
    deliverable,
    entry,
    message,
    milestone,
    outbox,
    payment,
    preference,
    project,
    receipt,
    searching,
    sitting,
    triggers,
    vendor,
)

__all__ = [
    "client",
    "deliverable",
    "entry",
    "message",
    "milestone",
    "outbox",
    "payment",
    "preference",
    "project",
    "receipt",
    "searching",
    "sitting",
    "triggers",
    "vendor",
]
