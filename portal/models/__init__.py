"""Every table. Importing this package makes the metadata whole, which migrations and tests rely on."""

from portal.models import (
    client,
    deliverable,
    entry,
    feed,
    milestone,
    outbox,
    payment,
    project,
    receipt,
    sitting,
    triggers,
    vendor,
    webhook,
)

__all__ = [
    "client",
    "deliverable",
    "entry",
    "feed",
    "milestone",
    "outbox",
    "payment",
    "project",
    "receipt",
    "sitting",
    "triggers",
    "vendor",
    "webhook",
]
