"""A studio in which every text that people can write says what a test wants it to say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from portal.adapters import outside
from portal.db import new_id
from portal.models.milestone import Milestone
from portal.models.project import Project
from portal.models.vendor import Member
from portal.rules import filenames, terms
from portal.rules.lifecycle import Flow
from portal.rules.roles import Role
from portal.rules.status_updates import Section
from portal.services import clients, feeds, grants, milestones, payments, status_drafts, status_updates, vendors
from portal.services.clients import Letterhead
from portal.services.milestones import SignOff
from portal.services.vendors import Payee, Presentation
from tests import letters, targets
from tests.access.stage import PICTURE
from tests.worlds import EVERYTHING, Entered, World, in_days

# The fields, by the noun they belong to. `say` is asked for each by its name here.
FIELDS = (
    "studio name", "studio address", "studio tax id", "bank holder", "bank name", "bank code", "pay instructions",
    "own name", "member name", "project title", "project kind", "client name", "contact name", "milestone title",
    "milestone description", "milestone criteria", "client address", "client tax id", "guest name", "file name",
    "draft file name", "upload name", "note", "reference", "proof name", "reason", "reversal reason", "typed name",
    "user agent", "update text", "update money", "message", "attachment name",
)  # fmt: skip
Say = Callable[[str], str]


@dataclass(frozen=True)
class Written:
    """Where to find it: addresses of pages, and the code that opens all of the client's."""

    projects: tuple[UUID, ...]
    milestones: tuple[UUID, ...]
    receipts: tuple[UUID, ...]
    payments: tuple[UUID, ...]
    codes: tuple[str, ...]
    updates: tuple[UUID, ...] = ()
    elsewhere: tuple[str, ...] = ()
    # What opens for whoever has it, and what is no page.
    links: tuple[str, ...] = ()

    @property
    def addresses(self) -> list[str]:
        """Every page of theirs."""
        found = [f"/projects/{one}{end}" for one in self.projects for end in ("", "/record", "/contacts", "/client")]
        found += [f"/projects/{self.projects[-1]}/edit"]
        found += [f"/milestones/{one}{end}" for one in self.milestones for end in ("", "/manifest.txt")]
        found += [f"/receipts/{one}{end}" for one in self.receipts for end in ("", ".pdf")]
        found += [f"/projects/{one}/record.jsonl" for one in self.projects]
        found += [f"/updates/{one}{end}" for one in self.updates for end in ("", "/text.json", "/money.json")]
        found += [f"/projects/{one}/updates" for one in self.projects]
        found += [f"/projects/{one}/messages{end}" for one in self.projects for end in ("", ".txt", ".json")]
        found += [f"/milestones/{one}/messages" for one in self.milestones] + list(self.elsewhere)
        return found + [f"/payments/{one}/proof" for one in self.payments]


def write(world: World, say: Say) -> Written:
    """Tell the story of two running projects and a draft in these words."""
    studio(world, say)
    paid, approved = project(world, say, Flow.PAY_TO_UNLOCK), project(world, say, Flow.APPROVE_THEN_INVOICE)
    draft = world.draft(**head(say, Flow.PAY_TO_UNLOCK))
    step, second = world.milestone(paid), world.milestone(paid, 2)
    cleo = guest(world, paid, say)
    world.store(step, say("file name"), say("file name").encode())
    milestones.submit(world.session, actor=world.owner, milestone=step, note=say("note"))
    rejected = world.report(step, cleo, reference=say("reference"), proof=proof(world, say))
    refuse(world, rejected.id, say)
    receipt = world.confirm(world.report(step, cleo, reference=say("reference"), proof=proof(world, say)))
    world.store(second, say("draft file name"), b"draft")
    li = approve(world, approved, say)
    return Written(
        (paid.id, approved.id, draft.id),
        (step.id, second.id, world.milestone(approved).id),
        (receipt, li[1]),
        (rejected.id,),
        (cleo.code, li[0]),
        (update(world, paid, say),),
        *outward(world, cleo, talk(world, step, cleo, say)),
    )


def talk(world: World, step: Milestone, cleo: Entered, say: Say) -> tuple[UUID, UUID]:
    """A message with a picture, and their ids."""
    picture = world.attachment(filenames.clean(say("attachment name")), PICTURE)
    return world.say(cleo.actor, step, say("message"), files=(picture,)), picture.id


