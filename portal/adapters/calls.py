"""Calls to addresses that people typed in: never into a house's own network, never longer than agreed.

The name is looked up here and the connection goes to the very address that was looked at, so that a name which means
something else a moment later leads nowhere. Nothing is followed, no proxy of the environment is used.
"""

from __future__ import annotations

import http.client
import queue
import socket
import ssl
import threading
import time
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache

from portal.rules import networks
from portal.rules.call_addresses import Address
from portal.rules.webhooks import LONGEST_ANSWER, Trouble

SECONDS = 10
MOST_READ = 4 * LONGEST_ANSWER
MOST_ADDRESSES = 3


class NoAnswer(Exception):
    """The call did not come through: why, and what the machine said about it."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(detail)
        self.trouble = trouble
        self.detail = detail[:LONGEST_ANSWER]


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, and the beginning of what was said with it."""

    status: int
    text: str


def post(address: Address, body: bytes, headers: Mapping[str, str], *, private: bool, seconds: int = SECONDS) -> Answer:
    """Send `body`; what was answered. Raises NoAnswer. `private`: also into private networks.

    All of it together, looking up the name and reading the answer included, takes `seconds` at most.
    """
    end = time.monotonic() + seconds
    try:
        with _connected(address, _allowed(address, private, end), end) as sock:
            return _spoken(address, body, headers, sock, end)
    except NoAnswer:
        raise
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(Trouble.CERTIFICATE, error.verify_message) from error
    except TimeoutError as error:
        raise _too_slow() from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= end:
            raise _too_slow() from error
        raise NoAnswer(Trouble.BROKEN, _words(error)) from error


def _allowed(address: Address, private: bool, end: float) -> list[str]:
    """The addresses of a host. One private among them is enough to refuse it: a name that leads inside is a trap."""
    found = _looked_up(address, end)
    if not private and not all(networks.is_public(each) for each in found):
        raise NoAnswer(Trouble.PRIVATE)
    return found[:MOST_ADDRESSES]


def _looked_up(address: Address, end: float) -> list[str]:
    """All addresses of a host, in a thread of its own, because nothing can interrupt the asking."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        found = answers.get(timeout=max(0, end - time.monotonic()))
    except queue.Empty:
        raise _too_slow() from None
    if isinstance(found, OSError):
        raise NoAnswer(Trouble.UNKNOWN_NAME)
    return found


@contextmanager
def _connected(address: Address, hosts: list[str], end: float) -> Iterator[socket.socket]:
    """A connection to the first of `hosts` that takes one, cut when the time is over."""
    sock = _first(hosts, address.port, end)
    # A second handle on the same connection, which works while TLS has the first.
    cut = sock.dup()
    # Whoever sends a byte a second would never run into a time limit for single reads.
    watch = threading.Timer(max(0, end - time.monotonic()), _cut, [cut])
    watch.daemon = True
    watch.start()
    try:
        if address.scheme == "https":
            sock = _context().wrap_socket(sock, server_hostname=address.host)
        yield sock
    finally:
        watch.cancel()
        sock.close()
        cut.close()


def _first(hosts: list[str], port: int, end: float) -> socket.socket:
    for number, host in enumerate(hosts, start=1):
        # What time is left is shared by those that are left to be tried.
        share = (end - time.monotonic()) / (len(hosts) - number + 1)
        try:
            return _to(host, port, max(0.1, share))
        except OSError:
            if number == len(hosts):
                raise
    raise NoAnswer(Trouble.UNKNOWN_NAME)


def _to(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to an IP address; nothing is looked up."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        sock.settimeout(seconds)
        sock.connect((host, port))
        sock.settimeout(SECONDS + 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _spoken(address: Address, body: bytes, headers: Mapping[str, str], sock: socket.socket, end: float) -> Answer:
    line = http.client.HTTPConnection(address.host, address.port)
    # It would connect anew, and look the name up once more, if the other side hung up.
    line.auto_open = 0
    line.sock = sock
    line.request("POST", address.path, body, {**headers, "Host": _host(address), "Connection": "close"})
    with line.getresponse() as answer:
        if time.monotonic() >= end:
            # Cut off in the middle of its headers, it passes for a whole one.
            raise _too_slow()
        return Answer(answer.status, _beginning(answer))


def _beginning(answer: http.client.HTTPResponse) -> str:
    """The first of what was said; where it breaks off, what came until then. The status is what counts."""
    content = b""
    with suppress(OSError, http.client.HTTPException, ValueError):
        while len(content) < MOST_READ and (piece := answer.read1(MOST_READ - len(content))):
            content += piece
    kept = "".join(char if _is_plain(char) else " " for char in content.decode("utf-8", "replace"))
    return " ".join(kept.split())[:LONGEST_ANSWER]


def _is_plain(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _host(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    usual = 443 if address.scheme == "https" else 80
    return host if address.port == usual else f"{host}:{address.port}"


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _words(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return f"{type(error).__name__}: {said}"[:200]


def _too_slow() -> NoAnswer:
    return NoAnswer(Trouble.SLOW)
