"""The words of mails about money: reported, confirmed, not found, taken back; and where it goes."""

from __future__ import annotations

from portal.notifications.phrases import Words, left, milestone_page, names_of, quote
from portal.notifications.showing import Showing
from portal.notifications.story import Story, told
from portal.rules import gate


def payment_reported(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, payment, names = show.gettext, told(story.payment), names_of(story)
    amount = show.money(payment.amount_minor, payment.currency)
    return Words(
        subject=_("%(amount)s reported for %(milestone)s", amount=amount, **names),
        sentence=_("%(reporter)s reports a payment of %(amount)s for milestone %(position)s of %(count)s.",
                    amount=amount, **names),
        more=_("Look into your account, then confirm what arrived or say that it did not."),
        button=_("Confirm or reject"),
        address=milestone_page(story),
        rows=(
            (_("Paid on"), show.date(payment.paid_on)),
            (_("Method"), _(payment.method.label)),
            (_("Reference"), payment.reference),
        ),
    )  # fmt: skip


def payment_confirmed(story: Story, show: Showing, for_contact: bool) -> Words:
    _, step, payment, receipt, names = (
        show.gettext,
        told(story.step),
        told(story.payment),
        told(story.receipt),
        names_of(story),
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
        rows=((_("Receipt"), receipt.label), left(step, show)),
    )


def payment_rejected(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, payment, names = show.gettext, told(story.payment), names_of(story)
    amount = show.money(payment.amount_minor, payment.currency)
    return Words(
        subject=_("%(amount)s for %(milestone)s was not found", amount=amount, **names),
        sentence=_("%(vendor)s could not find your payment of %(amount)s.", amount=amount, **names),
        more=_("Check date and reference with your bank, then report it again or write to %(vendor)s.", **names),
        button=_("Open the milestone"),
        address=milestone_page(story),
        rows=((_("Reference"), payment.reference),),
        quotes=quote(_("Reason"), payment.reason),
    )


def payment_reversed(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, step, payment, names = show.gettext, told(story.step), told(story.payment), names_of(story)
    amount = show.money(payment.confirmed_minor or 0, payment.currency)
    locked = _("The files it paid for are locked again until the balance is paid.")
    return Words(
        subject=_("Payment of %(amount)s taken back", amount=amount),
        sentence=_("%(vendor)s took back the confirmation of your payment of %(amount)s.", amount=amount, **names),
        more="" if gate.unlocked(step.facts) else locked,
        button=_("Open the milestone"),
        address=milestone_page(story),
        rows=(left(step, show),),
        quotes=quote(_("Reason"), payment.reason),
    )


def payee_changed(story: Story, show: Showing, for_contact: bool) -> Words:
    _, names = show.gettext, names_of(story)
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
