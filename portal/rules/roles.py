"""Who people are: roles of members, scopes of contacts."""

from __future__ import annotations

from enum import StrEnum

from portal.rules.wording import N_


class Role(StrEnum):
    """What a member may do at their vendor."""

    OWNER = "owner"
    MANAGER = "manager"
    MEMBER = "member"

    @property
    def label(self) -> str:
        """The word people read, to be translated."""
        return _ROLE_LABELS[self]


class Scope(StrEnum):
    """What a contact may do in one project. Every grant may see where the project stands and what it costs."""

    VIEW = "view"
    REVIEW = "review"
    PAY = "pay"
    SIGN = "sign"

    @property
    def label(self) -> str:
        """The word people read, to be translated."""
        return _SCOPE_LABELS[self]


_ROLE_LABELS = {Role.OWNER: N_("Owner"), Role.MANAGER: N_("Manager"), Role.MEMBER: N_("Member")}
_SCOPE_LABELS = {
    Scope.VIEW: N_("See and download files"),
    Scope.REVIEW: N_("Approve work"),
    Scope.PAY: N_("Pay and see receipts"),
    Scope.SIGN: N_("Sign agreements"),
}
