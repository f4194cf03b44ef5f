"""Targets outside: added, changed, paused, taken away; tried out, and told once more. Only leads do this."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.access.actor import Actor
from portal.access.policy import Action, authorize
from portal.adapters import clock, outside
from portal.db import announce, command, lock_row, new_id
from portal.models.vendor import Vendor
from portal.models.webhook import Delivery, Webhook
from portal.rules import call_addresses, events, webhooks
from portal.rules.call_addresses import NOWHERE
from portal.rules.errors import AlreadyDone, Conflict, NotFound
from portal.rules.findings import Findings
from portal.rules.webhooks import Format, Happening, Trouble
from portal.rules.wording import N_
from portal.services import answers, calls
from portal.services.answers import Ticket


class Shown(AlreadyDone):
    """The same form again, by reloading the page: the secret was shown and cannot be shown twice."""

    default_code = "secret_shown"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target as somebody typed it. `robot_key` is what a DingTalk or Feishu robot signs with, if it does."""

    name: str
    format: str
    address: str
    robot_key: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A target and, where receivers check our signature, the secret for it: here and nowhere else, this once."""

    webhook_id: UUID
    secret: str


@command
def add(session: Session, *, actor: Actor, vendor: Vendor, wanted: Wanted, private: bool, ticket: Ticket) -> Made:
    """Tell one more address. `private` says whether private networks may be called. Raises InvalidForm, or Shown."""
    authorize(actor, Action.MANAGE_WEBHOOKS, vendor)
    lock_row(session, "vendors", vendor.id)
    webhook_id = new_id()
    if answers.claim(session, actor, "webhooks.add", ticket, webhook_id) is not None:
        raise Shown(N_("This target was already added. Its secret is not shown twice; make a new one if it got lost."))
    found = Findings()
    kind = found.value("format", lambda: webhooks.read_format(wanted.format), Format.MILEPOST)
    address = found.value("address", lambda: call_addresses.read_address(wanted.address, private=private), NOWHERE)
    key = found.value("robot_key", lambda: webhooks.read_key(wanted.robot_key if kind.signs else ""), "")
    name = found.value("name", lambda: webhooks.read_name(wanted.name), "")
    chosen = found.value("events", lambda: webhooks.read_events(list(wanted.events)), "")
    found.settle()
    _require_room(session, vendor)
    secret = key if kind.is_robot else _new_secret()
    session.add(
        Webhook(
            id=webhook_id,
            vendor_id=vendor.id,
            name=name,
            format=kind,
            host=address.host,
            sealed=_sealed(session, address.text, secret),
            events_text=chosen,
            made_at=clock.now(),
        )
    )
    return Made(webhook_id, "" if kind.is_robot else secret)


@command
def change(session: Session, *, actor: Actor, webhook: Webhook, name: str, chosen: tuple[str, ...]) -> None:
    """Call it something else, tell it of other things. Raises InvalidForm."""
    authorize(actor, Action.MANAGE_WEBHOOKS, webhook)
    found = Findings()
    read = found.value("name", lambda: webhooks.read_name(name), "")
    events_text = found.value("events", lambda: webhooks.read_events(list(chosen)), "")
    found.settle()
    held = _hold(session, webhook)
    held.name, held.events_text = read, events_text


@command
def renew_secret(session: Session, *, actor: Actor, webhook: Webhook, ticket: Ticket) -> Made:
    """A new secret to sign with; the old one signs nothing more. Raises Conflict for a robot, or Shown."""
    authorize(actor, Action.MANAGE_WEBHOOKS, webhook)
    if webhook.format.is_robot:
        raise Conflict(N_("A robot makes its own key. Delete this target and add it again with the new key."))
    if answers.claim(session, actor, f"webhooks.renew:{webhook.id}", ticket, webhook.id) is not None:
        raise Shown(N_("This secret was already shown, and it is not shown twice. If it got lost, make a new one."))
    held = _hold(session, webhook)
    address, _ = calls.unsealed(session, held)
    secret = _new_secret()
    held.sealed = _sealed(session, address, secret)
    return Made(held.id, secret)


@command
def pause(session: Session, *, actor: Actor, webhook: Webhook) -> None:
    """Tell it nothing for now; what happens meanwhile waits. Raises AlreadyDone."""
    authorize(actor, Action.MANAGE_WEBHOOKS, webhook)
    held = _hold(session, webhook)
    if held.paused_at is not None:
        raise AlreadyDone(N_("This target is paused already."))
    held.paused_at = clock.now()


@command
def resume(session: Session, *, actor: Actor, webhook: Webhook) -> None:
    """Go on, after a pause or after it was switched off: what waits is sent, if it is not older than three days."""
    authorize(actor, Action.MANAGE_WEBHOOKS, webhook)
    held = _hold(session, webhook)
    held.paused_at = held.off_at = held.free_at = None
    held.misses = 0
    waiting = update(Delivery).where(Delivery.webhook_id == held.id, calls.is_waiting())
    stale = waiting.where(Delivery.queued_at < clock.now() - webhooks.PATIENCE)
    session.execute(stale.values(gave_up_at=clock.now(), trouble=Trouble.TOO_OLD.value))
    session.execute(waiting.values(due_at=clock.now()))
    _wake(session, held)


@command
def remove(session: Session, *, actor: Actor, webhook: Webhook) -> None:
    """Tell it nothing more, ever, and forget what it was told."""
    authorize(actor, Action.MANAGE_WEBHOOKS, webhook)
    held = _hold(session, webhook, to_delete=True)
    mine = Delivery.vendor_id == held.vendor_id, Delivery.webhook_id == held.id
    session.execute(delete(Delivery).where(*mine))
    session.execute(delete(Webhook).where(Webhook.vendor_id == held.vendor_id, Webhook.id == held.id))


@command
def try_out(session: Session, *, actor: Actor, webhook: Webhook) -> None:
    """Send it a test, as an event is sent. Raises Conflict while it is told nothing."""
    authorize(actor, Action.MANAGE_WEBHOOKS, webhook)
    held = _hold(session, webhook)
    _require_on(held)
    calls.add(session, held, event=Happening.TEST, project_id=None, about={})
    _wake(session, held)


@command
def send_again(session: Session, *, actor: Actor, delivery: Delivery) -> None:
    """Send it once more, the same bytes under the same id, at once. Raises Conflict while it is still to be sent."""
    authorize(actor, Action.MANAGE_WEBHOOKS, delivery)
    webhook_id, delivery_id = delivery.webhook_id, delivery.id
    held = _hold(session, session.get_one(Webhook, webhook_id))
    _require_on(held)
    again = session.get_one(Delivery, delivery_id, populate_existing=True)
    if again.sent_at is None and again.gave_up_at is None and again.attempts == 0:
        raise Conflict(N_("This is still on its way."))
    again.sent_at = again.gave_up_at = None
    again.due_at, again.queued_at, again.attempts = clock.now(), clock.now(), 0
    _wake(session, held)


def _hold(session: Session, webhook: Webhook, *, to_delete: bool = False) -> Webhook:
    """The target as it is now, held until the transaction ends. Raises NotFound when somebody deleted it meanwhile.

    To delete it, facts that are just being queued for it are waited for.
    """
    now = select(Webhook).where(Webhook.vendor_id == webhook.vendor_id, Webhook.id == webhook.id)
    held = session.scalar(now.with_for_update(key_share=not to_delete).execution_options(populate_existing=True))
    if held is None:
        raise NotFound
    return held


def _wake(session: Session, webhook: Webhook) -> None:
    announce(session, events.CallsQueued(vendor_id=webhook.vendor_id))


def _require_on(webhook: Webhook) -> None:
    if webhook.paused_at is not None or webhook.off_at is not None:
        raise Conflict(N_("This target is told nothing at the moment. Switch it on first."))


def _require_room(session: Session, vendor: Vendor) -> None:
    count = session.scalar(select(func.count()).select_from(Webhook).where(Webhook.vendor_id == vendor.id)) or 0
    if count >= webhooks.MOST_TARGETS:
        raise Conflict(N_("A studio has at most %(most)s targets. Delete one first."), most=webhooks.MOST_TARGETS)


def _new_secret() -> str:
    return f"mps_{secrets.token_urlsafe(32)}"


def _sealed(session: Session, address: str, secret: str) -> bytes:
    return outside.of(session).keys.seal(json.dumps([address, secret]).encode())
