"""Every kind of mail, for both sides, in both languages; and what people wrote into names cannot do to it."""

from __future__ import annotations

import ast
import email
import email.policy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
import time_machine
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from sqlalchemy import select

from portal.adapters import catalogue, pages
from portal.models.client import Client, Contact
from portal.models.outbox import Notice
from portal.models.vendor import Member
from portal.notifications import mails, recipients, words
from portal.rules import chain
from portal.rules.lifecycle import Flow
from portal.services import approvals, milestones, payments, projects, status_drafts, status_updates, vendors
from portal.services.notices import NoticeKind
from portal.services.vendors import Payee
from portal.web.installation import installation
from tests.worlds import Entered, World

SENDER = "milepost@portal.example"
# Not one of these may end a header, begin another or make a second recipient.
EVIL = [
    "x\r\nBcc: victim@example.org", "x\nSubject: other", "x\r\n\r\n<b>body</b>", "x\u2028Bcc: a@b.c", "x\x85Bcc: a@b.c",
    "x\x0bBcc: a@b.c", "x\x01y", "\r\n.\r\nQUIT", "=?utf-8?q?=0D=0ABcc:_a@b.c?=", '"quoted", <a@b.c>', "a@b.c, d@e.f",
    "\u202eevil", "<script>alert(1)</script>", "{{ 7 * 7 }}", "%(vendor)s %s %d", "名字" * 80, "a" * 190,
]  # fmt: skip


def notice(world: World, kind: NoticeKind, to_kind: str) -> Notice:
    world.session.rollback()
    mine = Notice.vendor_id == world.owner.vendor_id, Notice.kind == kind, Notice.to_kind == to_kind
    return world.session.scalars(select(Notice).where(*mine).order_by(Notice.created_at.desc())).first()


def compose(world: World, found: Notice) -> EmailMessage:
    person = recipients.of(world.session, found)
    assert person is not None
    made = mails.compose(world.session, found, person, sender=SENDER)
    return email.message_from_bytes(made.as_bytes(policy=email.policy.SMTP), policy=email.policy.default)


def text(message: EmailMessage) -> str:
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def html(message: EmailMessage) -> str:
    return message.get_body(("html",)).get_content()


@pytest.fixture
def colleague(world: World):
    """So that the owner's own acts are told to somebody."""
    return world.member(name="Max Krüger")


@pytest.fixture
def told(world: World, colleague):
    """A world in which each kind of notice was queued once, for whoever hears of it."""
    project = world.draft()
    cleo = world.contact(project)
    projects.start(world.session, actor=world.owner, project=project)
    first = world.deliver(world.milestone(project), note="Workshop held.")
    wrong = world.report(first, cleo, minor=10_000)
    payments.reject(world.session, actor=world.owner, payment=wrong, reason="Nothing came.", ticket=world.ticket())
    world.pay(first, cleo)
    second = world.deliver(world.milestone(project, 2), note="Built.")
    milestones.release(world.session, actor=world.owner, milestone=second, confirm=second.title)
    back = world.report(second, cleo, minor=5_000)
    world.confirm(back)
    payments.reverse(world.session, actor=world.owner, payment=back, reason="Returned.", ticket=world.ticket())
    approved(world)
    change_payee(world, "DE00 1")
    change_payee(world, "DE00 2")
    return cleo


def approved(world: World) -> Entered:
    project = world.project(flow=Flow.APPROVE_THEN_INVOICE.value, title="Second project")
    cleo = world.contact(project)
    step = world.deliver(world.milestone(project), note="Done.")
    agreed = approvals.SignOff(step.manifest_sha256, "Cleo Chen", "I accept these files.")
    milestones.approve(world.session, actor=cleo.actor, milestone=step, sign_off=agreed)
    draft = status_drafts.draft_now(world.session, actor=world.owner, project=project)
    status_updates.send(world.session, actor=world.owner, draft=draft)
    return cleo


def change_payee(world: World, account: str) -> None:
    payee = Payee(pay_instructions="", bank_holder="V", bank_name="B", bank_account=account, bank_code="")
    vendors.change_payee(world.session, actor=world.owner, vendor=world.vendor, payee=payee)


