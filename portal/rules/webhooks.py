"""What is told outside, to whom, in which form, and how often it is tried (docs/webhooks.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from portal.rules import events, texts
from portal.rules.errors import Invalid
from portal.rules.wording import N_

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=24)
PATIENCE = timedelta(days=3)
# So many given up one after the other, and the target is switched off.
MOST_MISSES = 20
MOST_TARGETS = 10
LONGEST_NAME, LONGEST_KEY = 80, 200
LONGEST_ANSWER = 500
PLAIN = re.compile(r"[!-~]+")


class Format(StrEnum):
    """How a target wants to be told."""

    MILEPOST = "milepost"
    SLACK = "slack"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"

    @property
    def label(self) -> str:
        """The words people read, to be translated."""
        return _FORMATS[self]

    @property
    def is_robot(self) -> bool:
        """Whether it writes a sentence into a chat, instead of facts for a program."""
        return self is not Format.MILEPOST

    @property
    def signs(self) -> bool:
        """Whether its robot may ask for a signature made with a key of its own."""
        return self in (Format.DINGTALK, Format.FEISHU)


class Happening(StrEnum):
    """What a target can be told of; TEST only when somebody asks for it."""

    PROJECT_STARTED = "project.started"
    MILESTONE_OPENED = "milestone.opened"
    MILESTONE_SUBMITTED = "milestone.submitted"
    MILESTONE_APPROVED = "milestone.approved"
    MILESTONE_SETTLED = "milestone.settled"
    MILESTONE_RELEASED = "milestone.released"
    PAYMENT_REPORTED = "payment.reported"
    PAYMENT_CONFIRMED = "payment.confirmed"
    PAYMENT_REJECTED = "payment.rejected"
    PAYMENT_REVERSED = "payment.reversed"
    MESSAGE_POSTED = "message.posted"
    TEST = "test"

    @property
    def label(self) -> str:
        """The words people read, to be translated."""
        return _HAPPENINGS[self]


class Trouble(StrEnum):
    """Why a delivery did not succeed."""

    REFUSED = "refused"
    ROBOT_REFUSED = "robot_refused"
    NO_ROBOT = "no_robot"
    SLOW = "slow"
    UNKNOWN_NAME = "unknown_name"
    CERTIFICATE = "certificate"
    PRIVATE = "private"
    BROKEN = "broken"
    TOO_OLD = "too_old"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The words people read, to be translated."""
        return _TROUBLES[self]


H = Happening
# Of all facts those that matter outside. Whatever is not here stays inside.
TOLD: Mapping[type, Happening] = {
    events.ProjectStarted: H.PROJECT_STARTED,
    events.MilestoneOpened: H.MILESTONE_OPENED,
    events.MilestoneSubmitted: H.MILESTONE_SUBMITTED,
    events.MilestoneApproved: H.MILESTONE_APPROVED,
    events.MilestoneSettled: H.MILESTONE_SETTLED,
    events.MilestoneReleased: H.MILESTONE_RELEASED,
    events.PaymentReported: H.PAYMENT_REPORTED,
    events.PaymentConfirmed: H.PAYMENT_CONFIRMED,
    events.PaymentRejected: H.PAYMENT_REJECTED,
    events.PaymentReversed: H.PAYMENT_REVERSED,
    events.MessagePosted: H.MESSAGE_POSTED,
}
CHOOSABLE = tuple(TOLD.values())
# What the form for a new target has chosen already. Where people talk all day, only who asks for it hears of it.
USUAL = tuple(happening for happening in CHOOSABLE if happening is not H.MESSAGE_POSTED)


def read_name(text: str) -> str:
    """What people call the target. Raises Invalid."""
    return texts.needed(text, N_("Give it a name, so that you recognise it."), LONGEST_NAME)


def read_events(chosen: list[str]) -> str:
    """The chosen events in their stored form, words parted by blanks. Raises Invalid when there are none."""
    known = [happening.value for happening in CHOOSABLE if happening.value in chosen]
    if not known:
        raise Invalid(N_("Choose at least one thing to be told of."))
    return " ".join(known)


def read_format(text: str) -> Format:
    """The chosen format. Raises Invalid."""
    if text not in tuple(Format):
        raise Invalid(N_("Choose how it wants to be told."))
    return Format(text)


def read_key(text: str) -> str:
    """The key a robot signs with, or nothing. Raises Invalid."""
    bare = text.strip()
    if len(bare) > LONGEST_KEY or (bare and not PLAIN.fullmatch(bare)):
        raise Invalid(N_("Copy the key exactly as the robot’s settings show it."))
    return bare


def wait(attempts: int) -> timedelta:
    """How long to wait after so many tries: a minute, then twice as long each time, a day at most."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts - 1, 20)
    return min(doubled, LONGEST_WAIT)


def refusal(kind: Format, status: int, answer: str) -> Trouble | None:
    """Why an answer is no success; None when it is one. Chat robots say no with a 200 and a number inside."""
    if not 200 <= status < 300:
        return Trouble.REFUSED
    if kind in (Format.WECOM, Format.DINGTALK, Format.FEISHU):
        return _robots_no(answer)
    return None


def _robots_no(answer: str) -> Trouble | None:
    """WeCom and DingTalk say errcode, Feishu code (StatusCode on older robots); 0 is yes."""
    try:
        said = json.loads(answer)
    except ValueError:
        return Trouble.NO_ROBOT
    if not isinstance(said, dict):
        return Trouble.NO_ROBOT
    code = next((said[name] for name in ("errcode", "code", "StatusCode") if name in said), None)
    return None if code == 0 else Trouble.ROBOT_REFUSED


_FORMATS = {
    Format.MILEPOST: N_("Milepost (JSON)"),
    Format.SLACK: N_("Slack"),
    Format.WECOM: N_("WeCom robot"),
    Format.DINGTALK: N_("DingTalk robot"),
    Format.FEISHU: N_("Feishu or Lark robot"),
}
_HAPPENINGS = {
    H.PROJECT_STARTED: N_("A project started"),
    H.MILESTONE_OPENED: N_("A milestone opened"),
    H.MILESTONE_SUBMITTED: N_("Work was delivered"),
    H.MILESTONE_APPROVED: N_("Work was approved"),
    H.MILESTONE_SETTLED: N_("A milestone is paid and complete"),
    H.MILESTONE_RELEASED: N_("Files were opened before payment"),
    H.PAYMENT_REPORTED: N_("A payment was reported"),
    H.PAYMENT_CONFIRMED: N_("A payment was confirmed"),
    H.PAYMENT_REJECTED: N_("A reported payment was rejected"),
    H.PAYMENT_REVERSED: N_("A payment was taken back"),
    H.MESSAGE_POSTED: N_("Somebody wrote a message"),
    H.TEST: N_("Test"),
}
_TROUBLES = {
    Trouble.REFUSED: N_("It answered with an error."),
    Trouble.ROBOT_REFUSED: N_("The robot refused the message."),
    Trouble.NO_ROBOT: N_("The answer is not that of such a robot."),
    Trouble.SLOW: N_("It did not answer within ten seconds."),
    Trouble.UNKNOWN_NAME: N_("The name of the host is not known."),
    Trouble.CERTIFICATE: N_("Its certificate is not accepted."),
    Trouble.PRIVATE: N_("The address leads into a private network, which is not allowed here."),
    Trouble.BROKEN: N_("The connection failed."),
    Trouble.TOO_OLD: N_("It waited longer than three days while the target was paused."),
    Trouble.FAILED: N_("Something went wrong on our side."),
}
