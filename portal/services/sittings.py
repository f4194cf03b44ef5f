"""Browsers that come and go: logging in, entering with a code, leaving, and ending sittings elsewhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.access.actor import ContactActor, MemberActor
from portal.adapters import clock, outside, passwords
from portal.db import command, lock_row, new_id
from portal.models.client import Grant, GrantUse
from portal.models.sitting import Key, Sitting
from portal.models.vendor import Member
from portal.rules import codes
from portal.rules.errors import Invalid
from portal.rules.wording import N_
from portal.services import throttle


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from. `bucket` groups addresses (IPv6 by /64)."""

    address: str
    bucket: str
    user_agent: str


def log_in(session: Session, *, email: str, password: str, visitor: Visitor) -> tuple[str, Member]:
    """A new sitting for a member; its token, and the member. Raises Invalid or Throttled, the same for any stranger."""
    folded = email.strip().casefold()
    account = _account_bucket(session, folded)
    throttle.take(session, name=f"login:{visitor.bucket}", limit=throttle.LOGIN_PER_ADDRESS)
    throttle.take(session, name=account, limit=throttle.LOGIN_PER_ACCOUNT)
    member = session.scalar(select(Member).where(Member.email == folded, Member.disabled_at.is_(None)))
    kept = member.password_hash if member else None
    # Argon2 takes a fifth of a second: never while a transaction is open.
    session.rollback()
    if not passwords.matches(kept, password) or member is None:
        raise _no_login()
    throttle.give_back(session, name=account, limit=throttle.LOGIN_PER_ACCOUNT)
    throttle.give_back(session, name=f"login:{visitor.bucket}", limit=throttle.LOGIN_PER_ADDRESS)
    return _sit_down(session, member_id=member.id, visitor=visitor, proven=kept), member


@command
def enter(session: Session, *, typed: str, visitor: Visitor, sitting_id: UUID | None) -> tuple[str, UUID]:
    """Put the grant of a code on this browser's keyring. Returns the browser's new token, and the project.

    The token is new each time: whoever knew the one before (who planted the cookie, say) is left behind. Raises
    Mistyped for a code that cannot exist, Invalid for one that opens nothing, whatever the reason.
    """
    grant = _grant_of(session, typed)
    if grant is None:
        raise Invalid(
            N_("This code does not open anything. Check it, or ask for a new one."),
            field="code",
            code="no_entry",
        )
    if sitting_id is None:
        token, sitting_id = _new_sitting(session, member_id=None, visitor=visitor)
    else:
        token = _new_token(session, sitting_id)
    _use(session, sitting_id, grant, visitor)
    return token, grant.project_id


@command
def enter_again(session: Session, *, actor: ContactActor, project_id: UUID, typed: str, visitor: Visitor) -> str:
    """Show once more that one holds the code this browser opened the project with: its key is fresh again.

    Returns the browser's new token, as `enter` does: whoever copied the old one does not act in its freshness. Raises
    Mistyped for a code that cannot exist, Invalid for any other than that one, whatever the reason.
    """
    key, grant = actor.key_for(project_id), _grant_of(session, typed)
    if key is None or grant is None or grant.id != key.grant_id:
        raise Invalid(
            N_("This is not the code you entered this project with. Check it, and enter that one."),
            field="code",
            code="no_entry",
        )
    _use(session, actor.sitting_id, grant, visitor)
    return _new_token(session, actor.sitting_id)


@command
def leave(session: Session, *, sitting_id: UUID, grant_ids: list[UUID] | None = None) -> None:
    """Drop some codes of this browser, or all of them and the sitting with them."""
    if grant_ids is None:
        session.execute(update(Sitting).where(Sitting.id == sitting_id).values(ended_at=clock.now()))
        return
    session.execute(delete(Key).where(Key.sitting_id == sitting_id, Key.grant_id.in_(grant_ids)))


@command
def log_out(session: Session, *, sitting_id: UUID) -> None:
    """End this sitting."""
    session.execute(update(Sitting).where(Sitting.id == sitting_id).values(ended_at=clock.now()))


@command
def end_others(session: Session, *, actor: MemberActor) -> None:
    """End every sitting of this member but the present one."""
    mine = Sitting.member_id == actor.member_id, Sitting.ended_at.is_(None)
    session.execute(update(Sitting).where(*mine, Sitting.id != actor.sitting_id).values(ended_at=clock.now()))


@command
def touch(session: Session, *, sitting_id: UUID) -> None:
    """Note that the browser is still there; called at most once a minute."""
    now = clock.now()
    # Never backwards: a clock set back must not stretch a sitting.
    session.execute(update(Sitting).where(Sitting.id == sitting_id, Sitting.seen_at < now).values(seen_at=now))


def _account_bucket(session: Session, folded: str) -> str:
    """Named by a keyed digest: people type codes and passwords into the wrong field, and these are kept nowhere."""
    return f"account:{outside.of(session).keys.digest_token(folded).hex()}"


@command
def _sit_down(session: Session, *, member_id: UUID, visitor: Visitor, proven: str | None = None) -> str:
    """A sitting; where a password was `proven` (its hash), only if it is still the one, and the member still there."""
    lock_row(session, "members", member_id)
    still = select(Member.id).where(Member.id == member_id, Member.disabled_at.is_(None))
    if proven is not None and session.scalar(still.where(Member.password_hash == proven)) is None:
        raise _no_login()
    return _new_sitting(session, member_id=member_id, visitor=visitor)[0]


def _no_login() -> Invalid:
    return Invalid(N_("The e-mail address or the password is not right."), field="password", code="login_failed")


def _new_sitting(session: Session, *, member_id: UUID | None, visitor: Visitor) -> tuple[str, UUID]:
    token, now = secrets.token_urlsafe(32), clock.now()
    sitting = Sitting(
        id=new_id(),
        token_digest=outside.of(session).keys.digest_token(token),
        member_id=member_id,
        created_at=now,
        seen_at=now,
        address=visitor.address,
        user_agent=visitor.user_agent[:200],
    )
    session.add(sitting)
    session.flush()
    return token, sitting.id


def _grant_of(session: Session, typed: str) -> Grant | None:
    """The live grant of a code."""
    digest = codes.digest(codes.normalise(typed), outside.of(session).keys.codes)
    grant = session.scalar(select(Grant).where(Grant.code_digest == digest))
    return grant if grant is not None and grant.live(clock.now()) else None


def _use(session: Session, sitting_id: UUID, grant: Grant, visitor: Visitor) -> None:
    """Hang the grant's key on the ring, fresh, and keep when and from where."""
    _hang_up_key(session, sitting_id, grant)
    session.add(
        GrantUse(
            vendor_id=grant.vendor_id,
            grant_id=grant.id,
            at=clock.now(),
            address=visitor.address,
            user_agent=visitor.user_agent[:200],
        )
    )


def _new_token(session: Session, sitting_id: UUID) -> str:
    token = secrets.token_urlsafe(32)
    digest = outside.of(session).keys.digest_token(token)
    session.execute(update(Sitting).where(Sitting.id == sitting_id).values(token_digest=digest))
    return token


def _hang_up_key(session: Session, sitting_id: UUID, grant: Grant) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = {"grant_version": grant.version, "entered_at": clock.now()}
    # One statement, so that two clicks at once are one key and no error.
    hung = insert(Key).values(sitting_id=sitting_id, grant_id=grant.id, **fresh)
    session.execute(hung.on_conflict_do_update(index_elements=[Key.sitting_id, Key.grant_id], set_=fresh))
