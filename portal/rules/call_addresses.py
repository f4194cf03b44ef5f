"""Addresses of targets outside, as people type them: taken apart, and kept in one way of writing."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.rules.errors import Invalid
from portal.rules.wording import N_

LONGEST_ADDRESS = 1000
PLAIN = re.compile(r"[!-~]+")
HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*\.?")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a target is: the parts of an http or https address. `path` has the query with it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def text(self) -> str:
        """The address as it is kept."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


NOWHERE = Address("https", "", 443, "/")


def read_address(text: str, *, private: bool) -> Address:
    """The parts of what was typed. Raises Invalid; plain http only where private networks are allowed."""
    bare = text.strip()
    if len(bare) > LONGEST_ADDRESS:
        raise _no_address()
    try:
        parts = urlsplit(bare)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        raise _no_address() from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not PLAIN.fullmatch(path) or parts.username is not None or port == 0:
        raise _no_address()
    if parts.scheme == "http" and not private:
        raise Invalid(N_("The address must begin with https://, so that nobody on the way reads or changes it."))
    if parts.scheme not in ("http", "https"):
        raise _no_address()
    return Address(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def _host(text: str) -> str:
    """The host in ASCII, as names are looked up; an IPv6 address without its brackets. Raises ValueError."""
    if ":" in text:
        return str(ipaddress.IPv6Address(text))
    host = text.encode("idna").decode("ascii").lower() if text else ""
    if not HOST.fullmatch(host):
        raise ValueError("no host")
    return host


def _no_address() -> Invalid:
    return Invalid(N_("This is not an address that can be called. It looks like https://example.org/path."))
