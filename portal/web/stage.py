"""What project page and milestone page have in common: one milestone with the acts it offers, and the way around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.access.actor import Actor, MemberActor
from portal.access.policy import Action, can
from portal.queries import conversations, milestones, payments, projects
from portal.queries import happenings as lately
from portal.queries.milestones import Delivery
from portal.queries.payments import PaymentRow
from portal.queries.projects import Head, Overview, Step
from portal.rules import gate, references, schedule
from portal.rules.gate import Standing
from portal.web import happenings, offers, proofs, sentences, standings, stepup, talk
from portal.web.actor import current_actor
from portal.web.acts import Act, ReportForm
from portal.web.installation import db
from portal.web.language import gettext as _
from portal.web.said import SayForm
from portal.web.sentences import Situation
from portal.web.standings import Face
from portal.web.talk import Talk

PAYEE_IS_NEWS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened, in a sentence."""

    sentence: str
    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One milestone in its project, for one reader. `forms` are the acts offered now, by name.

    `own_payments` are this milestone's, `receipts` all payments with a receipt, by milestone.
    """

    overview: Overview
    step: Step
    delivery: Delivery
    own_payments: tuple[PaymentRow, ...]
    receipts: Mapping[UUID, list[PaymentRow]]
    forms: Mapping[str, Act]
    sentence: str
    recent: tuple[Told, ...]
    may_download: bool
    is_member: bool
    asks_code: bool
    talk: Talk | None
    is_project: bool = False

    @property
    def head(self) -> Head:
        """The project's head."""
        return self.overview.head

    @property
    def to_confirm(self) -> list[PaymentRow]:
        """The payments of this milestone that the reader is to look for."""
        return [payment for payment in self.own_payments if f"confirmation-{payment.id}" in self.forms]

    @property
    def is_asked_for(self) -> bool:
        """Whether the client is asked for money now."""
        return gate.payable(self.step.facts, self.head.flow)

    @property
    def due_at(self) -> datetime:
        """When the due date is over in the project's zone."""
        return schedule.due_instant(self.step.due_on, self.head.time_zone)

    @property
    def consent(self) -> str:
        """What the client agrees to by approving."""
        return consent(self.step.title, self.step.manifest_sha256 or "")

    @property
    def say(self) -> SayForm | None:
        """The empty form of the conversation beside the page."""
        return SayForm(client_key=self.talk.key) if self.talk else None

    @property
    def opens(self) -> str:
        """What opens the files."""
        return standings.opens(self.step, self.head, is_member=self.is_member)

    @property
    def reference(self) -> str:
        """What the client writes on the payment, so that the vendor finds it."""
        return references.grouped(references.of_milestone(self.head.id, self.step.position))

    @property
    def account(self) -> str:
        """The vendor's account as people compare it."""
        return references.grouped(self.head.payee.account)

    @property
    def has_iban(self) -> bool:
        """Whether the account is an IBAN, which decides what its lines are called."""
        return references.is_iban(self.head.payee.account)

    @property
    def kept_proof(self) -> str | None:
        """The name of the proof an earlier try of the report left here."""
        form = self.forms.get("report")
        return proofs.kept_name(form, self.step.id) if isinstance(form, ReportForm) else None

    @property
    def credit_minor(self) -> int:
        """What arrived beyond what was due."""
        return gate.surplus(self.step.facts)

    def day(self, moment: datetime) -> date:
        """The date of an instant in the project's zone."""
        return moment.astimezone(ZoneInfo(self.head.time_zone)).date()

    def face(self, step: Step, now: datetime) -> Face:
        """The look of any milestone of the project."""
        return standings.face(step, self.head.time_zone, now, is_member=self.is_member)

    def payee_changed(self, now: datetime) -> bool:
        """Whether where to pay was changed so lately that one should ask."""
        changed_at = self.head.payee.changed_at
        return changed_at is not None and now - changed_at < PAYEE_IS_NEWS


