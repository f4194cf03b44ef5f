"""Odd requests to the addresses of the portal: what is odd about each is a matter of chance."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from urllib.parse import quote_plus
from uuid import UUID

from flask import Flask
from werkzeug.routing import Rule

from tests.fuzz import odd
from tests.fuzz.asking import Asked

EDGE = b"--edge\r\n"
LENGTHS = ("", "0", "-1", "x", "5", "9" * 30, "\xb2", str(13 << 20))
FIELDS = (  # some of every form
    "code", "email", "password", "token", "vendor_name", "name", "time_zone", "locale", "next", "grant", "note",
    "manifest", "typed_name", "confirm", "amount", "paid_on", "received_on", "method", "reference", "kept_proof",
    "duplicate_ok", "idempotency_key", "reason", "title", "kind", "client_name", "contact_name", "flow",
    "contact_email", "currency", "price", "zero_ok", "series_first", "series_count", "pricing", "row_action",
    "seen_seq", "milestones-0-title", "milestones-0-due_on", "milestones-0-share", "milestones-0-amount",
    "milestones-1-title", "milestones-999999-amount", "scopes", "milestones-0-description", "milestones-0-criteria",
    "expires_on", "address", "tax_id", "brand_colour", "remove_logo", "bank_holder", "bank_name", "bank_account",
    "bank_code", "pay_instructions", "role", "current", "new", "body", "client_key", "quoted", "seq", "after",
    "asks", "messages", "quiet", "quiet_from", "quiet_to", "format", "robot_key", "events",
    "rhythm", "weekday", "hour", "done", "version",
)  # fmt: skip


def addresses(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Each rule with each of its methods, again and again."""
    pairs = [(rule, method) for rule in app.url_map.iter_rules() for method in sorted(rule.methods or ())]
    return itertools.cycle(pairs)


# Below static/.
FILES = ("css/base.css", "vendor/manifest.json")


def filled(rule: Rule, ids: Mapping[str, UUID], chance: random.Random, *, odd_ids: float = 0.25) -> str:
    """The address with an id that is there, or an odd one."""
    # The word before an id says what it is the id of.
    word = rule.rule.partition("/<")[0].rpartition("/")[2].replace("notices", "token")
    parts = []
    for is_dynamic, text in rule._trace:
        if not is_dynamic:
            parts.append(text)
        elif rule._converters[text].__class__.__name__ == "IntegerConverter":
            parts.append("1" if chance.random() >= odd_ids * 2 else chance.choice(odd.NUMBERS))
        elif text == "filename":
            parts.append(chance.choice((*FILES, *odd.IDS, *odd.TEXTS) if odd_ids else FILES))
        else:
            parts.append(str(ids[word]) if word in ids and chance.random() >= odd_ids else chance.choice(odd.IDS))
    return "".join(parts).lstrip("|").encode("utf-8", "surrogateescape").decode("latin-1")


def query(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return ""
    pairs = [f"{quote_plus(chance.choice(odd.ARGUMENTS))}={quote_plus(odd.text(chance)[:3000])}" for _ in range(3)]
    return "&".join(pairs) if chance.random() < 0.8 else chance.choice(odd.BYTES).decode("latin-1")


def form(chance: random.Random, token: str) -> bytes:
    """A form of fields that exist somewhere, with odd text."""
    names = chance.sample(FIELDS, chance.randrange(1, 12))
    pairs = [("csrf_token", token), *((name, odd.text(chance)) for name in names)]
    return "&".join(f"{name}={quote_plus(text)}" for name, text in pairs).encode()


def multipart(chance: random.Random, token: str) -> bytes:
    """The same in parts, perhaps with a file, perhaps cut off."""
    whole = EDGE + b'Content-Disposition: form-data; name="csrf_token"\r\n\r\n' + token.encode() + b"\r\n"
    for name in chance.sample(FIELDS, 4):
        whole += EDGE + f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        whole += odd.text(chance).encode() + b"\r\n"
    disposition = (
        b'Content-Disposition: form-data; name="' + chance.choice((b"proof", b"logo", b"\xff", b"")) + b'"; filename="'
    )
    whole += (
        EDGE
        + disposition
        + odd.text(chance).encode()[:200].replace(b'"', b"%22")
        + b'"\r\n\r\n%PDF-1.7 x\r\n--edge--\r\n'
    )
    return whole[: chance.randrange(len(whole))] if chance.random() < 0.3 else whole


def body(chance: random.Random, token: str) -> tuple[str | None, bytes]:
    """A content type and a body that may or may not fit it."""
    match chance.randrange(6):
        case 0 | 1:
            return "application/x-www-form-urlencoded", form(chance, token)
        case 2:
            return "multipart/form-data; boundary=edge", multipart(chance, token)
        case 3:
            return chance.choice(odd.TYPES), chance.choice((form, multipart))(chance, token)
        case 4:
            return chance.choice(odd.TYPES), chance.choice(odd.BYTES) * chance.randrange(1, 50)
        case _:
            return chance.choice(odd.TYPES), b""


def made(known: dict[str, str], ids: Mapping[str, UUID], pair: tuple[Rule, str], chance: random.Random) -> Asked:
    """One odd request by somebody whose browser shows what is `known`, about things of theirs."""
    rule, method = pair
    kind, content = body(chance, known["X-CSRFToken"])
    asked = Asked(method, filled(rule, ids, chance), query(chance), dict(known), kind, content)
    if rule.rule.startswith("/uploads"):
        asked.headers["Tus-Resumable"] = "1.0.0"
    for name in chance.sample(sorted(odd.HEADERS), chance.choice((0, 1, 1, 2, 4))):
        asked.headers[name] = chance.choice(odd.HEADERS[name])
    if chance.random() < 0.1:
        asked.method = chance.choice(odd.METHODS)
    if chance.random() < 0.1:
        asked.announced = chance.choice((*LENGTHS, str(len(content) + 100)))
    return asked
