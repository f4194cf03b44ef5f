"""Who is asking: a member, a contact with a keyring, the system itself, or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from portal.rules.roles import Role, Scope

ActorKind = Literal["member", "contact", "system", "nobody"]


@dataclass(frozen=True, slots=True)
class Key:
    """One grant on a browser's keyring, checked against the database for this very request."""

    grant_id: UUID
    contact_id: UUID
    vendor_id: UUID
    project_id: UUID
    name: str
    scopes: frozenset[Scope]
    entered_at: datetime
    locale: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class MemberActor:
    """A logged-in person at a vendor."""

    member_id: UUID
    vendor_id: UUID
    name: str
    role: Role
    locale: str
    time_zone: str
    sitting_id: UUID | None = None
    vendor_name: str = ""
    kind: ActorKind = "member"

    @property
    def ref(self) -> str:
        """How the record names this person: a reference, never a name."""
        return f"member:{self.member_id}"


@dataclass(frozen=True, slots=True)
class ContactActor:
    """The holder of one or more access codes."""

    sitting_id: UUID
    keys: tuple[Key, ...]
    address: str = ""
    user_agent: str = ""
    kind: ActorKind = "contact"

    @property
    def name(self) -> str:
        """The name on the key used last."""
        return self.latest.name

    @property
    def locale(self) -> str:
        """The language of the key used last."""
        return self.latest.locale

    @property
    def time_zone(self) -> str:
        """The zone of the key used last."""
        return self.latest.time_zone

    @property
    def ref(self) -> str:
        """How idempotency keys name this browser's holder."""
        return f"contact:{self.latest.contact_id}"

    @property
    def latest(self) -> Key:
        """The key entered last."""
        return max(self.keys, key=lambda key: key.entered_at)

    def key_for(self, project_id: UUID) -> Key | None:
        """The key that opens this project; the newest if two do."""
        fitting = [key for key in self.keys if key.project_id == project_id]
        return max(fitting, key=lambda key: key.entered_at, default=None)


@dataclass(frozen=True, slots=True)
class SystemActor:
    """A timer or a command line: acts without a person."""

    name: str = "Milepost"
    kind: ActorKind = "system"

    @property
    def ref(self) -> str:
        """How the record names the system."""
        return "system"


@dataclass(frozen=True, slots=True)
class Nobody:
    """A stranger."""

    name: str = ""
    kind: ActorKind = "nobody"

    @property
    def ref(self) -> str:
        """Strangers act on nothing, so this is only ever read by logs."""
        return "nobody"


Actor = MemberActor | ContactActor | SystemActor | Nobody