def consent(title: str, manifest_sha256: str) -> str:
    """The sentence shown beside the field for one's name, and kept with the approval."""
    return _(
        "I accept “%(title)s” exactly as delivered, by the manifest with the SHA-256 %(manifest)s.",
        title=title, manifest=manifest_sha256,
    )  # fmt: skip


def of_project(overview: Overview) -> Stage:
    """The milestone a project is about now."""
    finished = overview.finished and overview.current.standing is Standing.SETTLED
    return _set(overview, overview.current, finished=finished, is_project=True)


def of_milestone(milestone_id: UUID) -> Stage:
    """One milestone, if the reader can see it; raises NotFound."""
    overview = projects.overview_around(db(), current_actor(), milestone_id)
    return _set(overview, overview.step(milestone_id), finished=False)


def _set(overview: Overview, step: Step, *, finished: bool, is_project: bool = False) -> Stage:
    actor, head = current_actor(), overview.head
    is_member = isinstance(actor, MemberActor)
    delivery = (milestones.for_member if is_member else milestones.for_contact)(db(), step)
    rows = payments.of_project(db(), head)
    own = tuple(row for row in rows if row.milestone_id == step.id)
    has_files = _promises_files(actor, step, delivery)
    beside = talk.panel(actor, conversations.around(overview, None if is_project else step))
    return Stage(
        overview=overview,
        step=step,
        delivery=delivery,
        own_payments=own,
        receipts=_receipts(rows),
        forms=offers.forms(actor, head, step, own),
        sentence=sentence(overview, step, is_member=is_member, has_files=has_files, finished=finished),
        # A milestone's own conversation tells the same facts.
        recent=_recent(actor, overview) if is_project or beside is None else (),
        # The vendor's people always get their own files.
        may_download=can(actor, Action.DOWNLOAD, head) and (is_member or step.unlocked),
        is_member=is_member,
        asks_code=not stepup.is_fresh(head.id),
        talk=beside,
        is_project=is_project,
    )


def _receipts(rows: tuple[PaymentRow, ...]) -> dict[UUID, list[PaymentRow]]:
    found: dict[UUID, list[PaymentRow]] = {}
    for row in rows:
        if row.receipt_id:
            found.setdefault(row.milestone_id, []).append(row)
    return found


def _promises_files(actor: Actor, step: Step, delivery: Delivery) -> bool:
    """Whether the sentence may speak of files: there are some, and where paying opens them, the reader is who pays."""
    pays = step.standing is not Standing.TO_PAY or can(actor, Action.REPORT_PAYMENT, step)
    return bool(delivery.files) and pays


def _recent(actor: Actor, overview: Overview) -> tuple[Told, ...]:
    head, sees_money = overview.head, can(actor, Action.SEE_MONEY, overview.head)
    sides = {"member": head.vendor_name, "contact": head.client_name}
    told = []
    for line in lately.latest(db(), overview):
        by = str(line.facts.get("by", ""))
        names = {by: side} if (side := sides.get(by.partition(":")[0])) else {}
        hidden = happenings.is_about_money(line) and not sees_money
        words = _(happenings.ABOUT_MONEY) if hidden else happenings.happening(line, names)
        told.append(Told(words, line.at, line.kind))
    return tuple(told)


def sentence(
    overview: Overview, step: Step, *, is_member: bool, has_files: bool = False, finished: bool = False
) -> str:
    """Where the milestone stands, in the one sentence of its page."""
    situation = Situation(
        standing=step.standing,
        position=step.position,
        total=len(overview.steps),
        title=step.title,
        due_on=step.due_on,
        balance_minor=step.balance_minor,
        currency=step.currency,
        reported_minor=step.facts.reported_minor,
        has_files=has_files,
        released=step.facts.released,
        finished=finished,
    )
    return sentences.for_vendor(situation) if is_member else sentences.for_client(situation)
