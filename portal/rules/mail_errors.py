"""Why a mail did not arrive, in plain words, told by what the mail server (or the way to it) said."""

from __future__ import annotations

import re
from enum import StrEnum

from portal.rules.wording import N_

_NAME = re.compile(r"[A-Za-z_]+(?=:)")
_CODE = re.compile(r"(?<![\w.])([45])\d\d(?![\w.])")
_NOBODY = re.compile(
    r"unknown|no such|does not exist|doesn't exist|not found|invalid (?:recipient|mailbox|address)|\b5\.1\.[0-3]\b",
    re.IGNORECASE,
)
_FULL = re.compile(r"full|quota|over ?limit|\b[45]\.2\.2\b", re.IGNORECASE)
_UNREACHABLE = re.compile(r"Connect|Timeout|timeout|gaierror|OSError|Disconnected|SSL|Helo|BrokenPipe|herror")


class Cause(StrEnum):
    """What went wrong, as far as anybody can know."""

    ADDRESS = "address"
    NOBODY = "nobody"
    FULL = "full"
    REFUSED = "refused"
    LOGIN = "login"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """What happened, and what can be done: a sentence to be translated."""
        return _LABELS[self]


def cause(said: str) -> Cause:
    """What stands behind the text that was kept with a mail that failed."""
    if said.startswith("The address cannot be written to"):
        return Cause.ADDRESS
    name = _NAME.match(said)
    if name and name[0] == "SMTPAuthenticationError":
        return Cause.LOGIN
    if name and _UNREACHABLE.search(name[0]):
        return Cause.UNREACHABLE
    code = _CODE.search(said)
    if code is None:
        return Cause.UNKNOWN
    if _FULL.search(said):
        return Cause.FULL
    if code[1] == "4":
        return Cause.BUSY
    return Cause.NOBODY if _NOBODY.search(said) else Cause.REFUSED


_LABELS = {
    Cause.ADDRESS: N_("This is not an address that mail can be sent to. Correct it."),
    Cause.NOBODY: N_("The mail server over there knows nobody with this address. Check how it is written."),
    Cause.FULL: N_("The mailbox over there is full. Ask the person to make room."),
    Cause.REFUSED: N_(
        "The mail server over there does not accept this mail. Ask the person whether they can let it in."
    ),
    Cause.LOGIN: N_("The mail server does not accept the password of this portal. Whoever runs it has to look."),
    Cause.UNREACHABLE: N_("The mail server could not be reached."),
    Cause.BUSY: N_("The mail server asked to try again later."),
    Cause.UNKNOWN: N_("Something went wrong on the way."),
}
