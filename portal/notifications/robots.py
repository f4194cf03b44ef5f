"""A delivery as its target wants it: our own JSON with a signature, or a sentence for the robot of a chat.

What each robot takes is in docs/webhooks.md. Every sentence begins with "Milepost", so that a robot can be told to take
only messages with this word in them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from portal.adapters import catalogue, clock
from portal.rules import call_addresses, money, references, signatures
from portal.rules.call_addresses import Address
from portal.rules.webhooks import Format, Happening
from portal.rules.wording import N_
from portal.services.calls import Call

JSON = "application/json; charset=utf-8"
H = Happening


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and where to."""

    address: Address
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def request(call: Call, locale: str) -> Request:
    """The request for one delivery; signed now, so that a repeat is as fresh as a first one."""
    # What is kept was read with the rule of its day; what may be called is checked again when it is called.
    address = call_addresses.read_address(call.address, private=True)
    plain = Request(address, b"", {"Content-Type": JSON, "User-Agent": "Milepost"})
    return _FORMATS[call.format](call, plain, locale)


def _milepost(call: Call, plain: Request, _locale: str) -> Request:
    body = call.body.encode()
    ours = {
        "Milepost-Event": call.event.value,
        "Milepost-Delivery": str(call.delivery_id),
        "Milepost-Signature": signatures.ours(call.secret, int(clock.now().timestamp()), body),
    }
    return replace(plain, body=body, headers=plain.headers | ours)


def _slack(call: Call, plain: Request, locale: str) -> Request:
    told = json.loads(call.body)
    lines = [line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in _lines(call, locale)]
    return _said(plain, {"text": "\n".join([*lines, f"<{told['link']}|{_open(locale)}>"])})


def _wecom(call: Call, plain: Request, locale: str) -> Request:
    return _said(plain, {"msgtype": "markdown", "markdown": {"content": _markdown(call, locale, "\n")}})


def _dingtalk(call: Call, plain: Request, locale: str) -> Request:
    # Its title is what the phone shows before the message is opened.
    markdown = {"title": _lines(call, locale)[0], "text": _markdown(call, locale, "\n\n")}
    said = _said(plain, {"msgtype": "markdown", "markdown": markdown})
    if not call.secret:
        return said
    signed = signatures.for_dingtalk(call.secret, int(clock.now().timestamp() * 1000))
    path = said.address.path
    return replace(said, address=replace(said.address, path=f"{path}{'&' if '?' in path else '?'}{signed}"))


def _feishu(call: Call, plain: Request, locale: str) -> Request:
    told = json.loads(call.body)
    signed = signatures.for_feishu(call.secret, int(clock.now().timestamp())) if call.secret else {}
    return _said(
        plain, {**signed, "msg_type": "text", "content": {"text": "\n".join([*_lines(call, locale), told["link"]])}}
    )


def _said(plain: Request, body: dict[str, Any]) -> Request:
    return replace(plain, body=json.dumps(body, ensure_ascii=False).encode())


def _markdown(call: Call, locale: str, between: str) -> str:
    link = json.loads(call.body)["link"]
    return between.join([*_lines(call, locale), f"[{_open(locale)}]({link})"])


def _lines(call: Call, locale: str) -> list[str]:
    """The sentence; where it is about money, also the reference by which a bank statement names the milestone."""
    told = json.loads(call.body)
    words = {name: told[name] for name in ("position", "count") if name in told}
    if "payment" in told:
        words["amount"] = money.format_amount(told["amount_minor"], told["currency"], locale)
    sentence = f"Milepost: {catalogue.gettext(locale, _sentence(call, told), **words)}"
    if "amount_minor" not in told:
        return [sentence]
    reference = references.grouped(references.of_milestone(UUID(told["project"]), told["position"]))
    return [sentence, catalogue.gettext(locale, N_("Reference: %(reference)s"), reference=reference)]


def _sentence(call: Call, told: dict[str, Any]) -> str:
    found = SENTENCES[call.event]
    return found if isinstance(found, str) else found[told["side"], "milestone" in told]


def _open(locale: str) -> str:
    return catalogue.gettext(locale, N_("Open in the portal"))


# By whom, and whether about a milestone. Who it was and what they say stays inside, as with everything people write.
MESSAGES = {
    ("client", True): N_("The client wrote a message about milestone %(position)s of %(count)s."),
    ("client", False): N_("The client wrote a message about the whole project."),
    ("vendor", True): N_("The studio wrote a message about milestone %(position)s of %(count)s."),
    ("vendor", False): N_("The studio wrote a message about the whole project."),
}
SENTENCES: dict[Happening, str | dict[tuple[str, bool], str]] = {
    H.PROJECT_STARTED: N_("A project has started."),
    H.MILESTONE_OPENED: N_("Milestone %(position)s of %(count)s is open for work."),
    H.MILESTONE_SUBMITTED: N_("Milestone %(position)s of %(count)s is delivered."),
    H.MILESTONE_APPROVED: N_("Milestone %(position)s of %(count)s is approved."),
    H.MILESTONE_SETTLED: N_("Milestone %(position)s of %(count)s is paid and complete."),
    H.MILESTONE_RELEASED: N_("The files of milestone %(position)s of %(count)s are open before payment."),
    H.PAYMENT_REPORTED: N_("A payment of %(amount)s is reported for milestone %(position)s of %(count)s."),
    H.PAYMENT_CONFIRMED: N_("A payment of %(amount)s is confirmed for milestone %(position)s of %(count)s."),
    H.PAYMENT_REJECTED: N_("A reported payment of %(amount)s for milestone %(position)s of %(count)s was not found."),
    H.PAYMENT_REVERSED: N_("A payment of %(amount)s for milestone %(position)s of %(count)s was taken back."),
    H.MESSAGE_POSTED: MESSAGES,
    H.TEST: N_("This is a test. Messages arrive."),
}
_FORMATS: dict[Format, Callable[[Call, Request, str], Request]] = {
    Format.MILEPOST: _milepost,
    Format.SLACK: _slack,
    Format.WECOM: _wecom,
    Format.DINGTALK: _dingtalk,
    Format.FEISHU: _feishu,
}
