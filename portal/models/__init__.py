"""Every table. Importing this package makes the metadata whole, which migrations and tests rely on."""

from portal.models import (
    client,
    deliverable,
    entry,
    feed,
    message,
    milestone,
    outbox,
    payment,
    project,
    receipt,
    searching,
    sitting,
    status_update,
    triggers,
    vendor,
    webhook,
)

__all__ = [
    "client",
    "deliverable",
    "entry",
    "feed",
    "message",
    "milestone",
    "outbox",
    "payment",
    "project",
    "receipt",
    "searching",
    "sitting",
    "status_update",
    "triggers",
    "vendor",
    "webhook",
]
