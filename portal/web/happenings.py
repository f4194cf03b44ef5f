"""From an entry of the record to the one sentence people read: on the timeline, and as recent activity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flask_babel import ngettext

from portal.rules.wording import N_
from portal.web.language import gettext as _
from portal.web.language import show_money


class Told(Protocol):
    """What a row must say of an entry: its kind, its body, the milestone's title, the currency of its amounts."""

    @property
    def kind(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...
    @property
    def milestone(self) -> str | None: ...
    @property
    def currency(self) -> str: ...


Names = Mapping[str, str]

SENTENCES = {
    "project.created": N_("%(who)s set up the project at a price of %(amount)s."),
    "project.revised": N_("%(who)s changed the draft; the price is %(amount)s."),
    "project.started": N_("%(who)s started the project. Its terms are locked."),
    "client.described": N_("%(who)s changed what papers say about the client."),
    "milestone.opened": N_("“%(milestone)s” is open. Work on it can begin."),
    "milestone.approved": N_("%(who)s approved “%(milestone)s”."),
    "milestone.settled": N_("“%(milestone)s” is paid and complete."),
    "milestone.released": N_("%(who)s opened the files of “%(milestone)s” before they were paid for."),
    "payment.reported": N_("%(who)s reported a payment of %(amount)s for “%(milestone)s”."),
    "payment.confirmed": N_("%(who)s confirmed %(amount)s for “%(milestone)s”. Receipt %(receipt)s was issued."),
    "payment.rejected": N_("%(who)s did not find the payment reported for “%(milestone)s”."),
    "payment.reversed": N_("%(who)s recorded that %(amount)s for “%(milestone)s” went back."),
    "grant.issued": N_("%(who)s gave access to %(person)s."),
    "grant.rotated": N_("%(who)s gave %(person)s a new access code. The old one no longer opens anything."),
    "grant.revoked": N_("%(who)s ended the access of %(person)s."),
    "status.sent": N_("%(who)s sent status update %(number)s."),
    "file.stored": N_("%(who)s added the file “%(file)s” to “%(milestone)s”."),
    "file.removed": N_("%(who)s took the file “%(file)s” back from “%(milestone)s”."),
    "message.sent": N_("%(who)s wrote a message."),
    "message.edited": N_("%(who)s changed a message. What it said before is kept."),
    "message.deleted": N_("%(who)s took a message back. What it said is kept."),
}
APPROVED_BY_PAYMENT = N_("“%(milestone)s” counts as approved, because it was paid in full.")
NEW_VERSION = N_("%(who)s added version %(version)s of the file “%(file)s” to “%(milestone)s”.")
FILE_STORED_UNNAMED = N_("%(who)s added a file to “%(milestone)s”.")
FILE_REMOVED_UNNAMED = N_("%(who)s took a file back from “%(milestone)s”.")
SERVICE_DELIVERED = N_("%(who)s delivered “%(milestone)s”, a service without files.")
UNKNOWN = N_("%(who)s changed something this version of Milepost has no words for.")
ABOUT_MONEY = N_("A payment was dealt with. Your access does not include payments.")


def happening(entry: Told, names: Names) -> str:
    """The sentence of an entry. `names` maps references (“member:…”, “grant:…”) to what people call them."""
    words = _words(entry, names)
    special = _SPECIAL.get(entry.kind)
    if special is not None:
        return special(entry, words)
    return _(SENTENCES.get(entry.kind, UNKNOWN), **words)


def is_about_money(entry: Told) -> bool:
    """Whether only those who may see payments are told more than that there was one."""
    return entry.kind.startswith("payment.")


def _submitted(entry: Told, words: dict[str, Any]) -> str:
    count = len(entry.facts["files"])
    if not count:
        return _(SERVICE_DELIVERED, **words)
    return ngettext(
        "%(who)s delivered “%(milestone)s” with %(num)s file.",
        "%(who)s delivered “%(milestone)s” with %(num)s files.",
        count,
        **words,
    )


def _approved(entry: Told, words: dict[str, Any]) -> str:
    paid = entry.facts.get("means") == "payment"
    return _(APPROVED_BY_PAYMENT if paid else SENTENCES[entry.kind], **words)


def _stored(entry: Told, words: dict[str, Any]) -> str:
    if not words["file"]:
        return _(FILE_STORED_UNNAMED, **words)
    return _(NEW_VERSION if entry.facts["version"] > 1 else SENTENCES[entry.kind], **words)


def _removed(entry: Told, words: dict[str, Any]) -> str:
    return _(SENTENCES[entry.kind] if words["file"] else FILE_REMOVED_UNNAMED, **words)


_SPECIAL: dict[str, Callable[[Told, dict[str, Any]], str]] = {
    "milestone.submitted": _submitted,
    "milestone.approved": _approved,
    "file.stored": _stored,
    "file.removed": _removed,
}


def _words(entry: Told, names: Names) -> dict[str, Any]:
    facts = entry.facts
    minor = facts.get("amount_minor", facts.get("price_minor"))
    grant = names.get(f"grant:{facts.get('grant')}") or names.get(f"contact:{facts.get('contact')}")
    return {
        "who": _who(str(facts.get("by", "")), names),
        "person": grant or _("a contact"),
        "milestone": entry.milestone or _("a milestone"),
        "file": names.get(f"deliverable:{facts.get('deliverable')}", ""),
        "amount": show_money(minor, facts.get("currency", entry.currency)) if minor is not None else "",
        "receipt": facts.get("receipt_label", ""),
        "version": facts.get("version", ""),
        "number": facts.get("number", ""),
    }


def _who(reference: str, names: Names) -> str:
    if reference in names:
        return names[reference]
    unnamed = {"system": "Milepost", "member": _("The vendor"), "contact": _("The client")}
    return unnamed.get(reference.partition(":")[0], reference)
