"""What the words of all mails are made of: names, places, amounts, and what people wrote."""

from __future__ import annotations

from dataclasses import dataclass

from portal.adapters import pages
from portal.notifications.showing import Showing
from portal.notifications.story import Step, Story, told
from portal.rules import gate

LONGEST_QUOTE = 1200


@dataclass(frozen=True, slots=True)
class Quote:
    """What a person wrote, word for word; `by` says who, or what it is."""

    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A mail's own text. `address` is a path of the portal; `button` says what is there; `after` follows the quotes."""

    subject: str
    sentence: str
    button: str
    address: str
    more: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    quotes: tuple[Quote, ...] = ()
    after: str = ""


def quote(by: str, text: str) -> tuple[Quote, ...]:
    """What somebody wrote, if anything; the end of a long text is on the page."""
    kept = pages.clean(text.strip())
    if len(kept) > LONGEST_QUOTE:
        kept = f"{kept[:LONGEST_QUOTE].rstrip()} …"
    return (Quote(by, kept),) if kept else ()


def names_of(story: Story) -> dict[str, object]:
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


def milestone_page(story: Story) -> str:
    """The path of the milestone that it is about."""
    return f"/milestones/{told(story.step).milestone.id}"


def price(step: Step, show: Showing) -> tuple[str, str]:
    """What the milestone costs."""
    return show.gettext("Amount"), show.money(step.milestone.amount_minor, step.milestone.currency)


def left(step: Step, show: Showing) -> tuple[str, str]:
    """What is still to be paid for it."""
    return show.gettext("Still to pay"), show.money(gate.balance(step.facts), step.milestone.currency)
