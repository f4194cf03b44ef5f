"""What has happened: past tense, ids only. `portal/listeners.py` says what follows from each."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact about one project of one vendor, announced after it is committed."""

    vendor_id: UUID
    project_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsQueued:
    """Targets outside are to be told of something. No fact itself: it follows from others, in their transaction."""

    vendor_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCreated(Event):
    """A vendor set up a project; nobody outside knows of it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStarted(Event):
    """The terms are frozen and the first milestone is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectChanged(Event):
    """The terms, the dates or the settings of a project are other than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneEvent(Event):
    """A fact about one milestone."""

    milestone_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneOpened(MilestoneEvent):
    """Work on it may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneSubmitted(MilestoneEvent):
    """The vendor presented its files for review."""

    submission_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneApproved(MilestoneEvent):
    """The client, or the timer, accepted the submission."""

    submission_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneSettled(MilestoneEvent):
    """The ledger covers what is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneReleased(MilestoneEvent):
    """The vendor opened the files before payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent(MilestoneEvent):
    """A fact about one payment for a milestone."""

    payment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReported(PaymentEvent):
    """The client says that it paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentConfirmed(PaymentEvent):
    """The money arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRejected(PaymentEvent):
    """The vendor could not find the reported payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReversed(PaymentEvent):
    """A confirmed payment was taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSent(Event):
    """The vendor, or the clock, sent a status update."""

    update_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEvent(Event):
    """A fact about the access of one contact."""

    grant_id: UUID
    contact_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantIssued(GrantEvent):
    """The contact may enter with a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevoked(GrantEvent):
    """The contact may not enter any more: sessions, sockets and transfers end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRotated(GrantEvent):
    """A new code took the place of the old one, which is dead at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverableEvent(MilestoneEvent):
    """A fact about one file of a milestone."""

    deliverable_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadStored(DeliverableEvent):
    """The whole file arrived, its hash is known, and it is on disk for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverableRemoved(DeliverableEvent):
    """The vendor took the file out before submitting it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadEvent(Event):
    """A fact about one conversation, which has the id of its milestone or of its project."""

    thread_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePosted(ThreadEvent):
    """Somebody said something, at number `seq`."""

    message_id: UUID
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChanged(ThreadEvent):
    """Somebody said it differently, or took it back; what was said before is kept."""

    message_id: UUID
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTold(ThreadEvent):
    """A fact of the record stands in the conversation, at number `seq`."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRead(ThreadEvent):
    """Somebody has read further than before, up to number `seq`."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSentAgain(Event):
    """A mail that had failed waits to be sent once more."""