FOR_CONTACTS = {
    NoticeKind.PROJECT_STARTED: "Vera Studio has started work on “Cherry Harvest website”.",
    NoticeKind.MILESTONE_OPENED: "Vera Studio now works on milestone 2 of 3, “Step 2”.",
    NoticeKind.WORK_DELIVERED: "Milestone 1 of 3 is delivered. Pay €1,500.00 to download the files.",
    NoticeKind.FILES_RELEASED: "Vera Studio opened the files of milestone 2 of 3 before payment.",
    NoticeKind.PAYMENT_CONFIRMED: "Vera Studio confirmed your payment of €50.00.",
    NoticeKind.PAYMENT_REJECTED: "Vera Studio could not find your payment of €100.00.",
    NoticeKind.PAYMENT_REVERSED: "Vera Studio took back the confirmation of your payment of €50.00.",
    NoticeKind.PAYEE_CHANGED: "The account to pay Vera Studio into has changed.",
    NoticeKind.STATUS_UPDATE: "Vera Studio tells where “Second project” stands.",
}
FOR_MEMBERS = {
    NoticeKind.MILESTONE_OPENED: "Milestone 2 of 3, “Step 2”, is open: work on it can begin.",
    NoticeKind.WORK_APPROVED: "Cherry Harvest GmbH approved milestone 1 of 3, “Step 1”.",
    NoticeKind.PAYMENT_REPORTED: "Cleo Chen reports a payment of €50.00 for milestone 2 of 3.",
    NoticeKind.PAYMENT_CONFIRMED: "The payment of €50.00 from Cherry Harvest GmbH is confirmed.",
    NoticeKind.PAYEE_CHANGED: "The account to pay Vera Studio into has changed.",
    NoticeKind.STATUS_UPDATE: "Vera Studio tells where “Second project” stands.",
}
ALL = [("contact", kind) for kind in FOR_CONTACTS] + [("member", kind) for kind in FOR_MEMBERS]


def test_every_kind_has_words_and_a_case_here():
    talk = {NoticeKind.MESSAGE_POSTED, NoticeKind.MENTIONED}
    assert set(words._CHOICES) == set(NoticeKind) == set(FOR_CONTACTS) | set(FOR_MEMBERS) | talk


def test_each_mail_says_its_sentence_first_and_leads_to_its_place(world: World, told):
    for to_kind, kind in ALL:
        made = compose(world, notice(world, kind, to_kind))
        sentence = (FOR_CONTACTS if to_kind == "contact" else FOR_MEMBERS)[kind]
        assert text(made).splitlines()[0] == sentence
        assert f"<h1>{sentence}</h1>" in html(made)
        base = installation(world.app).config.base_url
        place, choose = [line for line in text(made).splitlines() if line.startswith(base)]
        assert place.removeprefix(base).split("/")[1] in ("projects", "milestones", "receipts", "updates")
        assert choose.startswith(f"{base}/notices/")
        assert all(f'href="{link}"' in html(made) for link in (place, choose))
        assert told.code not in text(made) + html(made)
        assert ("access code" in text(made)) is (to_kind == "contact")


def test_every_mail_can_be_said_in_chinese(world: World, told, chinese):
    world.session.query(Contact).update({"locale": "zh_Hans"})
    world.session.query(Member).update({"locale": "zh_Hans"})
    world.session.commit()
    for to_kind, kind in ALL:
        made = compose(world, notice(world, kind, to_kind))
        assert all(line.startswith("中") for line in [str(made["Subject"]), text(made)])
        assert '<html lang="zh-Hans">' in html(made)
        assert "年" in text(made)


def words_of_mails() -> Iterator[ast.AST]:
    for path in Path(words.__file__).parent.glob("*words.py"):
        yield from ast.walk(ast.parse(path.read_text()))


@pytest.fixture
def chinese(tmp_path, monkeypatch):
    """Every sentence of the mails, marked by 中, with its placeholders."""
    path = tmp_path / "zh_Hans" / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True)
    catalog = Catalog(locale="zh_Hans")
    for node in words_of_mails():
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == "_"
            and isinstance(node.args[0], ast.Constant)
        ):
            catalog.add(node.args[0].value, "中" + node.args[0].value)
    with path.open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)


def test_the_head_of_the_record_is_at_the_foot_with_a_signature_that_is_ours(world: World, told):
    found = notice(world, NoticeKind.WORK_DELIVERED, "contact")
    lines = text(compose(world, found)).splitlines()
    assert lines[-2] == f"Where the record of this project stood: {found.head}"
    seq, digest = found.head.split(":")
    signature = lines[-1].rpartition(" ")[2]
    assert installation(world.app).keys.genuine(chain.head_text(int(seq), digest).encode(), signature)


def test_headers_name_both_sides_and_nothing_people_wrote_is_in_from(world: World, told):
    vendor = world.vendor
    vendor.email = "hello@studio.example"
    world.session.commit()
    found = notice(world, NoticeKind.WORK_DELIVERED, "contact")
    made = compose(world, found)
    assert str(made["From"]) == f"Milepost <{SENDER}>"
    assert str(made["To"]) == "Cleo Chen <cleo@cherry.example>"
    assert str(made["Reply-To"]) == "Vera Studio <hello@studio.example>"
    assert (str(made["Message-ID"]), str(made["Auto-Submitted"])) == (found.message_id, "auto-generated")
    assert compose(world, notice(world, NoticeKind.PAYMENT_REPORTED, "member"))["Reply-To"] is None


