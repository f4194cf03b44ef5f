"""C10: nothing that people write adds a header, a recipient or a part to a mail."""

from __future__ import annotations

import email
import re
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from portal.models.client import Contact
from portal.models.milestone import Milestone
from portal.models.outbox import Notice
from portal.models.project import Project
from portal.notifications import digests, mails, recipients
from portal.services import milestones
from portal.services.notices import NoticeKind
from tests import scale
from tests.worlds import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SENDER = "milepost@portal.example"
LINK = re.compile(r"<http://127\.0\.0\.1:8000/notices/[\w-]{43}/unsubscription\?of=\w+(&of=\w+)*>")
PAYLOADS = (
    "x\r\nBcc: victim@example.org", "x\nBcc: victim@example.org", "x\rBcc: victim@example.org", "x\r\n\r\n<b>body</b>",
    "\r\n.\r\nQUIT",
    "x\u2028Bcc: v@example.org", "x\u2029Bcc: v@example.org", "x\x85Bcc: v@example.org", "x\x0bBcc: v@example.org",
    "x\x0cCc: v@example.org",
    "=?utf-8?q?x=0D=0ABcc:_v@example.org?=", "=?utf-8?b?eA0KQmNjOiB2QGV4YW1wbGUub3Jn?=",
    "=?x?q?=0A?= =?utf-8?q?=0D=0ABcc:?=", "==?=?utf-8?q?=0ABcc:?=",
    '"x" <v@example.org>', "x, v@example.org", "x; v@example.org", "v@example.org", "<v@example.org>",
    "undisclosed:v@example.org;", "x\\", '"', "(comment",
    "\x00Bcc: v@example.org", "\u202eBcc", "x" * 900, "名" * 300, "x " * 500, "%0d%0aBcc: v@example.org",
    "\t\r\n \r\n\tBcc: v@example.org",
    "Subject: x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x",
)  # fmt: skip


@dataclass
class Scene:
    """Delivered and released work and the notices of both, with everything whose words reach a header or a quote."""

    world: World
    notices: list[Notice]
    contact: Contact
    milestone: Milestone

    def compose(self, kind: str) -> EmailMessage:
        """The mail, or the digest, as it is now."""
        session, (first, *_) = self.world.session, self.notices
        session.flush()
        person = recipients.of(session, first)
        assert person is not None
        if kind == "digest":
            return digests.compose(session, self.notices, person, sender=SENDER, lead=first)
        return mails.compose(session, first, person, sender=SENDER)


@pytest.fixture
def scene(world: World) -> Scene:
    project = world.project()
    entered = world.contact(project)
    world.vendor.email = "hello@studio.example"
    world.session.commit()
    milestone = world.deliver(world.milestone(project), note="Done.")
    milestones.release(world.session, actor=world.owner, milestone=milestone, confirm=milestone.title)
    kinds = Notice.kind.in_([NoticeKind.WORK_DELIVERED, NoticeKind.FILES_RELEASED])
    mine = Notice.vendor_id == world.owner.vendor_id, Notice.to_kind == "contact", kinds
    found = list(world.session.scalars(select(Notice).where(*mine).order_by(Notice.created_at, Notice.id)))
    return Scene(world, found, world.session.get_one(Contact, entered.actor.keys[0].contact_id), milestone)


def in_subject(scene: Scene, text: str) -> None:
    scene.milestone.title = text


def in_name(scene: Scene, text: str) -> None:
    scene.contact.name = text


def in_name_to_reply_to(scene: Scene, text: str) -> None:
    scene.world.vendor.name = text


def in_address(scene: Scene, text: str) -> None:
    scene.contact.email = text


def in_address_to_reply_to(scene: Scene, text: str) -> None:
    scene.world.vendor.email = text


def in_title(scene: Scene, text: str) -> None:
    scene.world.session.get_one(Project, scene.milestone.project_id).title = text


PLACES = (in_subject, in_name, in_name_to_reply_to, in_address, in_address_to_reply_to, in_title)
KINDS = ("mail", "digest")


def heads(mail: bytes) -> list[list[str]]:
    """The names of the headers, as two readers of the standard library find them, and as lines that begin with one."""
    plain = mail.partition(b"\r\n\r\n")[0].decode("ascii")
    lines = [line.partition(":")[0] for line in plain.split("\r\n") if line[:1] not in (" ", "\t")]
    return [email.message_from_bytes(mail, policy=each).keys() for each in (policy.default, policy.compat32)] + [lines]


@pytest.mark.scaled
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_nothing_people_write_adds_a_header_a_recipient_or_a_part(
    scene: Scene, place: Callable[[Scene, str], None], kind: str
) -> None:
    usual, refused = heads(scene.compose(kind).as_bytes(policy=policy.SMTP)), 0
    for payload in PAYLOADS:
        with scene.world.session.begin_nested() as undone:
            place(scene, payload)
            try:
                mail = scene.compose(kind).as_bytes(policy=policy.SMTP)
            except mails.Unsendable:
                refused += 1
                assert "address" in place.__name__
            else:
                unharmed(mail, usual, place)
            undone.rollback()
    assert len(PAYLOADS) >= 30
    scale.figure(
        "C10", f"payloads {place.__name__.replace('_', ' ')} of a {kind}", mails=len(PAYLOADS), refused=refused
    )


def unharmed(mail: bytes, usual: list[list[str]], place: Callable[[Scene, str], None]) -> None:
    read = email.message_from_bytes(mail, policy=policy.default)
    assert heads(mail) == usual
    assert all(len(line) <= 998 for line in mail.split(b"\r\n"))
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert len(read["To"].addresses) == len(read["Reply-To"].addresses) == 1
    assert [each.addr_spec for each in read["From"].addresses] == [SENDER]
    if place is not in_address:
        assert read["To"].addresses[0].addr_spec == "cleo@cherry.example"
    assert LINK.fullmatch(read["List-Unsubscribe"])
    if place is not in_address_to_reply_to:
        assert read["Reply-To"].addresses[0].addr_spec == "hello@studio.example"
