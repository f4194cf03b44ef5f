"""Who is told of what, and when: ONE table. Read `TOPICS` and `CHOICES` to know every mail and how it can be chosen.

What asks something of a person comes at once, what they say to each other is gathered for a quarter of an hour, the
rest waits for the morning. Everybody may choose otherwise, but for what nobody may switch off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from portal.rules import hours
from portal.rules.errors import Invalid
from portal.rules.hours import Quiet
from portal.rules.wording import N_

BUNDLE = timedelta(minutes=15)
MORNING = 8 * hours.HOUR


class NoticeKind(StrEnum):
    """The occasions of a mail."""

    PROJECT_STARTED = "project_started"
    MILESTONE_OPENED = "milestone_opened"
    WORK_DELIVERED = "work_delivered"
    WORK_APPROVED = "work_approved"
    FILES_RELEASED = "files_released"
    PAYMENT_REPORTED = "payment_reported"
    PAYMENT_CONFIRMED = "payment_confirmed"
    PAYMENT_REJECTED = "payment_rejected"
    PAYMENT_REVERSED = "payment_reversed"
    PAYEE_CHANGED = "payee_changed"
    MESSAGE_POSTED = "message_posted"
    MENTIONED = "mentioned"
    STATUS_UPDATE = "status_update"

    @property
    def label(self) -> str:
        """What such a mail is about, in a few words to be translated."""
        return _KIND_LABELS[self]


class Topic(StrEnum):
    """What a person chooses about: occasions that belong together."""

    ASKS = "asks"
    MESSAGES = "messages"
    NEWS = "news"
    RECEIPTS = "receipts"
    ALARMS = "alarms"

    @property
    def label(self) -> str:
        """The word people read, to be translated."""
        return _TOPIC_LABELS[self]


class Rhythm(StrEnum):
    """When a mail of a topic is due."""

    AT_ONCE = "at_once"
    BUNDLED = "bundled"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"

    @property
    def label(self) -> str:
        """The words people read, to be translated."""
        return _RHYTHM_LABELS[self]


TOPICS: dict[NoticeKind, Topic] = {
    NoticeKind.WORK_DELIVERED: Topic.ASKS,
    NoticeKind.PAYMENT_REPORTED: Topic.ASKS,
    NoticeKind.PAYMENT_REJECTED: Topic.ASKS,
    NoticeKind.PAYMENT_REVERSED: Topic.ASKS,
    NoticeKind.MENTIONED: Topic.ASKS,
    # It says on whom the work waits, and was sent at its hour by somebody.
    NoticeKind.STATUS_UPDATE: Topic.ASKS,
    NoticeKind.MESSAGE_POSTED: Topic.MESSAGES,
    NoticeKind.PROJECT_STARTED: Topic.NEWS,
    NoticeKind.MILESTONE_OPENED: Topic.NEWS,
    NoticeKind.WORK_APPROVED: Topic.NEWS,
    NoticeKind.FILES_RELEASED: Topic.NEWS,
    NoticeKind.PAYMENT_CONFIRMED: Topic.RECEIPTS,
    NoticeKind.PAYEE_CHANGED: Topic.ALARMS,
}
# What may be chosen, in the order of the page. Receipts can wait, but are papers: they always come. An alarm is about
# money that may go astray: it comes at once, in quiet hours too.
CHOICES: dict[Topic, tuple[Rhythm, ...]] = {
    Topic.ASKS: (Rhythm.AT_ONCE, Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.NEVER),
    Topic.MESSAGES: (Rhythm.BUNDLED, Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.NEVER),
    Topic.NEWS: (Rhythm.AT_ONCE, Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.NEVER),
    Topic.RECEIPTS: (Rhythm.AT_ONCE, Rhythm.DAILY, Rhythm.WEEKLY),
    Topic.ALARMS: (Rhythm.AT_ONCE,),
}
USUAL: dict[Topic, Rhythm] = {
    Topic.ASKS: Rhythm.AT_ONCE,
    Topic.MESSAGES: Rhythm.BUNDLED,
    Topic.NEWS: Rhythm.DAILY,
    Topic.RECEIPTS: Rhythm.AT_ONCE,
    Topic.ALARMS: Rhythm.AT_ONCE,
}
GATHERED = frozenset({Rhythm.DAILY, Rhythm.WEEKLY})
CAN_BE_SWITCHED_OFF = tuple(topic for topic in Topic if Rhythm.NEVER in CHOICES[topic])


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one person chose. A topic that is not named goes as usual; `browser`: notifications of the browser, too."""

    rhythms: Mapping[Topic, Rhythm] = field(default_factory=dict)
    quiet: Quiet | None = None
    browser: bool = False

    def rhythm(self, topic: Topic) -> Rhythm:
        """When mails of that topic are due."""
        return self.rhythms.get(topic, USUAL[topic])