def test_both_clocks_are_shown_where_they_differ(world: World):
    with time_machine.travel(datetime(2026, 11, 21, 12, 5, tzinfo=UTC), tick=False):
        project = world.project()
        entered = world.contact(project)
        world.session.get_one(Contact, entered.actor.keys[0].contact_id).time_zone = "Asia/Shanghai"
        world.session.commit()
        world.deliver(world.milestone(project), note="Done.")
        made = compose(world, notice(world, NoticeKind.WORK_DELIVERED, "contact"))
    assert "21 Nov 2026, 13:05 Berlin · 21 Nov 2026, 20:05 Shanghai" in text(made)
    assert "Pay €1,500.00 to download the files." in text(made)


@pytest.mark.parametrize(
    ("flow", "asked"),
    [
        (Flow.PAY_TO_UNLOCK, "Pay €1,500.00 to download the files."),
        (Flow.APPROVE_THEN_INVOICE, "Look at it and approve it."),
    ],
)
def test_delivered_work_asks_for_what_the_flow_asks_first(world: World, flow, asked):
    project = world.project(flow=flow.value)
    world.contact(project)
    world.deliver(world.milestone(project), note="Done.")
    made = compose(world, notice(world, NoticeKind.WORK_DELIVERED, "contact"))
    assert text(made).splitlines()[0] == f"Milestone 1 of 3 is delivered. {asked}"


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_people_write_adds_a_header_a_recipient_or_markup(world: World, evil):
    project = world.project()
    entered = world.contact(project)
    world.session.get_one(Contact, entered.actor.keys[0].contact_id).name = evil
    world.session.get_one(Client, project.client_id).name = evil
    world.vendor.name, world.vendor.email, project.title = evil, "hello@studio.example", evil
    world.milestone(project).title = evil
    world.session.commit()
    world.deliver(world.milestone(project), note="Done.")
    made = compose(world, notice(world, NoticeKind.WORK_DELIVERED, "contact"))
    assert sorted(made.keys()) == sorted(
        ["Subject", "From", "To", "Reply-To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
         "List-Unsubscribe", "List-Unsubscribe-Post"]
    )  # fmt: skip
    assert [address.addr_spec for address in made["To"].addresses] == ["cleo@cherry.example"]
    assert [address.addr_spec for address in made["Reply-To"].addresses] == ["hello@studio.example"]
    assert made["From"].addresses[0].addr_spec == SENDER
    assert "<script>" not in html(made)
    assert html(made).count("<h1>") == 1
    assert "49" not in text(made).splitlines()[0]


def test_an_address_that_is_none_makes_no_mail(world: World):
    project = world.project()
    entered = world.contact(project)
    world.session.get_one(Contact, entered.actor.keys[0].contact_id).email = "not an address"
    world.session.commit()
    world.deliver(world.milestone(project), note="Done.")
    found = notice(world, NoticeKind.WORK_DELIVERED, "contact")
    with pytest.raises(mails.Unsendable):
        compose(world, found)


def test_a_name_that_runs_the_other_way_is_fenced_in():
    assert pages.clean("شركة") == "\u2068شركة\u2069"
    assert pages.clean("Cherry") == "Cherry"


def test_a_change_of_payee_is_told_once_to_whoever_may_pay_however_many_projects(world: World, told):
    world.session.rollback()
    kinds = select(Notice).where(Notice.kind == NoticeKind.PAYEE_CHANGED)
    hearing = [(found.to_kind, found.to_id) for found in world.session.scalars(kinds)]
    contacts = {contact.id for contact in world.session.scalars(select(Contact))}
    assert len(hearing) == len(set(hearing))
    assert {who for kind, who in hearing if kind == "contact"} <= contacts
    assert [who for kind, who in hearing if kind == "member"] != [world.owner.member_id]


def test_payment_details_entered_for_the_first_time_are_no_news(world: World):
    world.contact(world.project())
    change_payee(world, "DE00 1")
    assert notice(world, NoticeKind.PAYEE_CHANGED, "contact") is None
    change_payee(world, "DE00 2")
    assert json.loads(notice(world, NoticeKind.PAYEE_CHANGED, "contact").about) == {}


def test_a_status_update_is_quoted_without_what_it_says_of_money(world: World, told):
    made = compose(world, notice(world, NoticeKind.STATUS_UPDATE, "contact"))
    assert str(made["Subject"]) == "Status update 1: Second project"
    assert "What is done: • The project started on " in text(made)
    assert "on the page, for those who may see payments" in text(made)
    assert [sign for sign in ("€", "Paid so far", "1,500") if sign in text(made) + html(made)] == []
