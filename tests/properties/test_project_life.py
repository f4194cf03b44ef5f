"""A whole project's life under Hypothesis: two sides act in any order, and the promises of reliability.md §1 hold.

The machine drives the real services on a real database, beside a small model that knows only arithmetic.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from portal import config, db
from portal.access import ledger
from portal.adapters import clock, keys, outside
from portal.adapters.storage import LocalStorage
from portal.models.entry import Entry
from portal.models.milestone import Approval, Milestone
from portal.models.outbox import Notice
from portal.models.payment import CreditEntry, LedgerEntry, Payment, PaymentMethod
from portal.models.project import Project
from portal.models.receipt import Receipt
from portal.rules import chain, gate
from portal.rules.errors import DomainError
from portal.rules.lifecycle import MILESTONE_EDGES, Flow, MilestoneState, PaymentState
from portal.services import milestones, payments
from tests import ground
from tests.worlds import World

ZONE = "Europe/Berlin"
_template: list[Path] = []


def fresh_database(folder: Path) -> str:
    """A copy of a prepared SQLite file; preparing it once is what makes many lives affordable."""
    if not _template:
        path = Path(tempfile.mkdtemp(prefix="life-template-", dir=ground.in_memory())) / "portal.db"
        ground.lay_tables(f"sqlite:///{path}")
        _template.append(path)
    shutil.copy(_template[0], folder / "portal.db")
    return f"sqlite:///{folder / 'portal.db'}"


@dataclass
class Step:
    """What the model knows of a milestone."""

    due: int
    submitted: bool = False
    approved: bool = False
    released: bool = False
    settled: bool = False
    payments: dict[UUID, tuple[str, int]] = field(default_factory=dict)

    @property
    def net(self) -> int:
        """Confirmed and not reversed."""
        return sum(amount for state, amount in self.payments.values() if state == "confirmed")

    @property
    def unlocked(self) -> bool:
        """domain.md §4, word for word."""
        return (self.net >= self.due and self.submitted) or self.released


class ProjectLife(RuleBasedStateMachine):
    """Vera and Cleo, doing anything at any time."""

    @initialize(
        flow=st.sampled_from(list(Flow)),
        amounts=st.lists(st.integers(0, 8), min_size=1, max_size=3).map(lambda minors: [*minors, 3][:3]),
    )
    def begin(self, flow: Flow, amounts: list[int]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="life-", dir=ground.in_memory()))
        settings_here = config.load({"PORTAL_DATABASE_URL": fresh_database(self.folder)}, instance=self.folder)
        self.engine = db.make_engine(settings_here.database_url)
        beyond = outside.Outside(
            keys.load(settings_here), settings_here.base_url, "studio.example", LocalStorage(settings_here.storage_root)
        )
        self.told: list[object] = []
        self.session = db.make_sessions(self.engine, outside=beyond, tell=self.told.append)()
        self.world = World.founded(None, self.session)  # type: ignore[arg-type]  # the services need no Flask
        typed = tuple(f"{minor // 100}.{minor % 100:02d}" for minor in amounts)
        self.project_id = self.world.project(amounts=typed, flow=flow.value, zero_ok=True).id
        self.cleo = self.world.contact(self.project)
        self.flow = flow
        self.steps = [Step(due=minor) for minor in amounts]
        self.changes = len(self.entries())
        self.ledger_before: list[tuple[object, ...]] = []
        self.states_before = [MilestoneState.ACTIVE] + [MilestoneState.LOCKED] * (len(amounts) - 1)

    @property
    def project(self) -> Project:
        return self.session.get_one(Project, self.project_id)

    def milestone(self, at: int) -> Milestone:
        return self.world.milestone(self.project, at % len(self.steps) + 1)

    def step(self, at: int) -> Step:
        return self.steps[at % len(self.steps)]

    def entries(self) -> list[Entry]:
        return list(self.session.scalars(select(Entry).order_by(Entry.seq)))

    def attempt(self, act, allowed: bool):
        """Do it. Refused exactly when the model says so, and a refusal leaves no trace (L7)."""
        before, result, refusal = self.trace(), None, None
        try:
            result = act()
        except DomainError as error:
            refusal = error
        assert (refusal is None) == allowed, f"allowed: {allowed}, but: {refusal}"
        assert refusal is None or self.trace() == before
        return result

    def trace(self) -> tuple[int, ...]:
        """How much there is of everything that a refused act must not touch."""
        self.session.rollback()
        tables = (LedgerEntry, CreditEntry, Receipt, Notice, Approval, Payment)
        counts = [len(self.session.scalars(select(table.id)).all()) for table in tables]
        return (*counts, len(self.entries()))

    def active(self, at: int) -> bool:
        before = self.steps[: at % len(self.steps)]
        return all(earlier.settled for earlier in before)

    # Acts that have a chance come often; `overstep` tries everything at any time.

    @precondition(lambda self: self.deliverable())
    @rule(pick=st.integers(0, 2))
    def deliver_what_is_open(self, pick: int) -> None:
        self.deliver(choose(self.deliverable(), pick))

    @precondition(lambda self: self.askable())
    @rule(pick=st.integers(0, 2), minor=st.integers(1, 10))
    def report_what_is_asked(self, pick: int, minor: int) -> None:
        self.report(choose(self.askable(), pick), minor)

    @precondition(lambda self: self.approvable())
    @rule(pick=st.integers(0, 2))
    def approve_what_is_delivered(self, pick: int) -> None:
        self.approve(choose(self.approvable(), pick), stale=False)

    @precondition(lambda self: self.known("reported"))
    @rule(pick=st.integers(0, 9), minor=st.integers(1, 10))
    def confirm_what_is_reported(self, pick: int, minor: int) -> None:
        self.confirm(choose(self.known("reported"), pick), minor)

    @precondition(lambda self: self.known("confirmed"))
    @rule(pick=st.integers(0, 9))
    def reverse_what_is_confirmed(self, pick: int) -> None:
        self.reverse(choose(self.known("confirmed"), pick))

    @rule(
        act=st.sampled_from(["deliver", "approve", "approve stale", "release", "release wrongly", "report", "reject"]),
        at=st.integers(0, 2),
        minor=st.integers(-1, 10),
    )
    def overstep(self, act: str, at: int, minor: int) -> None:
        match act:
            case "deliver":
                self.deliver(at)
            case "approve" | "approve stale":
                self.approve(at, stale=act.endswith("stale"))
            case "release" | "release wrongly":
                self.release(at, right=act == "release")
            case "report":
                self.report(at, minor)
            case "reject" if self.known():
                self.reject(choose(self.known(), at))

    @precondition(lambda self: self.known())
    @rule(pick=st.integers(0, 9), minor=st.integers(0, 10), back=st.booleans())
    def decide_anything(self, pick: int, minor: int, back: bool) -> None:
        chosen = choose(self.known(), pick)
        if back:
            self.reverse(chosen)
        else:
            self.confirm(chosen, minor)

    def deliverable(self) -> list[int]:
        return [at for at, step in enumerate(self.steps) if self.active(at) and not step.submitted]

    def askable(self) -> list[int]:
        return [at for at, step in enumerate(self.steps) if self.asked(step) and step.net < step.due]

    def approvable(self) -> list[int]:
        return [at for at, step in enumerate(self.steps) if step.submitted and not step.approved and not step.settled]

    def asked(self, step: Step) -> bool:
        return step.settled or step.approved or (step.submitted and self.flow is Flow.PAY_TO_UNLOCK)

    def known(self, state: str | None = None) -> list[UUID]:
        found = [(payment, said) for step in self.steps for payment, (said, _) in step.payments.items()]
        return [payment for payment, said in found if state in (None, said)]

    def deliver(self, at: int) -> None:
        step = self.step(at)
        note = f"Held workshop {at}."
        allowed = self.active(at) and not step.submitted
        if self.attempt(lambda: self.world.deliver(self.milestone(at), note=note), allowed):
            step.submitted = True

    def approve(self, at: int, stale: bool) -> None:
        step, milestone = self.step(at), self.milestone(at)
        named = "0" * 64 if stale else milestone.manifest_sha256 or ""
        sign_off = milestones.SignOff(named, "Cleo Chen", "I accept what the manifest lists.")
        allowed = step.submitted and not step.approved and not step.settled and not stale
        act = {"actor": self.cleo.actor, "milestone": milestone, "sign_off": sign_off}
        if self.attempt(lambda: milestones.approve(self.session, **act), allowed):
            step.approved = True
            self.settle(step)

    def release(self, at: int, right: bool) -> None:
        step, milestone = self.step(at), self.milestone(at)
        typed = milestone.title if right else "something else"
        act = {"actor": self.world.owner, "milestone": milestone, "confirm": typed}
        allowed = right and step.submitted and not step.released
        if self.attempt(lambda: milestones.release(self.session, **act), allowed):
            step.released = True

    def report(self, at: int, minor: int) -> None:
        step = self.step(at)
        allowed = self.asked(step) and step.net < step.due and minor > 0
        ticket = self.world.ticket(str(minor))
        said = payments.Report(minor, clock.today(ZONE), PaymentMethod.BANK_TRANSFER, uuid4().hex)
        act = {"actor": self.cleo.actor, "milestone": self.milestone(at), "said": said, "ticket": ticket}
        payment_id = self.attempt(lambda: payments.report(self.session, **act), allowed)
        if payment_id:
            step.payments[payment_id] = ("reported", minor)
            self.repeat(lambda: payments.report(self.session, **act), payment_id)

    def confirm(self, payment_id: UUID, minor: int) -> None:
        step, payment = self.pick(payment_id)
        ticket = self.world.ticket(str(minor))
        act = {"actor": self.world.owner, "payment": payment, "amount_minor": minor}
        act |= {"received_on": clock.today(ZONE), "ticket": ticket}
        allowed = step.payments[payment.id][0] == "reported" and minor > 0
        receipt_id = self.attempt(lambda: payments.confirm(self.session, **act), allowed)
        if receipt_id:
            step.payments[payment.id] = ("confirmed", minor)
            self.settle(step)
            self.repeat(lambda: payments.confirm(self.session, **act), receipt_id)

    def reject(self, payment_id: UUID) -> None:
        step, payment = self.pick(payment_id)
        act = {
            "actor": self.world.owner,
            "payment": payment,
            "reason": "Nothing arrived.",
            "ticket": self.world.ticket(),
        }
        allowed = step.payments[payment.id][0] == "reported"
        if self.attempt(lambda: payments.reject(self.session, **act), allowed):
            step.payments[payment.id] = ("rejected", 0)

    def reverse(self, payment_id: UUID) -> None:
        step, payment = self.pick(payment_id)
        act = {"actor": self.world.owner, "payment": payment, "reason": "It bounced.", "ticket": self.world.ticket()}
        allowed = step.payments[payment.id][0] == "confirmed"
        if self.attempt(lambda: payments.reverse(self.session, **act), allowed):
            step.payments[payment.id] = ("reversed", 0)

    def pick(self, payment_id: UUID) -> tuple[Step, Payment]:
        step = next(step for step in self.steps if payment_id in step.payments)
        return step, self.session.get_one(Payment, payment_id)

    def settle(self, step: Step) -> None:
        ready = step.approved or (step.submitted and self.flow is Flow.PAY_TO_UNLOCK and step.due > 0)
        step.settled = step.settled or (ready and step.net >= step.due)

    def repeat(self, act, answer: UUID) -> None:
        """I1: the same key and input again gives the same answer and no new rows."""
        before = self.trace()
        assert act() == answer
        assert self.trace() == before

    @invariant()
    def the_ledger_only_grows_and_agrees_with_the_model(self) -> None:
        if not hasattr(self, "steps"):
            return
        rows = list(self.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)))
        now = [(row.id, row.kind, row.amount_minor, row.currency, row.reference) for row in rows]
        assert now[: len(self.ledger_before)] == self.ledger_before
        self.ledger_before = now
        assert all(type(row.amount_minor) is int and row.amount_minor > 0 and row.currency == "EUR" for row in rows)
        assert max(Counter((row.kind, row.reference) for row in rows).values(), default=1) == 1
        for at, step in enumerate(self.steps):
            facts = ledger.facts(self.session, self.milestone(at).id)
            assert facts.net_minor == step.net >= 0
            assert gate.unlocked(facts) == step.unlocked

    @invariant()
    def money_not_needed_is_named_credit(self) -> None:
        for at, step in enumerate(getattr(self, "steps", [])):
            rows = self.session.scalars(select(CreditEntry).where(CreditEntry.milestone_id == self.milestone(at).id))
            named = sum(row.amount_minor if row.kind == "granted" else -row.amount_minor for row in rows)
            assert named == max(0, step.net - step.due)

    @invariant()
    def receipts_are_numbered_without_gaps_one_for_each_confirmation(self) -> None:
        if not hasattr(self, "steps"):
            return
        papers = list(self.session.scalars(select(Receipt).order_by(Receipt.id)))
        assert [paper.number for paper in papers] == list(range(1, len(papers) + 1))
        ever = [PaymentState.CONFIRMED, PaymentState.REVERSED]
        confirmed = set(self.session.scalars(select(Payment.id).where(Payment.state.in_(ever))))
        assert {paper.payment_id for paper in papers} == confirmed
        for paper in papers:
            assert hashlib.sha256(paper.snapshot.encode()).hexdigest() == paper.snapshot_sha256

    @invariant()
    def the_record_is_one_unbroken_line_that_replays_to_the_state(self) -> None:
        if not hasattr(self, "steps"):
            return
        entries = self.entries()
        rows = [(entry.seq, entry.body, entry.prev, entry.hash) for entry in entries]
        assert chain.verify(str(self.project_id), rows) is None
        assert (self.project.head_seq, self.project.head_hash) == (entries[-1].seq, entries[-1].hash)
        replayed = {}
        for entry in entries:
            body = json.loads(entry.body)
            if "state" in body:
                replayed[body["milestone"]] = body["state"]
        for at in range(len(self.steps)):
            milestone = self.milestone(at)
            assert replayed.get(str(milestone.id), "locked") == milestone.state.value

    @invariant()
    def milestones_move_only_along_listed_edges_and_settle_only_by_the_ledger(self) -> None:
        if not hasattr(self, "steps"):
            return
        states = [self.milestone(at).state for at in range(len(self.steps))]
        for before, after in zip(self.states_before, states, strict=True):
            assert before is after or after in reachable(before), f"{before} → {after}"
        self.states_before = states
        assert [state is MilestoneState.SETTLED for state in states] == [step.settled for step in self.steps]

    @invariant()
    def each_notice_stands_for_one_fact_and_one_person(self) -> None:
        if not hasattr(self, "steps"):
            return
        notices = list(self.session.scalars(select(Notice)))
        assert len({notice.message_id for notice in notices}) == len(notices)
        owed = Counter(entry.kind for entry in self.entries())
        sent = Counter((notice.kind, notice.to_kind) for notice in notices)
        # Vera works alone and is never told of her own acts; Cleo is told of Vera's, and the other way round.
        assert sent["work_delivered", "contact"] == owed["milestone.submitted"]
        assert sent["payment_reported", "member"] == owed["payment.reported"]
        assert sent["payment_confirmed", "contact"] == owed["payment.confirmed"]
        assert sent["payment_rejected", "contact"] == owed["payment.rejected"]
        assert sent["payment_reversed", "contact"] == owed["payment.reversed"]
        assert sent["files_released", "contact"] == owed["milestone.released"]

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()
            self.engine.dispose()
            shutil.rmtree(self.folder)


def choose(things: list, pick: int):
    """One of the things, by any number."""
    return things[pick % len(things)]


def reachable(state: MilestoneState) -> set[MilestoneState]:
    """Every state that listed edges lead to from `state`: one act may take several (approve, then settle)."""
    found: set[MilestoneState] = set()
    frontier = {state}
    while frontier:
        frontier = {target for (origin, _), target in MILESTONE_EDGES.items() if origin in frontier} - found
        found |= frontier
    return found


TestProjectLife = ProjectLife.TestCase
TestProjectLife.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
