"""What the record says is true by now, told entry by entry (reliability.md §1, C3). The tables must say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Facts = dict[tuple[str, str], str]
"""(what, which) → how it stands, in words both sides of a comparison write the same way."""
Body = Mapping[str, Any]


def replay(bodies: Iterable[Body]) -> Facts:
    """The facts after all of `bodies`, in their order. A kind nobody knows says nothing."""
    facts: Facts = {}
    for body in bodies:
        tell(facts, body)
    return facts


def tell(facts: Facts, body: Body) -> None:
    """Let one entry change the facts."""
    teller = _TELLERS.get(str(body.get("kind")))
    if teller is not None:
        teller(facts, body)
    if "state" in body:
        facts["milestone", body["milestone"]] = body["state"]


def differences(recorded: Facts, present: Facts) -> list[str]:
    """One sentence for each fact on which record and tables disagree."""
    keys = sorted(recorded.keys() | present.keys())
    return [
        f"{what} {which}: the record says {_said(recorded, key)}, the tables say {_said(present, key)}."
        for key in keys
        for what, which in [key]
        if recorded.get(key) != present.get(key)
    ]


def price(minor: int, currency: str) -> str:
    """An amount as facts have it."""
    return f"{minor} {currency}"


def file(sha256: str, size: int, version: int, removed: bool) -> str:
    """A stored file as facts have it."""
    return f"{sha256} of {size} bytes, version {version}" + (", taken back" if removed else "")


def grant(scopes: str, version: int, revoked: bool) -> str:
    """A right of access as facts have it."""
    return f"{scopes}, version {version}" + (", revoked" if revoked else "")


def update(sha256: str, money_sha256: str | None) -> str:
    """A status update as facts have it."""
    return sha256 + (f", money {money_sha256}" if money_sha256 else "")


def _said(facts: Facts, key: tuple[str, str]) -> str:
    return f"“{facts[key]}”" if key in facts else "nothing"


def _priced(facts: Facts, body: Body) -> None:
    facts["price", "of the project"] = price(body["price_minor"], body["currency"])


def _started(facts: Facts, body: Body) -> None:
    facts["terms", "of the project"] = body["terms_sha256"]


def _submitted(facts: Facts, body: Body) -> None:
    facts["current manifest", body["milestone"]] = body["manifest_sha256"]
    facts["manifest", f"{body['milestone']} no. {body['number']}"] = body["manifest_sha256"]


def _approved(facts: Facts, body: Body) -> None:
    facts["approval", f"{body['milestone']} of {body['manifest_sha256']}"] = body.get("typed_name") or body["means"]


def _released(facts: Facts, body: Body) -> None:
    facts["release", body["milestone"]] = "early"


def _reported(facts: Facts, body: Body) -> None:
    facts["payment", body["payment"]] = "reported"
    facts["report", body["payment"]] = f"{price(body['amount_minor'], body['currency'])} on {body['paid_on']}"
    if body["proof_sha256"]:
        facts["proof", body["payment"]] = body["proof_sha256"]


def _confirmed(facts: Facts, body: Body) -> None:
    facts["payment", body["payment"]] = "confirmed"
    facts["payment entered", body["payment"]] = str(body["amount_minor"])
    facts["receipt", body["receipt"]] = f"{body['receipt_label']} with {body['receipt_sha256']}"
    _credited(facts, body)


def _rejected(facts: Facts, body: Body) -> None:
    facts["payment", body["payment"]] = "rejected"


def _reversed(facts: Facts, body: Body) -> None:
    facts["payment", body["payment"]] = "reversed"
    facts["chargeback entered", body["payment"]] = str(body["amount_minor"])
    _credited(facts, body)


def _credited(facts: Facts, body: Body) -> None:
    key = "credit", str(body["milestone"])
    total = int(facts.pop(key, "0")) + int(body["credit_change_minor"])
    if total:
        facts[key] = str(total)


def _issued(facts: Facts, body: Body) -> None:
    facts["grant", body["grant"]] = grant(body["scopes"], 1, False)


def _rotated(facts: Facts, body: Body) -> None:
    scopes = facts["grant", body["grant"]].partition(",")[0]
    facts["grant", body["grant"]] = grant(scopes, body["version"], False)


def _revoked(facts: Facts, body: Body) -> None:
    facts["grant", body["grant"]] += ", revoked"


def _stored(facts: Facts, body: Body) -> None:
    facts["file", body["deliverable"]] = file(body["sha256"], body["bytes"], body["version"], False)


def _removed(facts: Facts, body: Body) -> None:
    facts["file", body["deliverable"]] += ", taken back"


def _worded(facts: Facts, body: Body) -> None:
    facts["version", f"{body['message']} no. {body['version']}"] = body["text"]
    facts["message", body["message"]] = body["text"]
    for sha256 in body["files"]:
        facts["attachment", f"{sha256} of {body['message']}"] = "stored"


def _status_sent(facts: Facts, body: Body) -> None:
    facts["status update", str(body["number"])] = update(body["sha256"], body["money_sha256"])


_TELLERS: dict[str, Callable[[Facts, Body], None]] = {
    "project.created": _priced,
    "project.revised": _priced,
    "project.started": _started,
    "milestone.submitted": _submitted,
    "milestone.approved": _approved,
    "milestone.released": _released,
    "payment.reported": _reported,
    "payment.confirmed": _confirmed,
    "payment.rejected": _rejected,
    "payment.reversed": _reversed,
    "grant.issued": _issued,
    "grant.rotated": _rotated,
    "grant.revoked": _revoked,
    "file.stored": _stored,
    "file.removed": _removed,
    "message.sent": _worded,
    "message.edited": _worded,
    "message.deleted": _worded,
    "status.sent": _status_sent,
}
