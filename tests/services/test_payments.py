"""Reporting, confirming, rejecting and reversing payments."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from portal.access import ledger
from portal.access.actor import SystemActor
from portal.access.stepup import StepUp
from portal.adapters import clock
from portal.db import command
from portal.models.outbox import Notice
from portal.models.payment import CreditEntry, LedgerEntry, Payment, PaymentMethod
from portal.models.receipt import Receipt
from portal.rules import gate
from portal.rules.errors import AlreadyDone, Conflict, Forbidden, Invalid
from portal.rules.lifecycle import Act, Flow, MilestoneState, PaymentState
from portal.rules.roles import Role, Scope
from portal.services import milestones, payments, progress
from portal.services.answers import Ticket
from tests.worlds import World


def delivered(world: World, **changes):
    project = world.project(**changes)
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Workshop held.")
    return project, cleo, step


def count(session: Session, model) -> int:
    return session.scalar(select(func.count()).select_from(model))


def test_a_reported_payment_unlocks_nothing(world: World) -> None:
    project, cleo, step = delivered(world)
    payment = world.report(step, cleo)
    assert payment.state is PaymentState.REPORTED
    assert not gate.unlocked(ledger.facts(world.session, step.id))
    assert world.milestone(project, 2).state is MilestoneState.LOCKED


def test_a_confirmed_full_payment_settles_issues_one_receipt_and_opens_the_next(world: World) -> None:
    project, cleo, step = delivered(world)
    world.pay(step, cleo)
    assert gate.unlocked(ledger.facts(world.session, step.id))
    assert world.milestone(project).state is MilestoneState.SETTLED
    assert world.milestone(project, 2).state is MilestoneState.ACTIVE
    assert count(world.session, Receipt) == 1


def test_a_partial_payment_gets_a_receipt_and_leaves_the_files_locked(world: World) -> None:
    project, cleo, step = delivered(world)
    world.pay(step, cleo, minor=50_000)
    facts = ledger.facts(world.session, step.id)
    assert (gate.balance(facts), gate.unlocked(facts)) == (100_000, False)
    assert count(world.session, Receipt) == 1
    world.pay(step, cleo, minor=100_000)
    assert world.milestone(project, 2).state is MilestoneState.ACTIVE
    assert [r.label[-4:] for r in world.session.scalars(select(Receipt).order_by(Receipt.number))] == ["0001", "0002"]


def test_money_beyond_what_is_due_becomes_named_credit_and_goes_when_it_is_needed(world: World) -> None:
    _, cleo, step = delivered(world)
    first = world.report(step, cleo, minor=100_000)
    world.confirm(first)
    second = world.report(step, cleo, minor=90_000)
    world.confirm(second)
    assert credit(world) == [("granted", 40_000)]
    payments.reverse(
        world.session, actor=world.owner, payment=first, reason="Returned by the bank.", ticket=world.ticket()
    )
    assert credit(world) == [("granted", 40_000), ("withdrawn", 40_000)]
    assert gate.balance(ledger.facts(world.session, step.id)) == 60_000


def credit(world: World) -> list[tuple[str, int]]:
    rows = world.session.scalars(select(CreditEntry).order_by(CreditEntry.id))
    return [(row.kind, row.amount_minor) for row in rows]


def test_a_reversal_locks_the_files_again_and_leaves_the_receipt(world: World) -> None:
    project, cleo, step = delivered(world)
    payment = world.report(step, cleo)
    world.confirm(payment)
    payments.reverse(world.session, actor=world.owner, payment=payment, reason="Bounced.", ticket=world.ticket())
    assert payment.state is PaymentState.REVERSED
    assert not gate.unlocked(ledger.facts(world.session, step.id))
    assert world.milestone(project).state is MilestoneState.SETTLED
    assert count(world.session, Receipt) == 1


def test_a_rejection_needs_a_reason_and_adds_nothing_to_the_ledger(world: World) -> None:
    _, cleo, step = delivered(world)
    payment = world.report(step, cleo)
    with pytest.raises(Invalid) as refusal:
        payments.reject(world.session, actor=world.owner, payment=payment, reason="  ", ticket=world.ticket())
    assert refusal.value.field == "reason"
    payments.reject(world.session, actor=world.owner, payment=payment, reason="Nothing arrived.", ticket=world.ticket())
    assert payment.state is PaymentState.REJECTED
    assert count(world.session, LedgerEntry) == 0


def test_confirming_twice_with_other_keys_makes_one_settlement(world: World) -> None:
    _, cleo, step = delivered(world)
    payment = world.report(step, cleo)
    world.confirm(payment)
    notices = count(world.session, Notice)
    with pytest.raises(AlreadyDone):
        world.confirm(payment)
    assert (count(world.session, LedgerEntry), count(world.session, Receipt)) == (1, 1)
    assert count(world.session, Notice) == notices


def test_the_same_request_again_gets_the_same_answer(world: World) -> None:
    _, cleo, step = delivered(world)
    said = payments.Report(150_000, clock.today("Europe/Berlin"), PaymentMethod.WECHAT, "A1")
    ticket = Ticket("abcdefgh12", "one")
    act = {"actor": cleo.actor, "milestone": step, "said": said}
    first = payments.report(world.session, **act, ticket=ticket)
    assert payments.report(world.session, **act, ticket=ticket) == first
    with pytest.raises(Invalid) as refusal:
        payments.report(world.session, **act, ticket=Ticket("abcdefgh12", "two"))
    assert refusal.value.code == "key_reused"


def test_a_twin_of_an_earlier_payment_needs_a_tick(world: World) -> None:
    _, cleo, step = delivered(world)
    world.report(step, cleo, minor=100, reference="RF1")
    with pytest.raises(Invalid) as refusal:
        world.report(step, cleo, minor=100, reference="RF1")
    assert refusal.value.code == "duplicate_payment"
    world.report(step, cleo, minor=100, reference="RF1", duplicate_ok=True)


@pytest.mark.parametrize("minor", [0, -1])
def test_an_amount_must_be_above_zero(world: World, minor: int) -> None:
    _, cleo, step = delivered(world)
    with pytest.raises(Invalid):
        world.report(step, cleo, minor=minor)


def test_a_payment_cannot_lie_in_the_future(world: World) -> None:
    _, cleo, step = delivered(world)
    with pytest.raises(Invalid) as refusal:
        world.report(step, cleo, paid_on=clock.today("Europe/Berlin") + timedelta(days=2))
    assert refusal.value.field == "paid_on"


def test_nothing_is_paid_before_it_is_delivered(world: World) -> None:
    project = world.project()
    cleo = world.contact(project)
    with pytest.raises(Conflict):
        world.report(world.milestone(project), cleo)


def test_where_approval_comes_first_nothing_is_asked_before_it(world: World) -> None:
    project, cleo, step = delivered(world, flow=Flow.APPROVE_THEN_INVOICE.value)
    with pytest.raises(Conflict):
        world.report(step, cleo)
    sign_off = milestones.SignOff(step.manifest_sha256, "Cleo Chen", "I accept.")
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=sign_off)
    world.pay(step, cleo)
    assert world.milestone(project, 2).state is MilestoneState.ACTIVE


def test_a_contact_without_the_scope_cannot_report_and_a_plain_member_cannot_confirm(world: World) -> None:
    project, cleo, step = delivered(world)
    viewer = world.contact(project, frozenset({Scope.VIEW}), name="Li Wei")
    with pytest.raises(Forbidden):
        world.report(step, viewer)
    payment = world.report(step, cleo)
    act = {"payment": payment, "amount_minor": 1, "received_on": clock.today("UTC"), "ticket": world.ticket()}
    with pytest.raises(Forbidden):
        payments.confirm(world.session, actor=world.member(Role.MEMBER), **act)
    with pytest.raises(Forbidden):
        payments.confirm(world.session, actor=cleo.actor, **act)


def test_a_code_entered_too_long_ago_must_be_entered_again(world: World) -> None:
    _, cleo, step = delivered(world)
    stale = world.contact_actor(cleo.grant_id, entered_ago=timedelta(minutes=16))
    said = payments.Report(1, clock.today("Europe/Berlin"), PaymentMethod.CASH)
    with pytest.raises(StepUp):
        payments.report(world.session, actor=stale, milestone=step, said=said, ticket=world.ticket())


def test_a_confirmation_sent_again_gives_the_same_receipt(world: World) -> None:
    _, cleo, step = delivered(world)
    payment = world.report(step, cleo)
    act = {"actor": world.owner, "payment": payment, "amount_minor": 150_000, "ticket": world.ticket("as typed")}
    first = payments.confirm(world.session, received_on=clock.today("Europe/Berlin"), **act)
    assert payments.confirm(world.session, received_on=clock.today("Europe/Berlin"), **act) == first
    assert (count(world.session, LedgerEntry), count(world.session, Receipt)) == (1, 1)


def test_what_was_decided_is_not_decided_again(world: World) -> None:
    _, cleo, step = delivered(world)
    rejected, confirmed = world.report(step, cleo, minor=1_000), world.report(step, cleo, minor=2_000)
    payments.reject(world.session, actor=world.owner, payment=rejected, reason="No.", ticket=world.ticket())
    world.confirm(confirmed)
    with pytest.raises(Conflict):
        world.confirm(rejected)
    with pytest.raises(Conflict):
        payments.reject(world.session, actor=world.owner, payment=confirmed, reason="No.", ticket=world.ticket())
    with pytest.raises(Conflict):
        payments.reverse(world.session, actor=world.owner, payment=rejected, reason="No.", ticket=world.ticket())
    assert count(world.session, Receipt) == 1


def test_a_decision_about_a_payment_somebody_else_decided_is_refused(world: World) -> None:
    """The second lock behind the one on the project: what was read may be old by the time it is written."""

    @command
    def confirm_what_was_read(session: Session) -> None:
        payment = session.scalars(select(Payment)).one()
        set_committed_value(payment, "state", PaymentState.REPORTED)
        payments._decide(session, world.owner, payment, Act.CONFIRM, confirmed_minor=1)

    _, cleo, step = delivered(world)
    payment = world.report(step, cleo)
    payments.reject(world.session, actor=world.owner, payment=payment, reason="No.", ticket=world.ticket())
    with pytest.raises(Conflict):
        confirm_what_was_read(world.session)
    assert payment.state is PaymentState.REJECTED


def test_money_and_a_release_count_for_their_own_milestone_only(world: World) -> None:
    project, cleo, first = delivered(world)
    world.pay(first, cleo, minor=first.amount_minor + world.milestone(project, 2).amount_minor)
    second = world.deliver(world.milestone(project, 2), note="Second workshop held.")
    assert not gate.unlocked(ledger.facts(world.session, second.id))
    world.pay(second, cleo)
    third = world.deliver(world.milestone(project, 3), note="Third workshop held.")
    milestones.release(world.session, actor=world.owner, milestone=second, confirm=second.title)
    assert not gate.unlocked(ledger.facts(world.session, third.id))
    assert ledger.facts(world.session, third.id).net_minor == 0


def test_the_next_opens_only_when_all_before_it_are_done(world: World) -> None:
    project, _, _ = delivered(world)
    opened = command(lambda session: progress.open_next(session, project, by=SystemActor()))
    assert opened(world.session) is None
    assert world.milestone(project, 2).state is MilestoneState.LOCKED


def test_the_ledger_is_kept_in_the_currency_of_the_project(world: World) -> None:
    _, cleo, step = delivered(world, currency="JPY")
    world.pay(step, cleo, minor=step.amount_minor + 7)
    assert list(world.session.scalars(select(LedgerEntry.currency))) == ["JPY"]
    assert list(world.session.scalars(select(CreditEntry.currency))) == ["JPY"]
