"""What makes a table belong to one vendor, so that a row can never point across the wall."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Enum, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import new_id

E = TypeVar("E", bound=StrEnum)


class OfVendor:
    """Every tenant row: its own id, and the vendor it belongs to."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendors.id"), index=True)


def tenant_key() -> UniqueConstraint:
    """Lets other tables point at (vendor_id, id) together."""
    return UniqueConstraint("vendor_id", "id")


def within(column: str, table: str) -> ForeignKeyConstraint:
    """A reference that must stay inside the same vendor."""
    return ForeignKeyConstraint(["vendor_id", column], [f"{table}.vendor_id", f"{table}.id"])


def word(kind: type[E], name: str) -> Any:
    """A column type that keeps the enum's word and refuses any other."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )
