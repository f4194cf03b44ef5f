"""People and projects for tests, made through the services a person would use, never by writing rows behind them."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access.actor import ContactActor, Key, MemberActor
from portal.adapters import clock, outside, passwords, sniffing
from portal.db import new_id
from portal.models.client import Contact, Grant
from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone
from portal.models.payment import Payment, PaymentMethod
from portal.models.project import Project
from portal.models.vendor import Member, Vendor
from portal.rules import terms
from portal.rules.lifecycle import Flow
from portal.rules.roles import Role, Scope
from portal.services import chat, grants, members, milestones, payments, projects, sittings, vendors
from portal.services.answers import Ticket
from portal.services.chat import Said, StoredFile
from portal.services.vendors import Founding
from portal.web.installation import installation

PASSWORD = "paper lantern 42 rivers"
# Argon2 takes a fifth of a second each time; the tests that are not about passwords share one hash.
_HASH = passwords.hash_password(PASSWORD)
VISITOR = sittings.Visitor(address="127.0.0.1", bucket="127.0.0.1", user_agent="tests")
EVERYTHING = frozenset(Scope)


@dataclass(frozen=True)
class Entered:
    """A contact with a code: the grant, the code, and the actor it makes."""

    grant_id: UUID
    code: str
    actor: ContactActor


@dataclass
class World:
    """One vendor, its people, and what they do. `session` is the one the test looks through."""

    app: Flask
    session: Session
    owner: MemberActor
    vendor_name: str
    _serial: int = field(default=0)

    @classmethod
    def founded(cls, app: Flask, session: Session, name: str = "Vera Studio") -> World:
        """A vendor with its owner."""
        email = f"owner-{uuid.uuid4().hex[:8]}@studio.example"
        founding = Founding(
            vendor_name=name, name="Vera Stein", email=email, password=PASSWORD, time_zone="Europe/Berlin"
        )
        member = vendors._found(session, founding, _HASH, False)
        return cls(app, session, _actor(member), name)

    @property
    def vendor(self) -> Vendor:
        """The vendor as it is now."""
        return self.session.get_one(Vendor, self.owner.vendor_id)

    def member(self, role: Role = Role.MEMBER, name: str = "Max Krüger") -> MemberActor:
        """One more colleague."""
        self._serial += 1
        newcomer = members.Newcomer(
            name=name, email=f"m{self._serial}-{uuid.uuid4().hex[:8]}@studio.example", role=role
        )
        return _actor(members._add(self.session, self.vendor, newcomer, _HASH))

    def draft(self, *, amounts: tuple[str, ...] = ("1500", "2500", "1000"), **changes: Any) -> Project:
        """A project that has not started; amounts as typed, due every ten days from today."""
        today = clock.today("Europe/Berlin")
        rows = tuple(
            terms.Row(
                title=f"Step {n}",
                criteria="Looks right\nReads right",
                due_on=str(today + timedelta(days=10 * n)),
                amount=a,
            )
            for n, a in enumerate(amounts, start=1)
        )
        values: dict[str, Any] = {
            "title": "Cherry Harvest website", "client_name": "Cherry Harvest GmbH", "contact_name": "Cleo Chen",
            "contact_email": "cleo@cherry.example", "currency": "EUR", "time_zone": "Europe/Berlin", "locale": "en",
            "kind": "website", "flow": Flow.PAY_TO_UNLOCK.value, "rows": rows,
        }  # fmt: skip
        agreed = terms.read(terms.Draft(**(values | changes)), reader_locale="en", today=today)
        return projects.create(self.session, actor=self.owner, agreed=agreed)

    def project(self, **changes: Any) -> Project:
        """A started project with its first milestone open."""
        return projects.start(self.session, actor=self.owner, project=self.draft(**changes))

    def milestone(self, project: Project, position: int = 1) -> Milestone:
        """One milestone of a project."""
        mine = select(Milestone).where(Milestone.project_id == project.id, Milestone.position == position)
        return self.session.scalars(mine).one()

    def contact(self, project: Project, scopes: frozenset[Scope] = EVERYTHING, name: str = "Cleo Chen") -> Entered:
        """A contact with a fresh code, entered a moment ago."""
        email = f"{name.split()[0].casefold()}@cherry.example"
        issued = grants.issue(
            self.session, actor=self.owner, project=project, invitation=grants.Invitation(name, email, scopes)
        )
        return Entered(issued.grant_id, issued.code, self.contact_actor(issued.grant_id))

    def contact_actor(self, grant_id: UUID, entered_ago: timedelta = timedelta(0)) -> ContactActor:
        """The actor behind a grant, as the web layer would make it."""
        grant = self.session.get_one(Grant, grant_id)
        contact = self.session.get_one(Contact, grant.contact_id)
        key = Key(
            grant.id, contact.id, grant.vendor_id, grant.project_id, contact.name, grant.scopes,
            clock.now() - entered_ago, contact.locale, contact.time_zone,
        )  # fmt: skip
        return ContactActor(new_id(), (key,))

    def deliver(self, milestone: Milestone, *files: tuple[str, bytes], note: str = "") -> Milestone:
        """Store files (or use a note) and submit."""
        for name, content in files:
            self.store(milestone, name, content)
        milestones.submit(self.session, actor=self.owner, milestone=milestone, note=note or ("" if files else "Done."))
        return milestone

    def store(self, milestone: Milestone, name: str, content: bytes) -> Deliverable:
        """A file of a milestone with its bytes in storage."""
        from portal.services import deliverables  # made by the uploads' own tests; here only for its result

        return deliverables.keep(
            self.session, actor=self.owner, milestone=milestone, name=name, content=content,
            sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip

    def attachment(self, name: str, content: bytes) -> StoredFile:
        """A file in storage, as a form of a conversation keeps one before it is said."""
        file_id = new_id()
        outside.of(self.session).storage.keep_small(file_id, content)
        digest = hashlib.sha256(content).hexdigest()
        return StoredFile(file_id, name, sniffing.media_type(content), len(content), digest)

    def say(self, actor: Any, about: Any, body: str, **more: Any) -> UUID:
        """Something said by somebody about a milestone or a project; the message's id."""
        self._serial += 1
        said = Said(body, more.pop("client_key", f"key-number-{self._serial}"), **more)
        return chat.post(self.session, actor=actor, about=about, said=said)

    def keep_proof(self, content: bytes = b"a picture of a transfer") -> payments.KeptProof:
        """A proof in storage, as the page keeps one before it reports."""
        proof_id = new_id()
        outside.of(self.session).storage.keep_small(proof_id, content)
        digest = hashlib.sha256(content).hexdigest()
        return payments.KeptProof(proof_id, "transfer.png", "image/png", len(content), digest)

    def report(
        self,
        milestone: Milestone,
        entered: Entered,
        minor: int | None = None,
        proof: payments.KeptProof | None = None,
        **changes: Any,
    ) -> Payment:
        """The client says it paid; the whole amount if none is named."""
        values: dict[str, Any] = {
            "amount_minor": milestone.amount_minor if minor is None else minor, "paid_on": clock.today("Europe/Berlin"),
            "method": PaymentMethod.BANK_TRANSFER, "reference": uuid.uuid4().hex[:10],
        }  # fmt: skip
        said = payments.Report(**(values | changes))
        payment_id = payments.report(
            self.session, actor=entered.actor, milestone=milestone, said=said, ticket=self.ticket(), proof=proof
        )
        return self.session.get_one(Payment, payment_id)

    def confirm(self, payment: Payment, minor: int | None = None) -> UUID:
        """The money arrived; the receipt's id."""
        amount = payment.amount_minor if minor is None else minor
        return payments.confirm(
            self.session, actor=self.owner, payment=payment, amount_minor=amount,
            received_on=clock.today("Europe/Berlin"), ticket=self.ticket(),
        )  # fmt: skip

    def pay(self, milestone: Milestone, entered: Entered, minor: int | None = None) -> UUID:
        """Report and confirm; the receipt's id."""
        return self.confirm(self.report(milestone, entered, minor))

    def ticket(self, text: str = "") -> Ticket:
        """An idempotency key nobody used before."""
        return Ticket(uuid.uuid4().hex, text)

    def stranger(self) -> Browser:
        """A browser nobody is logged in with."""
        return Browser(self.app.test_client())

    def browser(self, actor: MemberActor) -> Browser:
        """A browser a member is logged in with (without the cost of Argon2)."""
        token = sittings._sit_down(self.session, member_id=actor.member_id, visitor=VISITOR)
        return self._with_token(token)

    def entered(self, *codes: str) -> Browser:
        """A browser with these codes on its keyring, entered through the page."""
        browser = self.stranger()
        for code in codes:
            answer = browser.post("/enter", {"code": code})
            assert answer.status_code == 303, answer.text
        return browser

    def _with_token(self, token: str) -> Browser:
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return Browser(client)


class Browser:
    """A test client that fetches a CSRF token the way a browser does: from a page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._token: str | None = None

    def get(self, address: str, **headers: str) -> Any:
        """GET with headers given as keywords (underscores for hyphens)."""
        return self.client.get(address, headers=_headers(headers))

    def post(self, address: str, form: Any = None, **headers: str) -> Any:
        """POST a form with its CSRF token."""
        data = {"csrf_token": self.csrf()} | (form or {})
        return self.client.post(address, data=data, headers=_headers(headers))

    def csrf(self) -> str:
        """The token of this browser's session."""
        page = self.client.get("/enter").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found, page
        return found[1]


def _headers(given: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in given.items()}


def _actor(member: Member) -> MemberActor:
    return MemberActor(member.id, member.vendor_id, member.name, member.role, member.locale, member.time_zone, None)


def in_days(days: int) -> str:
    """A date as a form has it."""
    today: date = clock.today("Europe/Berlin")
    return str(today + timedelta(days=days))


def fresh_session(app: Flask) -> Session:
    """Another session, for threads and for looking at what was committed."""
    return installation(app).sessions()