def outward(world: World, cleo: Entered, said: tuple[UUID, UUID]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Pages of a message and of a target that is told; links of a calendar and of mails, and what is downloaded."""
    calendar = feeds.make(world.session, actor=world.owner, contact_id=None, ticket=world.ticket())
    mail = letters.token_of(world.session, "contact", cleo.actor.latest.contact_id, world.owner.vendor_id)
    made = targets.add(world, "https://hooks.example.org/in")
    links = (f"/notices/{mail}", f"/notices/{mail}/unsubscription?of=news", f"/calendar/{calendar}.ics")
    files = (f"/attachments/{said[1]}/file", f"/attachments/{said[1]}/preview")
    return (f"/messages/{said[0]}", f"/settings/webhooks/{made.webhook_id}"), (*links, *files)


def update(world: World, project: Project, say: Say) -> UUID:
    """A status update that was sent."""
    draft = status_drafts.draft_now(world.session, actor=world.owner, project=project)
    text = dict.fromkeys(Section, say("update text")) | {Section.MONEY: say("update money")}
    edited = status_updates.Edited(text, draft.version)
    return status_updates.send(world.session, actor=world.owner, draft=draft, edited=edited).id


def studio(world: World, say: Say) -> None:
    """Looks, bank and people."""
    present = Presentation(
        name=say("studio name"), address=say("studio address"), tax_id=say("studio tax id"), email="s@studio.example",
        brand_colour="#11604A", time_zone="Europe/Berlin", locale="en", currency="EUR",
    )  # fmt: skip
    vendors.present(world.session, actor=world.owner, vendor=world.vendor, presentation=present)
    payee = Payee(
        bank_holder=say("bank holder"), bank_name=say("bank name"), bank_account="DE02120300000000202051",
        bank_code=say("bank code"), pay_instructions=say("pay instructions"),
    )  # fmt: skip
    vendors.change_payee(world.session, actor=world.owner, vendor=world.vendor, payee=payee)
    world.member(Role.MANAGER, say("member name"))
    world.session.get_one(Member, world.owner.member_id).name = say("own name")
    world.session.commit()


def head(say: Say, flow: Flow) -> dict[str, object]:
    row = terms.Row(
        title=say("milestone title"), description=say("milestone description"),
        criteria=f"{say('milestone criteria')}\nReads right", due_on=in_days(10), amount="1500",
    )  # fmt: skip
    return {
        "title": say("project title"), "kind": say("project kind")[: terms.LONGEST_KIND], "flow": flow.value,
        "client_name": say("client name"), "contact_name": say("contact name"), "rows": (row, row),
    }  # fmt: skip


def project(world: World, say: Say, flow: Flow) -> Project:
    """A started one, its client described."""
    started = world.project(**head(say, flow))
    letterhead = Letterhead(say("client address"), say("client tax id"))
    if flow is Flow.PAY_TO_UNLOCK:
        clients.describe(world.session, actor=world.owner, project=started, letterhead=letterhead)
    return started


def proof(world: World, say: Say) -> payments.KeptProof:
    """A text with a name of their own."""
    proof_id, content = new_id(), say("proof name").encode()
    outside.of(world.session).storage.keep_small(proof_id, content)
    digest = hashlib.sha256(content).hexdigest()
    return payments.KeptProof(proof_id, say("proof name"), "application/pdf", len(content), digest)


def guest(world: World, started: Project, say: Say) -> Entered:
    """Somebody with a code, by a name of their own."""
    invitation = grants.Invitation(say("guest name"), f"guest-{started.flow}@cherry.example", EVERYTHING)
    issued = grants.issue(world.session, actor=world.owner, project=started, invitation=invitation)
    return Entered(issued.grant_id, issued.code, world.contact_actor(issued.grant_id))


def refuse(world: World, payment_id: UUID, say: Say) -> None:
    payments.reject(
        world.session, actor=world.owner, payment=world.session.get_one(payments.Payment, payment_id),
        reason=say("reason"), ticket=world.ticket(),
    )  # fmt: skip


def approve(world: World, started: Project, say: Say) -> tuple[str, UUID]:
    """Delivered, approved by name, paid, and the payment taken back: the code and the receipt."""
    step: Milestone = world.deliver(world.milestone(started), note=say("note"))
    li = guest(world, started, say)
    sign = SignOff(step.manifest_sha256 or "", say("typed name"), say("typed name"), "127.0.0.1", say("user agent"))
    milestones.approve(world.session, actor=li.actor, milestone=step, sign_off=sign)
    payment = world.report(step, li, reference=say("reference"))
    receipt = world.confirm(payment)
    payments.reverse(
        world.session, actor=world.owner, payment=payment, reason=say("reversal reason"), ticket=world.ticket()
    )
    return li.code, receipt
