"""The vendor's people: enrolled with a role, their passwords, and their going."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor
from portal.access.policy import Action, authorize
from portal.adapters import clock, passwords
from portal.db import command, lock_row, lock_table, new_id
from portal.models.sitting import Sitting
from portal.models.vendor import Member, Vendor
from portal.rules import terms, texts
from portal.rules.errors import Conflict, Invalid
from portal.rules.findings import Findings
from portal.rules.roles import Role
from portal.rules.wording import N_

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is to become a member."""

    name: str
    email: str
    role: Role
    locale: str = "en"


def add(session: Session, *, actor: Actor, vendor: Vendor, newcomer: Newcomer) -> tuple[Member, str]:
    """A new colleague, or one who left and comes back, and a first password, shown once to be handed over.

    Raises InvalidForm with what is wrong beside `name` and `email`.
    """
    authorize(actor, Action.MANAGE_MEMBERS, vendor)
    found = Findings()
    found.check("name", lambda: read_name(newcomer.name))
    found.check("email", lambda: _address(newcomer.email))
    found.settle()
    password = secrets.token_urlsafe(12)
    return _add(session, vendor, newcomer, passwords.hash_password(password)), password


@command
def change_role(session: Session, *, actor: Actor, member: Member, role: Role) -> Member:
    """Give a colleague another role. The last owner stays one."""
    authorize(actor, Action.MANAGE_MEMBERS, member)
    _hold(session, member)
    if role is not Role.OWNER:
        _keep_an_owner(session, member)
    member.role = role
    return member


@command
def disable(session: Session, *, actor: Actor, member: Member) -> Member:
    """End a colleague's access, with every browser they are logged in on. The last owner stays."""
    authorize(actor, Action.MANAGE_MEMBERS, member)
    _hold(session, member)
    _keep_an_owner(session, member)
    member.disabled_at = member.disabled_at or clock.now()
    _end_sittings(session, member)
    return member


def change_password(session: Session, *, actor: MemberActor, current: str, new: str) -> None:
    """Replace one's own password; other browsers are logged out. Raises Invalid beside the field at fault."""
    member = session.get_one(Member, actor.member_id)
    kept, email, name = member.password_hash, member.email, member.name
    session.rollback()
    if not passwords.matches(kept, current):
        raise _not_current()
    check_password(new, email, name, field="new")
    _set_password(session, actor, kept, passwords.hash_password(new))


def check_password(password: str, *personal: str, field: str = "password") -> None:
    """Refuse a password that is too short, too long, or easy to guess from lists or from the person's own words."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = N_("Use a password of at least %(least)s characters; a few words in a row work well.")
        raise Invalid(message, field=field, least=SHORTEST_PASSWORD)
    if passwords.is_guessable(password, *personal):
        raise Invalid(N_("This password is too easy to guess. Use a few unrelated words."), field=field)


def enrol(session: Session, *, vendor: Vendor, newcomer: Newcomer, password_hash: str) -> Member:
    """Write down a new member. Called inside a command. Raises Invalid beside `name` or `email`."""
    # An address belongs to one member of the whole installation: two studios may want it at the same moment.
    lock_table(session, "members")
    member = Member(
        id=new_id(),
        vendor_id=vendor.id,
        name=read_name(newcomer.name),
        email=_free(session, _address(newcomer.email)),
        role=newcomer.role,
        password_hash=password_hash,
        locale=newcomer.locale,
        time_zone=vendor.time_zone,
        created_at=clock.now(),
    )
    session.add(member)
    session.flush()
    return member


def read_name(text: str) -> str:
    """The name of a person. Raises Invalid (field "name")."""
    try:
        return texts.needed(text, N_("Enter a name."))
    except Invalid as error:
        raise error.at("name") from None


@command
def speak(session: Session, *, actor: MemberActor, locale: str) -> None:
    """Use another language for one's own pages and mails."""
    session.get_one(Member, actor.member_id).locale = terms.read_locale(locale)


@command
def live_in(session: Session, *, actor: MemberActor, time_zone: str) -> None:
    """Read times on another clock from now on. Raises Invalid (field "time_zone")."""
    session.get_one(Member, actor.member_id).time_zone = terms.read_zone(time_zone)


@command
def _add(session: Session, vendor: Vendor, newcomer: Newcomer, password_hash: str) -> Member:
    lock_row(session, "vendors", vendor.id)
    gone = _gone(session, vendor, newcomer.email)
    if gone is None:
        return enrol(session, vendor=vendor, newcomer=newcomer, password_hash=password_hash)
    gone.name, gone.role = read_name(newcomer.name), newcomer.role
    gone.password_hash, gone.disabled_at = password_hash, None
    return gone


@command
def _set_password(session: Session, actor: MemberActor, kept: str, password_hash: str) -> None:
    """As a compare-and-set: of two who know the same password, the second to change it does not know it any more."""
    known = update(Member).where(Member.id == actor.member_id, Member.password_hash == kept)
    changed = known.values(password_hash=password_hash).returning(Member.id)
    if session.execute(changed.execution_options(synchronize_session=False)).first() is None:
        raise _not_current()
    mine = Sitting.member_id == actor.member_id, Sitting.ended_at.is_(None), Sitting.id != actor.sitting_id
    session.execute(update(Sitting).where(*mine).values(ended_at=clock.now()))


def _not_current() -> Invalid:
    return Invalid(N_("The current password is not right."), field="current")


def _hold(session: Session, member: Member) -> None:
    """One change of a vendor's people at a time, starting from what the member is now."""
    lock_row(session, "vendors", member.vendor_id)
    session.refresh(member)


def _address(email: str) -> str:
    """What a member logs in with, case-folded."""
    try:
        folded = terms.read_email(email).casefold()
    except Invalid as error:
        raise error.at("email") from None
    if not folded:
        raise Invalid(N_("Enter an e-mail address to log in with."), field="email")
    return folded


def _free(session: Session, address: str) -> str:
    if session.scalar(select(Member.id).where(Member.email == address)) is not None:
        raise Invalid(N_("Someone already logs in with this e-mail address."), field="email", code="email_taken")
    return address


def _gone(session: Session, vendor: Vendor, email: str) -> Member | None:
    """Who left this vendor and had this address: what they did keeps their name, and they get it back."""
    same = Member.email == _address(email), Member.vendor_id == vendor.id, Member.disabled_at.is_not(None)
    return session.scalar(select(Member).where(*same))


def _keep_an_owner(session: Session, member: Member) -> None:
    owners = (
        select(func.count())
        .select_from(Member)
        .where(Member.vendor_id == member.vendor_id, Member.role == Role.OWNER, Member.disabled_at.is_(None))
    )
    if member.role is Role.OWNER and member.disabled_at is None and session.scalar(owners) == 1:
        raise Conflict(N_("This is the only owner. Make someone else an owner first."))


def _end_sittings(session: Session, member: Member) -> None:
    mine = Sitting.member_id == member.id, Sitting.ended_at.is_(None)
    session.execute(update(Sitting).where(*mine).values(ended_at=clock.now()))
