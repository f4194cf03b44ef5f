"""The words of mails about the work: begun, opened, delivered, approved, released."""

from __future__ import annotations

from portal.notifications.phrases import Words, left, milestone_page, names_of, price, quote
from portal.notifications.showing import Showing
from portal.notifications.story import Story, told
from portal.rules import gate
from portal.rules.gate import Standing


def project_started(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, names = show.gettext, names_of(story)
    return Words(
        subject=_("“%(project)s” has started", **names),
        sentence=_("%(vendor)s has started work on “%(project)s”.", **names),
        more=_("You see every step, what it costs and when it is due. You are told when there is something to do."),
        button=_("Open the project"),
        address=f"/projects/{story.project.id}",
        rows=((_("Price"), show.money(story.project.price_minor, story.project.currency)),),
    )


def milestone_opened(story: Story, show: Showing, for_contact: bool) -> Words:
    _, step, names = show.gettext, told(story.step), names_of(story)
    sentence = (
        _("%(vendor)s now works on milestone %(position)s of %(count)s, “%(milestone)s”.", **names)
        if for_contact
        else _("Milestone %(position)s of %(count)s, “%(milestone)s”, is open: work on it can begin.", **names)
    )
    return Words(
        subject=_("Milestone %(position)s of %(count)s is open: %(milestone)s", **names),
        sentence=sentence,
        button=_("Open the milestone"),
        address=milestone_page(story),
        rows=((_("Due on"), show.date(step.milestone.due_on)), price(step, show)),
    )


def work_delivered(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, step, names = show.gettext, told(story.step), names_of(story)
    return Words(
        subject=_("Milestone %(position)s of %(count)s is delivered: %(milestone)s", **names),
        sentence=_delivered_sentence(story, show),
        more=_("Names, sizes and fingerprints of the files are on the page, whether they are open or not."),
        button=_("Look at what was delivered"),
        address=milestone_page(story),
        rows=(price(step, show), (_("Due on"), show.date(step.milestone.due_on))),
        quotes=quote(_("Note from %(vendor)s", **names), story.note),
    )


def _delivered_sentence(story: Story, show: Showing) -> str:
    _, step, names = show.gettext, told(story.step), names_of(story)
    amount = show.money(gate.balance(step.facts), step.milestone.currency)
    if step.standing in (Standing.TO_PAY, Standing.PARTLY_PAID):
        return _(
            "Milestone %(position)s of %(count)s is delivered. Pay %(amount)s to download the files.",
            amount=amount,
            **names,
        )
    if step.standing is Standing.TO_APPROVE:
        return _("Milestone %(position)s of %(count)s is delivered. Look at it and approve it.", **names)
    return _("Milestone %(position)s of %(count)s is delivered.", **names)


def work_approved(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, step, names = show.gettext, told(story.step), names_of(story)
    return Words(
        subject=_("Milestone %(position)s of %(count)s is approved: %(milestone)s", **names),
        sentence=_("%(client)s approved milestone %(position)s of %(count)s, “%(milestone)s”.", **names),
        button=_("Open the milestone"),
        address=milestone_page(story),
        rows=(price(step, show),),
    )


def files_released(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, step, names = show.gettext, told(story.step), names_of(story)
    return Words(
        subject=_("The files of milestone %(position)s are open: %(milestone)s", **names),
        sentence=_("%(vendor)s opened the files of milestone %(position)s of %(count)s before payment.", **names),
        more=_("What is to be paid for the milestone stays as it is."),
        button=_("Open the files"),
        address=milestone_page(story),
        rows=(left(step, show),),
    )


def status_update(story: Story, show: Showing, _for_contact: bool) -> Words:
    _, update, names = show.gettext, told(story.update), names_of(story)
    return Words(
        subject=_("Status update %(number)s: %(project)s", number=update.number, **names),
        sentence=_("%(vendor)s tells where “%(project)s” stands.", **names),
        more=_("What has to do with money is on the page, for those who may see payments.") if update.money else "",
        button=_("Open the update"),
        address=f"/updates/{update.id}",
        rows=update.open_parts,
    )
