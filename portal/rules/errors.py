"""Everything the domain may refuse, by name. The web layer makes statuses and translations of them."""

from collections.abc import Iterable
from typing import ClassVar

from portal.rules.wording import N_


class DomainError(Exception):
    """A refusal a person can read.

    `message` is an English msgid with `%(name)s` placeholders, filled from `params`. Like gettext, a message
    without params is taken literally, so a lone per cent sign needs doubling only when there are params.
    `code` is a stable snake_case name for tests and clients; `field` names the form field at fault, if any.
    """

    default_code: ClassVar[str] = "refused"

    def __init__(self, message: str, /, *, code: str | None = None, field: str | None = None, **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.params: dict[str, object] = params
        self.code = code or self.default_code
        self.field = field

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class NotFound(DomainError):
    """It does not exist, or the actor may not know that it does (answered as 404)."""

    default_code = "not_found"

    def __init__(
        self,
        message: str = N_("There is nothing here, or it is not yours to see."),
        /,
        *,
        code: str | None = None,
        field: str | None = None,
        **params: object,
    ) -> None:
        super().__init__(message, code=code, field=field, **params)


class Forbidden(DomainError):
    """The actor sees it but may not do this to it (403)."""

    default_code = "forbidden"


class Conflict(DomainError):
    """What the actor saw is out of date, or someone did something else meanwhile (409)."""

    default_code = "conflict"


class AlreadyDone(DomainError):
    """A harmless repeat: nothing was changed, because it had been done before."""

    default_code = "already_done"


class Invalid(DomainError):
    """One value is wrong; `field` says which (422)."""

    default_code = "invalid"

    def at(self, field: str) -> "Invalid":
        """The same finding, beside another field: the caller knows what the form calls it."""
        moved = Invalid(self.message, code=self.code, field=field)
        moved.params = self.params
        return moved


class InvalidForm(DomainError):
    """Several values are wrong; `errors` holds one `Invalid` for each (422)."""

    default_code = "invalid_form"

    def __init__(self, errors: Iterable[Invalid] = ()) -> None:
        super().__init__(N_("Some fields need your attention."))
        self.errors: list[Invalid] = list(errors)


class TooLarge(DomainError):
    """More bytes than the rules allow (413)."""

    default_code = "too_large"


class Throttled(DomainError):
    """Too many tries; may be tried again after `retry_after` seconds (429)."""

    default_code = "throttled"

    def __init__(
        self,
        message: str = N_("Too many tries. Please wait a moment and try again."),
        /,
        *,
        retry_after: int = 60,
        code: str | None = None,
        field: str | None = None,
        **params: object,
    ) -> None:
        super().__init__(message, code=code, field=field, **params)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """Something this needs is not running at the moment (503)."""

    default_code = "unavailable"


class NoSpace(DomainError):
    """The disk or the quota is full (507)."""

    default_code = "no_space"
