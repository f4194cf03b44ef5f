"""What is mailed when, by the one table of occasions and by what a person chose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.rules import telling
from portal.rules.errors import Invalid
from portal.rules.hours import NIGHT
from portal.rules.telling import NoticeKind, Rhythm, Topic, Wishes

BERLIN = "Europe/Berlin"
# A Thursday, 15:00 in Berlin.
NOW = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
NIGHT_IN_BERLIN = datetime(2026, 11, 26, 22, 30, tzinfo=UTC)


def local(moment: datetime | None) -> str:
    assert moment is not None
    return (moment + timedelta(hours=1)).strftime("%a %H:%M")


def test_every_occasion_has_a_topic_and_every_topic_its_choices():
    assert set(telling.TOPICS) == set(NoticeKind)
    assert set(telling.CHOICES) == set(telling.USUAL) == set(Topic) == set(telling.TOPICS.values())
    assert all(telling.USUAL[topic] in telling.CHOICES[topic] for topic in Topic)


def test_what_asks_something_comes_at_once_chatter_in_a_quarter_of_an_hour_and_the_rest_in_the_morning():
    usual = {topic: local(telling.due(topic, Wishes(), BERLIN, NOW)) for topic in Topic}
    assert usual == {
        Topic.ASKS: "Thu 15:00",
        Topic.MESSAGES: "Thu 15:15",
        Topic.NEWS: "Fri 08:00",
        Topic.RECEIPTS: "Thu 15:00",
        Topic.ALARMS: "Thu 15:00",
    }


def test_receipts_and_changed_payment_details_cannot_be_switched_off():
    assert telling.CAN_BE_SWITCHED_OFF == (Topic.ASKS, Topic.MESSAGES, Topic.NEWS)
    for topic in (Topic.RECEIPTS, Topic.ALARMS):
        with pytest.raises(Invalid):
            telling.read_rhythm(topic, "never")
    assert telling.read_rhythm(Topic.NEWS, "never") is Rhythm.NEVER


@pytest.mark.parametrize(("rhythm", "when"), [(Rhythm.DAILY, "Fri 08:00"), (Rhythm.WEEKLY, "Mon 08:00")])
def test_a_digest_is_due_at_eight_where_the_person_lives(rhythm, when):
    wishes = Wishes({Topic.ASKS: rhythm})
    assert local(telling.due(Topic.ASKS, wishes, BERLIN, NOW)) == when


def test_it_is_eight_in_their_zone():
    shanghai = telling.due(Topic.NEWS, Wishes(), "Asia/Shanghai", NOW)
    assert shanghai == datetime(2026, 11, 27, 0, 0, tzinfo=UTC)


def test_of_what_a_person_does_not_want_nothing_is_due():
    assert telling.due(Topic.NEWS, Wishes({Topic.NEWS: Rhythm.NEVER}), BERLIN, NOW) is None


@pytest.mark.parametrize(
    ("topic", "when"),
    [
        (Topic.ASKS, "Fri 07:00"),
        (Topic.MESSAGES, "Fri 07:00"),
        (Topic.RECEIPTS, "Fri 07:00"),
        (Topic.NEWS, "Fri 08:00"),
    ],
)
def test_what_is_due_at_night_waits_for_its_end(topic, when):
    assert local(telling.due(topic, Wishes(quiet=NIGHT), BERLIN, NIGHT_IN_BERLIN)) == when


def test_changed_payment_details_are_told_at_night_too():
    assert telling.due(Topic.ALARMS, Wishes(quiet=NIGHT), BERLIN, NIGHT_IN_BERLIN) == NIGHT_IN_BERLIN


def test_messages_of_the_last_minutes_before_the_night_wait_until_it_is_over():
    late = datetime(2026, 11, 26, 20, 50, tzinfo=UTC)
    assert local(telling.due(Topic.MESSAGES, Wishes(quiet=NIGHT), BERLIN, late)) == "Fri 07:00"


def test_silencing_one_topic_leaves_the_others_and_everything_else_as_they_are():
    before = Wishes({Topic.NEWS: Rhythm.WEEKLY}, NIGHT, browser=True)
    after = telling.silenced(before, frozenset({Topic.MESSAGES}))
    assert after == Wishes({Topic.NEWS: Rhythm.WEEKLY, Topic.MESSAGES: Rhythm.NEVER}, NIGHT, browser=True)


def test_silencing_everything_leaves_what_always_comes():
    after = telling.silenced(Wishes(), frozenset(Topic))
    assert {topic for topic in Topic if after.rhythm(topic) is not Rhythm.NEVER} == {Topic.RECEIPTS, Topic.ALARMS}


@pytest.mark.parametrize("text", ["", "hourly", "bundled", "AT_ONCE"])
def test_what_cannot_be_chosen_is_refused_beside_its_topic(text):
    with pytest.raises(Invalid) as refused:
        telling.read_rhythm(Topic.NEWS, text)
    assert refused.value.field == "news"
