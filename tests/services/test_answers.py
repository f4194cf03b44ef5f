"""Tickets: a form's key is answered once, for one person, one act and one input."""

import uuid

import pytest

from portal.db import command
from portal.rules.errors import Invalid
from portal.services import answers
from portal.services.answers import Ticket

KEY = "a key of a form"


@command
def claim(session, *, actor, act="payments.report", key=KEY, text="100.00", result):
    return answers.claim(session, actor, act, Ticket(key, text), result)


def test_a_ticket_is_answered_once_and_then_the_same(world):
    first, other = uuid.uuid4(), uuid.uuid4()
    assert claim(world.session, actor=world.owner, result=first) is None
    assert claim(world.session, actor=world.owner, result=other) == first
    assert claim(world.session, actor=world.owner, result=other) == first


def test_a_used_key_takes_no_other_input(world):
    claim(world.session, actor=world.owner, result=uuid.uuid4())
    with pytest.raises(Invalid) as refused:
        claim(world.session, actor=world.owner, text="900.00", result=uuid.uuid4())
    assert refused.value.code == "key_reused"


def test_a_key_is_its_own_for_each_person_and_act(world):
    colleague = world.member()
    claim(world.session, actor=world.owner, result=uuid.uuid4())
    assert claim(world.session, actor=colleague, result=uuid.uuid4()) is None
    assert claim(world.session, actor=world.owner, act="payments.confirm:1", result=uuid.uuid4()) is None


@pytest.mark.parametrize("key", ["", "short", "x" * 65])
def test_a_form_without_a_key_is_refused(world, key):
    with pytest.raises(Invalid) as refused:
        claim(world.session, actor=world.owner, key=key, result=uuid.uuid4())
    assert refused.value.field == "idempotency_key"
