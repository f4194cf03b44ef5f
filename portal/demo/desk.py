"""What people at the studio and at its clients do in the stories. Thin: every act is a service's verb."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access.actor import ContactActor, MemberActor
from portal.adapters import clock, outside, sniffing
from portal.db import new_id
from portal.demo.files import File
from portal.demo.letterheads import LETTERHEADS
from portal.models.client import Grant
from portal.models.milestone import Milestone
from portal.models.payment import Payment, PaymentMethod
from portal.models.project import Project
from portal.queries import sittings as visits
from portal.rules import drafts, terms
from portal.rules.errors import AlreadyDone
from portal.rules.lifecycle import Flow
from portal.rules.roles import Scope
from portal.services import approvals, clients, deliverables, grants, milestones, payments, projects, reports, sittings
from portal.services.answers import Ticket

EVERYTHING = frozenset(Scope)
BERLIN = "Europe/Berlin"
CONSENT = "I have looked at these files and accept them as delivered."


@dataclass(frozen=True, slots=True)
class Person:
    """Someone at a client."""

    name: str
    email: str
    locale: str = "en"
    zone: str = BERLIN
    address: str = "198.51.100.23"


@dataclass(frozen=True, slots=True)
class Guest:
    """A person with the code of one project."""

    person: Person
    project_id: UUID
    grant_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone as it is planned. `due` counts days from today, below zero for the past."""

    title: str
    due: int
    price: str
    criteria: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A project as it is planned. Steps are priced by share when there is a `price`, else by amount."""

    title: str
    client: str
    person: Person
    steps: tuple[Step, ...]
    currency: str = "EUR"
    price: str = ""
    zone: str = BERLIN
    locale: str = "en"
    kind: str = "website"
    flow: Flow = Flow.PAY_TO_UNLOCK


@dataclass
class Desk:
    """One studio while its stories are told. `today` is the real day of loading, from which all dates count."""

    session: Session
    vera: MemberActor
    max: MemberActor
    lena: MemberActor
    today: date
    codes: dict[str, str] = field(default_factory=dict)

    def ago(self, days: int, clock_time: str) -> datetime:
        """So many days ago at that time in Berlin; on a weekend, the Friday before."""
        day = self.today - timedelta(days=days)
        day -= timedelta(days=max(0, day.weekday() - 4))
        return datetime.combine(day, time.fromisoformat(clock_time), ZoneInfo(BERLIN))

    def draft(self, plan: Plan, *, by: MemberActor | None = None) -> Project:
        """Write a project down."""
        rows = tuple(self._row(step, by_share=bool(plan.price)) for step in plan.steps)
        written = drafts.Draft(
            title=plan.title,
            client_name=plan.client,
            contact_name=plan.person.name,
            contact_email=plan.person.email,
            currency=plan.currency,
            price=plan.price,
            time_zone=plan.zone,
            locale=plan.locale,
            kind=plan.kind,
            flow=plan.flow.value,
            rows=rows,
        )
        agreed = terms.read(written, reader_locale="en", today=clock.today(plan.zone))
        project = projects.create(self.session, actor=by or self.vera, agreed=agreed)
        if plan.client in LETTERHEADS:
            with suppress(AlreadyDone):
                clients.describe(self.session, actor=self.vera, project=project, letterhead=LETTERHEADS[plan.client])
        return project

    def start(self, project: Project) -> None:
        """Lock the terms and open the first milestone."""
        projects.start(self.session, actor=self.vera, project=project)

    def invite(self, project: Project, person: Person, scopes: frozenset[Scope] = EVERYTHING) -> Guest:
        """Give a person a code."""
        invitation = grants.Invitation(person.name, person.email, scopes, None, person.locale, person.zone)
        issued = grants.issue(self.session, actor=self.vera, project=project, invitation=invitation)
        self.codes[f"{project.title} · {person.name}"] = issued.code
        return Guest(person, project.id, issued.grant_id, issued.code)

    def rotate(self, guest: Guest) -> Guest:
        """A new code, because the old one was forwarded too far."""
        issued = grants.rotate(self.session, actor=self.vera, grant=self._grant(guest))
        self.codes = {name: issued.code if code == guest.code else code for name, code in self.codes.items()}
        return Guest(guest.person, guest.project_id, guest.grant_id, issued.code)

    def revoke(self, guest: Guest) -> None:
        """End a person's access."""
        grants.revoke(self.session, actor=self.vera, grant=self._grant(guest))
        self.codes = {name: code for name, code in self.codes.items() if code != guest.code}

    def step(self, project: Project, position: int) -> Milestone:
        """One milestone of a project."""
        mine = Milestone.vendor_id == self.vera.vendor_id, Milestone.project_id == project.id
        return self.session.scalars(select(Milestone).where(*mine, Milestone.position == position)).one()

    def upload(self, milestone: Milestone, *files: File, by: MemberActor | None = None) -> None:
        """Store files without presenting them yet."""
        for name, content in files:
            deliverables.keep(self.session, actor=by or self.max, milestone=milestone, name=name, content=content)

    def deliver(self, milestone: Milestone, *files: File, note: str = "", by: MemberActor | None = None) -> None:
        """Store files and present them, or present a service."""
        self.upload(milestone, *files, by=by)
        milestones.submit(self.session, actor=by or self.max, milestone=milestone, note=note)

    def release(self, milestone: Milestone) -> None:
        """Open the files before they are paid for."""
        milestones.release(self.session, actor=self.vera, milestone=milestone, confirm=milestone.title)

    def enter(self, guest: Guest) -> ContactActor:
        """The guest types the code; who that makes them."""
        visitor = sittings.Visitor(guest.person.address, guest.person.address, "Mozilla/5.0 (iPhone) Safari/605.1")
        token, _ = sittings.enter(self.session, typed=guest.code, visitor=visitor, sitting_id=None)
        digest = outside.of(self.session).keys.digest_token(token or "")
        visit = visits.find(self.session, digest, clock.now(), address=visitor.address, user_agent=visitor.user_agent)
        if not isinstance(visit, visits.Visit) or not isinstance(visit.actor, ContactActor):
            raise RuntimeError("a code that was just issued opens nothing")
        return visit.actor

    def approve(self, guest: Guest, milestone: Milestone) -> None:
        """The client accepts."""
        actor = self.enter(guest)
        sign_off = approvals.SignOff(
            milestone.manifest_sha256 or "", guest.person.name, CONSENT, actor.address, actor.user_agent
        )
        milestones.approve(self.session, actor=actor, milestone=milestone, sign_off=sign_off)

    def report(
        self,
        guest: Guest,
        milestone: Milestone,
        reference: str,
        minor: int | None = None,
        method: PaymentMethod = PaymentMethod.BANK_TRANSFER,
        proof: File | None = None,
    ) -> Payment:
        """The client says that it paid; the whole amount if none is named."""
        actor = self.enter(guest)
        amount = milestone.amount_minor if minor is None else minor
        said = reports.Report(amount, clock.today(guest.person.zone), method, reference)
        kept = self._kept(*proof) if proof else None
        payment_id = payments.report(
            self.session, actor=actor, milestone=milestone, said=said, ticket=_ticket(), proof=kept
        )
        return self.session.get_one(Payment, payment_id)

    def confirm(self, payment: Payment, minor: int | None = None) -> None:
        """The money is there."""
        amount = payment.amount_minor if minor is None else minor
        payments.confirm(
            self.session,
            actor=self.vera,
            payment=payment,
            amount_minor=amount,
            received_on=clock.today(BERLIN),
            ticket=_ticket(),
        )

    def reject(self, payment: Payment, reason: str) -> None:
        """The money did not come."""
        payments.reject(self.session, actor=self.vera, payment=payment, reason=reason, ticket=_ticket())

    def reverse(self, payment: Payment, reason: str) -> None:
        """The money went back."""
        payments.reverse(self.session, actor=self.vera, payment=payment, reason=reason, ticket=_ticket())

    def _row(self, step: Step, *, by_share: bool) -> drafts.Row:
        due_on = self.today + timedelta(days=step.due)
        price = {"share": step.price} if by_share else {"amount": step.price}
        return drafts.Row(step.title, step.description, step.criteria, due_on.isoformat(), **price)

    def _kept(self, name: str, content: bytes) -> reports.KeptProof:
        proof_id = new_id()
        outside.of(self.session).storage.keep_small(proof_id, content)
        digest = hashlib.sha256(content).hexdigest()
        return reports.KeptProof(proof_id, name, sniffing.media_type(content), len(content), digest)

    def _grant(self, guest: Guest) -> Grant:
        return self.session.get_one(Grant, guest.grant_id)


def _ticket() -> Ticket:
    return Ticket(new_id().hex, "")
