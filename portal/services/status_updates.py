"""Status updates: a draft is edited, sent or skipped. What is sent is frozen, numbered, hashed and told to all."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.access.actor import Actor, MemberActor, SystemActor
from portal.access.policy import Action, authorize
from portal.adapters import clock
from portal.db import announce, command
from portal.models.project import Project
from portal.models.status_update import DraftState, StatusDraft, StatusUpdate
from portal.rules import chain, texts
from portal.rules.errors import AlreadyDone, Conflict, Invalid, InvalidForm
from portal.rules.events import StatusSent
from portal.rules.status_updates import OPEN_SECTIONS, Section
from portal.rules.wording import N_
from portal.services import notices, record, status_wording
from portal.services.notices import NoticeKind

FORMAT = "milepost-status-1"
LONGEST_SECTION = 4000
AT_ONCE = 100
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Edited:
    """What a lead wrote: text by section, and the version of the draft that was on the page."""

    sections: Mapping[Section, str]
    version: int


@command
def revise(session: Session, *, actor: Actor, draft: StatusDraft, edited: Edited) -> StatusDraft:
    """Keep what was written. Conflict when somebody else saved meanwhile, InvalidForm for too much or too little."""
    draft, _project = _held(session, actor, draft)
    _rewrite(draft, edited)
    return draft


@command
def send(session: Session, *, actor: Actor, draft: StatusDraft, edited: Edited | None = None) -> StatusUpdate:
    """Send the draft, with what was written last, to everybody with access, and freeze it.

    Raises AlreadyDone on a repeat, Conflict for a skipped draft or a page out of date, InvalidForm as `revise`.
    """
    draft, project = _held(session, actor, draft)
    if edited is not None:
        _rewrite(draft, edited)
    sent = _freeze(session, actor, project, draft)
    draft.state, draft.decided_at, draft.send_at = DraftState.SENT, sent.sent_at, None
    session.add(sent)
    record.append(
        session, project, "status.sent", by=actor, update=sent.id, number=sent.number, sha256=sent.text_sha256,
        money_sha256=sent.money_sha256,
    )  # fmt: skip
    notices.tell_contacts(session, project, NoticeKind.STATUS_UPDATE, by=actor, update=sent.id)
    notices.tell_members(session, project, NoticeKind.STATUS_UPDATE, by=actor, update=sent.id)
    announce(session, StatusSent(vendor_id=project.vendor_id, project_id=project.id, update_id=sent.id))
    return sent


@command
def skip(session: Session, *, actor: Actor, draft: StatusDraft) -> StatusDraft:
    """Send nothing this time; the next update tells of it. AlreadyDone on a repeat, Conflict once it was sent."""
    draft, _project = _held(session, actor, draft, repeated=DraftState.SKIPPED)
    draft.state, draft.decided_at, draft.send_at = DraftState.SKIPPED, clock.now(), None
    return draft


def send_due(session: Session) -> int:
    """Send the drafts whose projects want that after some days without a word; how many went."""
    due = select(StatusDraft.id).where(StatusDraft.state == DraftState.WAITING, StatusDraft.send_at <= clock.now())
    ids = list(session.scalars(due.order_by(StatusDraft.send_at).limit(AT_ONCE)))
    return sum(_send_or_log(session, draft_id) for draft_id in ids)


def _send_or_log(session: Session, draft_id: UUID) -> bool:
    """One that fails does not stop the rest."""
    try:
        return _send_due(session, draft_id)
    except Exception:
        log.exception("status_not_sent", draft=str(draft_id))
        return False


@command
def _send_due(session: Session, draft_id: UUID) -> bool:
    draft = session.get_one(StatusDraft, draft_id)
    record.hold(session, SystemActor(), draft.project_id)
    # Read again under the lock: a lead may have sent or skipped it, or the project may have changed its mind.
    if draft.state is not DraftState.WAITING or draft.send_at is None or draft.send_at > clock.now():
        return False
    send(session, actor=SystemActor(), draft=draft)
    return True


def _held(
    session: Session, actor: Actor, draft: StatusDraft, repeated: DraftState = DraftState.SENT
) -> tuple[StatusDraft, Project]:
    """The draft and its project under the lock, while it waits."""
    authorize(actor, Action.SEND_UPDATES, draft)
    draft_id = draft.id
    project = record.hold(session, actor, draft.project_id)
    draft = session.get_one(StatusDraft, draft_id)
    if draft.state is repeated:
        raise AlreadyDone(N_("This was already done; nothing changed."))
    if draft.state is not DraftState.WAITING:
        raise Conflict(N_("This draft was sent, skipped or replaced meanwhile. Look at the updates of the project."))
    return draft, project


def _rewrite(draft: StatusDraft, edited: Edited) -> None:
    if edited.version != draft.version:
        raise Conflict(
            N_("Somebody changed this draft while you were writing. Send yours again to replace theirs."), code="stale"
        )
    written, errors = {}, []
    for section in Section:
        try:
            written[section] = _kept(draft.lines(section), texts.lines(edited.sections[section], LONGEST_SECTION))
        except Invalid as error:
            errors.append(error.at(section.value))
    if not errors and not any(written[section] for section in OPEN_SECTIONS):
        errors = [Invalid(N_("Write at least one line that everybody may read."), field=Section.DONE.value)]
    if errors:
        raise InvalidForm(errors)
    for section, text in written.items():
        setattr(draft, section.value, text)
    draft.version, draft.edited_at = draft.version + 1, clock.now()


def _kept(drafted: list[str], written: str) -> str:
    """What was written; lines left as they were drafted keep the fences around names in another direction."""
    fenced = {texts.lines(line): line for line in drafted}
    return "\n".join(fenced.get(line, line) for line in written.splitlines())


def _freeze(session: Session, actor: Actor, project: Project, draft: StatusDraft) -> StatusUpdate:
    number, money = _next_number(session, project), _money(draft)
    money_sha256 = _sha256(money) if money is not None else None
    text = chain.canonical(
        {
            "format": FORMAT,
            "update": str(draft.id),
            "number": number,
            "project": str(project.id),
            "title": project.title,
            "language": draft.language,
            "since": draft.since.isoformat(),
            "until": draft.drafted_at.isoformat(),
            "sections": [_section(draft, section) for section in OPEN_SECTIONS if draft.lines(section)],
            "money_sha256": money_sha256,
        }
    )
    return StatusUpdate(
        id=draft.id,
        vendor_id=project.vendor_id,
        project_id=project.id,
        number=number,
        language=draft.language,
        since=draft.since,
        until=draft.drafted_at,
        covers_seq=draft.covers_seq,
        text=text,
        text_sha256=_sha256(text),
        money=money,
        money_sha256=money_sha256,
        sent_by=actor.member_id if isinstance(actor, MemberActor) else None,
        sent_at=clock.now(),
    )


def _money(draft: StatusDraft) -> str | None:
    """The salt keeps those who see only its hash from trying amounts until one fits."""
    if not draft.lines(Section.MONEY):
        return None
    salt = secrets.token_hex(16)
    return chain.canonical({"update": str(draft.id), "salt": salt, **_section(draft, Section.MONEY)})


def _section(draft: StatusDraft, section: Section) -> dict[str, object]:
    heading = status_wording.heading(section, draft.language)
    return {"name": section.value, "heading": heading, "lines": draft.lines(section)}


def _next_number(session: Session, project: Project) -> int:
    """The lock on the project makes it the next; the unique key would refuse a second of it."""
    mine = StatusUpdate.vendor_id == project.vendor_id, StatusUpdate.project_id == project.id
    return (session.scalar(select(func.max(StatusUpdate.number)).where(*mine)) or 0) + 1


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