def due(topic: Topic, wishes: Wishes, zone: str, now: datetime) -> datetime | None:
    """When a mail about something that happens `now` is due; None when the person wants none."""
    rhythm = wishes.rhythm(topic)
    if rhythm is Rhythm.NEVER:
        return None
    return not_before(topic, wishes, zone, _by_rhythm(rhythm, zone, now))


def not_before(topic: Topic, wishes: Wishes, zone: str, moment: datetime) -> datetime:
    """`moment`, or the end of the quiet hours that it lies in. An alarm does not wait."""
    return moment if topic is Topic.ALARMS else hours.after_quiet(wishes.quiet, zone, moment)


def read_rhythm(topic: Topic, text: str) -> Rhythm:
    """What was chosen for a topic. Raises Invalid for what cannot be chosen there."""
    if text not in CHOICES[topic]:
        raise Invalid(N_("Choose one of the possibilities in the list."), field=topic.value)
    return Rhythm(text)


def silenced(wishes: Wishes, topics: frozenset[Topic]) -> Wishes:
    """The wishes without mails of these topics. What cannot be switched off stays."""
    off = {topic: Rhythm.NEVER for topic in CAN_BE_SWITCHED_OFF if topic in topics}
    return Wishes({**wishes.rhythms, **off}, wishes.quiet, wishes.browser)


def _by_rhythm(rhythm: Rhythm, zone: str, now: datetime) -> datetime:
    match rhythm:
        case Rhythm.BUNDLED:
            return now + BUNDLE
        case Rhythm.DAILY:
            return hours.next_at(MORNING, zone, now)
        case Rhythm.WEEKLY:
            return hours.next_at(MORNING, zone, now, hours.MONDAY)
        case _:
            return now


_KIND_LABELS = {
    NoticeKind.PROJECT_STARTED: N_("Project started"),
    NoticeKind.MILESTONE_OPENED: N_("Milestone open"),
    NoticeKind.WORK_DELIVERED: N_("Work delivered"),
    NoticeKind.WORK_APPROVED: N_("Work approved"),
    NoticeKind.FILES_RELEASED: N_("Files opened"),
    NoticeKind.PAYMENT_REPORTED: N_("Payment reported"),
    NoticeKind.PAYMENT_CONFIRMED: N_("Payment confirmed"),
    NoticeKind.PAYMENT_REJECTED: N_("Payment not found"),
    NoticeKind.PAYMENT_REVERSED: N_("Payment taken back"),
    NoticeKind.PAYEE_CHANGED: N_("Payment details changed"),
    NoticeKind.MESSAGE_POSTED: N_("New messages"),
    NoticeKind.MENTIONED: N_("Mentioned by name"),
    NoticeKind.STATUS_UPDATE: N_("Status update"),
}
_TOPIC_LABELS = {
    Topic.ASKS: N_("What asks something of you"),
    Topic.MESSAGES: N_("Messages"),
    Topic.NEWS: N_("How the work goes on"),
    Topic.RECEIPTS: N_("Receipts"),
    Topic.ALARMS: N_("Changed payment details"),
}
_RHYTHM_LABELS = {
    Rhythm.AT_ONCE: N_("At once"),
    Rhythm.BUNDLED: N_("Together, every 15 minutes"),
    Rhythm.DAILY: N_("Once a day, at 8 in the morning"),
    Rhythm.WEEKLY: N_("Once a week, on Monday at 8 in the morning"),
    Rhythm.NEVER: N_("Never"),
}
