"""Where a reply goes, and how a mail program ends mails of a kind with one click (RFC 2369, RFC 8058)."""

from __future__ import annotations

import dataclasses
import re
from email import policy

import pytest
from sqlalchemy import select

from portal.adapters import outside
from portal.models.outbox import Notice
from portal.models.vendor import Vendor
from portal.notifications import mails, recipients
from portal.services import vendors
from portal.services.notices import NoticeKind
from portal.services.vendors import Payee
from portal.web.installation import installation
from tests import letters
from tests.letters import SENDER, text
from tests.worlds import World

NOT_READ = "Replies to this mail are not read: answer in the portal."


@pytest.fixture
def told(world: World) -> World:
    """Delivered, reported, confirmed; and the account to pay into changed."""
    world.member()
    project = world.project()
    cleo = world.contact(project)
    world.pay(world.deliver(world.milestone(project), note="Done."), cleo)
    for account in ("DE00 1", "DE00 2"):
        payee = Payee(pay_instructions="", bank_holder="V", bank_name="B", bank_account=account, bank_code="")
        vendors.change_payee(world.session, actor=world.owner, vendor=world.vendor, payee=payee)
    return world


def wire(world: World, kind: NoticeKind, to_kind: str = "contact") -> bytes:
    """The mail of that kind as it goes over the line."""
    world.session.rollback()
    found = world.session.scalars(select(Notice).where(Notice.kind == kind, Notice.to_kind == to_kind)).first()
    person = recipients.of(world.session, found)
    return mails.compose(world.session, found, person, sender=SENDER).as_bytes(policy=policy.SMTP)


def headers(mail: bytes) -> dict[str, str]:
    lines = re.sub(rb"\r\n[ \t]+", b" ", mail.partition(b"\r\n\r\n")[0]).decode("ascii").split("\r\n")
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        (NoticeKind.WORK_DELIVERED, "asks"),
        (NoticeKind.MILESTONE_OPENED, "news"),
    ],
)
def test_what_may_be_switched_off_can_be_by_one_click(told: World, kind, topic):
    found = headers(wire(told, kind))
    base = re.escape(installation(told.app).config.base_url)
    # As it stands on the line: an encoded link would be read by no mail program.
    link = rf"<{base}/notices/[\w-]{{43}}/unsubscription\?of={topic}>"
    assert re.fullmatch(link, found["List-Unsubscribe"])
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("kind", [NoticeKind.PAYMENT_CONFIRMED, NoticeKind.PAYEE_CHANGED])
def test_what_always_comes_promises_no_end_of_it(told: World, kind):
    mail = wire(told, kind)
    assert not [name for name in headers(mail) if name.startswith("List-")]
    assert b"unsubscription" not in mail


def test_the_same_person_has_the_same_link_in_every_mail_and_another_has_another(told: World):
    def token(mail: bytes) -> str:
        return re.search(r"/notices/([\w-]{43})\n", text(letters.parsed(mail)))[1]

    tokens = {token(wire(told, kind)) for kind in (NoticeKind.WORK_DELIVERED, NoticeKind.PAYMENT_CONFIRMED)}
    assert len(tokens) == 1
    assert token(wire(told, NoticeKind.PAYMENT_CONFIRMED, "member")) not in tokens


def test_the_link_tells_nothing_of_the_person(told: World):
    mail = wire(told, NoticeKind.WORK_DELIVERED)
    found = told.session.scalars(select(Notice).where(Notice.to_kind == "contact")).first()
    link = headers(mail)["List-Unsubscribe"]
    for thing in (found.to_id, found.vendor_id, found.project_id):
        assert str(thing) not in link
        assert thing.hex not in link


def test_without_an_address_for_replies_the_mail_says_that_nobody_reads_them(told: World):
    told.vendor.email = ""
    told.session.commit()
    for to_kind in ("contact", "member"):
        mail = wire(told, NoticeKind.PAYMENT_CONFIRMED, to_kind)
        assert "Reply-To" not in headers(mail)
        assert NOT_READ in text(letters.parsed(mail))


def test_replies_go_where_the_installation_says(told: World, monkeypatch):
    here = dataclasses.replace(outside.of(told.session), mail_reply_to="office@portal.example")
    monkeypatch.setitem(told.session.info, "outside", here)
    mail = wire(told, NoticeKind.PAYMENT_CONFIRMED, "member")
    assert headers(mail)["Reply-To"] == "Milepost <office@portal.example>"
    said = text(letters.parsed(mail))
    assert "If you reply, your mail goes to office@portal.example; the portal does not keep it." in said
    assert NOT_READ not in said


def test_a_client_answers_the_studio_itself_where_it_says_how(told: World, monkeypatch):
    here = dataclasses.replace(outside.of(told.session), mail_reply_to="office@portal.example")
    monkeypatch.setitem(told.session.info, "outside", here)
    told.session.get_one(Vendor, told.owner.vendor_id).email = "hello@studio.example"
    told.session.commit()
    mail = wire(told, NoticeKind.PAYMENT_CONFIRMED)
    assert headers(mail)["Reply-To"] == "Vera Studio <hello@studio.example>"
    assert "If you reply, your mail goes to Vera Studio; the portal does not keep it." in text(letters.parsed(mail))
