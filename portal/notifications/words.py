"""In which words: for each kind of notice its subject, one sentence, the facts beside it and the place to go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.adapters import pages
from portal.notifications.showing import Showing
from portal.notifications.story import Step, Story, told
from portal.rules import gate
from portal.rules.gate import Standing
from portal.services.notices import NoticeKind


@dataclass(frozen=True, slots=True)
class Words:
    """A mail's own text. `address` is a path of the portal; `button` says what is there."""

    subject: str
    sentence: str
    button: str
    address: str
    more: str = ""
    rows: tuple[tuple[str, str], ...] = ()


def choose(story: Story, show: Showing, *, for_contact: bool) -> Words:
    """The words of a story for one reader; a contact and a member are told differently where they do differently."""
    return _CHOICES[story.kind](story, show, for_contact)


def _project_started(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, names = show.gettext, _names(story)
    return Words(
        subject=_("“%(project)s” has started", **names),
        sentence=_("%(vendor)s has started work on “%(project)s”.", **names),
        more=_("You see every step, what it costs and when it is due. You are told when there is something to do."),
        button=_("Open the project"),
        address=f"/projects/{story.project.id}",
        rows=((_("Price"), show.money(story.project.price_minor, story.project.currency)),),
    )


def _milestone_opened(story: Story, show: Showing, for_contact: bool) -> Words:
    _, step, names = show.gettext, told(story.step), _names(story)
    sentence = (
        _("%(vendor)s now works on milestone %(position)s of %(count)s, “%(milestone)s”.", **names)
        if for_contact
        else _("Milestone %(position)s of %(count)s, “%(milestone)s”, is open: work on it can begin.", **names)
    )
    return Words(
        subject=_("Milestone %(position)s of %(count)s is open: %(milestone)s", **names),
        sentence=sentence,
        button=_("Open the milestone"),
        address=_milestone(story),
        rows=((_("Due on"), show.date(step.milestone.due_on)), _price(step, show)),
    )


def _work_delivered(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, step, names = show.gettext, told(story.step), _names(story)
    return Words(
        subject=_("Milestone %(position)s of %(count)s is delivered: %(milestone)s", **names),
        sentence=_delivered_sentence(story, show),
        more=_("Names, sizes and fingerprints of the files are on the page, whether they are open or not."),
        button=_("Look at what was delivered"),
        address=_milestone(story),
        rows=(_price(step, show), (_("Due on"), show.date(step.milestone.due_on))),
    )


def _delivered_sentence(story: Story, show: Showing) -> str:
    _, step, names = show.gettext, told(story.step), _names(story)
    left = show.money(gate.balance(step.facts), step.milestone.currency)
    if step.standing in (Standing.TO_PAY, Standing.PARTLY_PAID):
        return _(
            "Milestone %(position)s of %(count)s is delivered. Pay %(amount)s to download the files.",
            amount=left,
            **names,
        )
    if step.standing is Standing.TO_APPROVE:
        return _("Milestone %(position)s of %(count)s is delivered. Look at it and approve it.", **names)
    return _("Milestone %(position)s of %(count)s is delivered.", **names)


def _work_approved(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, step, names = show.gettext, told(story.step), _names(story)
    return Words(
        subject=_("Milestone %(position)s of %(count)s is approved: %(milestone)s", **names),
        sentence=_("%(client)s approved milestone %(position)s of %(count)s, “%(milestone)s”.", **names),
        button=_("Open the milestone"),
        address=_milestone(story),
        rows=(_price(step, show),),
    )


def _files_released(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, step, names = show.gettext, told(story.step), _names(story)
    return Words(
        subject=_("The files of milestone %(position)s are open: %(milestone)s", **names),
        sentence=_("%(vendor)s opened the files of milestone %(position)s of %(count)s before payment.", **names),
        more=_("What is to be paid for the milestone stays as it is."),
        button=_("Open the files"),
        address=_milestone(story),
        rows=(_left(step, show),),
    )


def _payment_reported(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, payment, names = show.gettext, told(story.payment), _names(story)
    amount = show.money(payment.amount_minor, payment.currency)
    return Words(
        subject=_("%(amount)s reported for %(milestone)s", amount=amount, **names),
        sentence=_("%(reporter)s reports a payment of %(amount)s for milestone %(position)s of %(count)s.",
                    amount=amount, **names),
        more=_("Look into your account, then confirm what arrived or say that it did not."),
        button=_("Confirm or reject"),
        address=_milestone(story),
        rows=(
            (_("Paid on"), show.date(payment.paid_on)),
            (_("Method"), _(payment.method.label)),
            (_("Reference"), payment.reference),
        ),
    )  # fmt: skip


def _payment_confirmed(story: Story, show: Showing, for_contact: bool) -> Words:
    _, step, payment, receipt, names = (
        show.gettext,
        told(story.step),
        told(story.payment),
        told(story.receipt),
        _names(story),
    )
    amount = show.money(payment.confirmed_minor or 0, payment.currency)
    sentence = (
        _("%(vendor)s confirmed your payment of %(amount)s.", amount=amount, **names)
        if for_contact
        else _("The payment of %(amount)s from %(client)s is confirmed.", amount=amount, **names)
    )
    opened = _("All files of milestone %(position)s are open for download now.", **names)
    return Words(
        subject=_("Receipt %(number)s for %(amount)s", number=receipt.label, amount=amount),
        sentence=sentence,
        more=opened if for_contact and gate.unlocked(step.facts) else "",
        button=_("Open the receipt"),
        address=f"/receipts/{receipt.id}",
        rows=((_("Receipt"), receipt.label), _left(step, show)),
    )


def _payment_rejected(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, payment, names = show.gettext, told(story.payment), _names(story)
    amount = show.money(payment.amount_minor, payment.currency)
    return Words(
        subject=_("%(amount)s for %(milestone)s was not found", amount=amount, **names),
        sentence=_("%(vendor)s could not find your payment of %(amount)s.", amount=amount, **names),
        more=_("Check date and reference with your bank, then report it again or write to %(vendor)s.", **names),
        button=_("Open the milestone"),
        address=_milestone(story),
        rows=((_("Reason"), payment.reason), (_("Reference"), payment.reference)),
    )


def _payment_reversed(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, step, payment, names = show.gettext, told(story.step), told(story.payment), _names(story)
    amount = show.money(payment.confirmed_minor or 0, payment.currency)
    locked = _("The files it paid for are locked again until the balance is paid.")
    return Words(
        subject=_("Payment of %(amount)s taken back", amount=amount),
        sentence=_("%(vendor)s took back the confirmation of your payment of %(amount)s.", amount=amount, **names),
        more="" if gate.unlocked(step.facts) else locked,
        button=_("Open the milestone"),
        address=_milestone(story),
        rows=((_("Reason"), payment.reason), _left(step, show)),
    )


def _payee_changed(story: Story, show: Showing, for_contact: bool) -> Words:
    _, names = show.gettext, _names(story)
    advice = (
        _(
            "If you did not expect this, ask %(vendor)s by phone before you pay. Do not use a number from a mail.",
            **names,
        )
        if for_contact
        else _("If nobody on your team did this on purpose, change your passwords and the details at once.")
    )
    return Words(
        subject=_("%(vendor)s changed its payment details", **names),
        sentence=_("The account to pay %(vendor)s into has changed.", **names),
        more=advice,
        button=_("Open the project"),
        address=f"/projects/{story.project.id}",
    )


def _status_update(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, update, names = show.gettext, told(story.update), _names(story)
    return Words(
        subject=_("Status update %(number)s: %(project)s", number=update.number, **names),
        sentence=_("%(vendor)s tells where “%(project)s” stands.", **names),
        more=_("What has to do with money is on the page, for those who may see payments.") if update.money else "",
        button=_("Open the update"),
        address=f"/updates/{update.id}",
        rows=update.open_parts,
    )


def _names(story: Story) -> dict[str, object]:
    """What sentences may name. A name in another direction is fenced in, so that the sentence keeps its own."""
    names: dict[str, object] = {
        "vendor": pages.clean(story.vendor.name),
        "client": pages.clean(story.client.name),
        "project": pages.clean(story.project.title),
    }
    if story.reporter is not None:
        names["reporter"] = pages.clean(story.reporter.name)
    if story.step is not None:
        milestone = story.step.milestone
        names |= {"position": milestone.position, "count": story.step.count, "milestone": pages.clean(milestone.title)}
    return names


def _milestone(story: Story) -> str:
    return f"/milestones/{told(story.step).milestone.id}"


def _price(step: Step, show: Showing) -> tuple[str, str]:
    return show.gettext("Amount"), show.money(step.milestone.amount_minor, step.milestone.currency)


def _left(step: Step, show: Showing) -> tuple[str, str]:
    return show.gettext("Still to pay"), show.money(gate.balance(step.facts), step.milestone.currency)


_CHOICES: dict[NoticeKind, Callable[[Story, Showing, bool], Words]] = {
    NoticeKind.PROJECT_STARTED: _project_started,
    NoticeKind.MILESTONE_OPENED: _milestone_opened,
    NoticeKind.WORK_DELIVERED: _work_delivered,
    NoticeKind.WORK_APPROVED: _work_approved,
    NoticeKind.FILES_RELEASED: _files_released,
    NoticeKind.PAYMENT_REPORTED: _payment_reported,
    NoticeKind.PAYMENT_CONFIRMED: _payment_confirmed,
    NoticeKind.PAYMENT_REJECTED: _payment_rejected,
    NoticeKind.PAYMENT_REVERSED: _payment_reversed,
    NoticeKind.PAYEE_CHANGED: _payee_changed,
    NoticeKind.STATUS_UPDATE: _status_update,
}
