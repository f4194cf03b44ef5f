"""The one sentence that opens a project or milestone: where it stands, what is next, who must act. For each side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.rules.gate import Standing
from portal.rules.wording import N_
from portal.web.language import gettext as _
from portal.web.language import show_date, show_money


@dataclass(frozen=True, slots=True)
class Situation:
    """What a sentence is made from. Amounts in minor units; `reported_minor` is what the client says it paid."""

    standing: Standing
    position: int
    total: int
    title: str
    due_on: date
    balance_minor: int
    currency: str
    reported_minor: int = 0
    has_files: bool = True
    released: bool = False
    finished: bool | None = None

    @property
    def all_done(self) -> bool:
        """Whether nothing of the whole project is left to do; unless told, what the last milestone says."""
        last = self.position == self.total if self.finished is None else self.finished
        return last and self.standing is Standing.SETTLED


CLIENT = {
    Standing.DRAFT: N_("This project is being prepared."),
    Standing.LOCKED: N_("Milestone %(n)s of %(total)s opens when the one before it is paid."),
    Standing.WORKING: N_("Milestone %(n)s of %(total)s is in progress, due %(due)s."),
    Standing.TO_APPROVE: N_("Milestone %(n)s of %(total)s is delivered. Look at it and approve it."),
    Standing.TO_PAY: N_("Milestone %(n)s of %(total)s is delivered. Pay %(balance)s to download the files."),
    Standing.PARTLY_PAID: N_("Milestone %(n)s of %(total)s is partly paid. %(balance)s is still open."),
    Standing.REPORTED: N_("You reported %(reported)s for milestone %(n)s. The vendor is checking its account."),
    Standing.CHANGES_REQUESTED: N_("You asked for changes to milestone %(n)s. The vendor is working on them."),
    Standing.REVERSED: N_("A payment for milestone %(n)s was reversed. %(balance)s is open again."),
    Standing.SETTLED: N_("Milestone %(n)s of %(total)s is paid. The files are yours to download."),
    Standing.CANCELLED: N_("Milestone %(n)s of %(total)s was cancelled."),
}
VENDOR = CLIENT | {
    Standing.DRAFT: N_("This project is a draft. Check the terms, then start it."),
    Standing.WORKING: N_("Milestone %(n)s of %(total)s is in progress. Deliver it by %(due)s."),
    Standing.TO_APPROVE: N_("Milestone %(n)s of %(total)s is delivered. The client is looking at it."),
    Standing.TO_PAY: N_("Milestone %(n)s of %(total)s is waiting for %(balance)s from the client."),
    Standing.REPORTED: N_("The client reported %(reported)s for milestone %(n)s. Check your account and confirm it."),
    Standing.CHANGES_REQUESTED: N_("The client asked for changes to milestone %(n)s. Answer with a new version."),
    Standing.SETTLED: N_("Milestone %(n)s of %(total)s is delivered and paid."),
}
ALL_DONE = N_("All milestones are delivered and paid.")
ALL_YOURS = N_("All milestones are delivered and paid. Everything is yours to download.")
PAY_ONLY = N_("Milestone %(n)s of %(total)s is delivered. %(balance)s is to be paid.")


def for_client(now: Situation) -> str:
    """What the client reads: what happened, and what is asked of them."""
    if now.all_done:
        return _(ALL_YOURS)
    if now.standing is Standing.SETTLED and not now.has_files:
        return _(VENDOR[Standing.SETTLED], **_words(now))
    if now.standing is Standing.TO_PAY and (now.released or not now.has_files):
        return _(PAY_ONLY, **_words(now))
    return _(CLIENT[now.standing], **_words(now))


def for_vendor(now: Situation) -> str:
    """What the vendor's people read: what happened, and what is theirs to do."""
    if now.all_done:
        return _(ALL_DONE)
    return _(VENDOR[now.standing], **_words(now))


def _words(now: Situation) -> dict[str, object]:
    return {
        "n": now.position,
        "total": now.total,
        "balance": show_money(now.balance_minor, now.currency),
        "reported": show_money(now.reported_minor, now.currency),
        "due": show_date(now.due_on),
    }
