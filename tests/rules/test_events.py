from dataclasses import FrozenInstanceError, fields
from typing import get_type_hints
from uuid import UUID, uuid4

import pytest

from portal.rules import events

EVENTS = [
    kind for name, kind in vars(events).items() if isinstance(kind, type) and issubclass(kind, events.Event)
    and not name.endswith("Event")
]  # fmt: skip


def make(kind):
    return kind(**{field.name: uuid4() for field in fields(kind)})


def test_all_events_are_here():
    assert sorted(kind.__name__ for kind in EVENTS) == sorted(
        [
            "MilestoneOpened",
            "MilestoneSubmitted",
            "MilestoneApproved",
            "MilestoneSettled",
            "MilestoneReleased",
            "PaymentReported",
            "PaymentConfirmed",
            "PaymentRejected",
            "PaymentReversed",
            "GrantIssued",
            "GrantRevoked",
            "GrantRotated",
            "ProjectCreated",
            "ProjectStarted",
            "ProjectChanged",
            "UploadStored",
            "DeliverableRemoved",
            "MailSentAgain",
            "StatusSent",
            "MessagePosted",
            "MessageChanged",
            "FactTold",
            "ThreadRead",
        ]
    )


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_is_a_fact_of_ids_and_places_only(kind):
    hints = get_type_hints(kind)
    assert {"vendor_id", "project_id"} <= set(hints)
    # A line of a conversation is named by its place there as well: a number, nothing anybody wrote.
    assert set(hints.values()) <= ({UUID, int} if "thread_id" in hints else {UUID})
    event = make(kind)
    with pytest.raises(FrozenInstanceError):
        event.vendor_id = uuid4()
    assert len({event, event}) == 1


@pytest.mark.parametrize("kind", EVENTS)
def test_ids_cannot_be_mixed_up_by_position(kind):
    with pytest.raises(TypeError):
        kind(*[uuid4() for _ in fields(kind)])
