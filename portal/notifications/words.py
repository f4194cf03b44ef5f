"""In which words: for each kind of notice its subject, one sentence, the facts beside it and the place to go."""

from __future__ import annotations

from collections.abc import Callable

from portal.notifications import money_words, talk_words, work_words
from portal.notifications.phrases import Words
from portal.notifications.showing import Showing
from portal.notifications.story import Story
from portal.rules.telling import NoticeKind


def choose(story: Story, show: Showing, *, for_contact: bool) -> Words:
    """The words of a story for one reader; a contact and a member are told differently where they do differently."""
    return _CHOICES[story.kind](story, show, for_contact)


_CHOICES: dict[NoticeKind, Callable[[Story, Showing, bool], Words]] = {
    NoticeKind.PROJECT_STARTED: work_words.project_started,
    NoticeKind.MILESTONE_OPENED: work_words.milestone_opened,
    NoticeKind.WORK_DELIVERED: work_words.work_delivered,
    NoticeKind.WORK_APPROVED: work_words.work_approved,
    NoticeKind.FILES_RELEASED: work_words.files_released,
    NoticeKind.PAYMENT_REPORTED: money_words.payment_reported,
    NoticeKind.PAYMENT_CONFIRMED: money_words.payment_confirmed,
    NoticeKind.PAYMENT_REJECTED: money_words.payment_rejected,
    NoticeKind.PAYMENT_REVERSED: money_words.payment_reversed,
    NoticeKind.PAYEE_CHANGED: money_words.payee_changed,
    NoticeKind.MESSAGE_POSTED: talk_words.message_posted,
    NoticeKind.MENTIONED: talk_words.mentioned,
    NoticeKind.STATUS_UPDATE: work_words.status_update,
}
