"""Connections: the calendar link of everybody, and the targets outside that leads have told what happens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, render_template, request
from flask_babel import gettext as _

from portal.access import doors
from portal.access.policy import Action, authorize, can
from portal.blueprints.settings.forms import WebhookForm
from portal.blueprints.settings.pages import bp, myself, show, vendor
from portal.models.webhook import Webhook
from portal.queries import feeds
from portal.queries import webhooks as reads
from portal.rules.errors import DomainError, Invalid, InvalidForm
from portal.rules.webhooks import CHOOSABLE, USUAL, Format
from portal.services import webhooks
from portal.services.answers import Ticket
from portal.services.webhooks import Made, Wanted
from portal.web.actor import current_actor
from portal.web.forms import new_key
from portal.web.gatehouse import Who, who
from portal.web.htmx import back_to, redirect_to
from portal.web.installation import db, installation
from portal.web.language import show_words


@bp.get("/connections")
@who(Who.MEMBER)
def connections() -> Any:
    """What leaves the portal by itself: one's calendar, and messages to other programs."""
    return _list(_form())


@bp.post("/webhooks")
@who(Who.MEMBER)
def create_webhook() -> Any:
    """Tell one more address. Its secret is on the answer's page and on no other."""
    back_to("/settings/connections")
    authorize(current_actor(), Action.MANAGE_WEBHOOKS, vendor())
    form = _form(request.form)
    said = {name: form[name].data or "" for name in ("name", "format", "address", "robot_key")}
    wanted = Wanted(**said, events=tuple(form.events.data or ()))
    private = installation().config.webhook_private
    try:
        made = webhooks.add(
            db(), actor=current_actor(), vendor=vendor(), wanted=wanted, private=private, ticket=_ticket()
        )
    except (Invalid, InvalidForm) as error:
        if error.field == "idempotency_key":
            form.idempotency_key.data = new_key()
        return _list(form, error)
    return _shown_once(made) if made.secret else redirect_to(_page(made.webhook_id))


@bp.get("/webhooks/<uuid:id>")
@who(Who.MEMBER)
def webhook(id: UUID) -> Any:
    """One target: what it is told of, and what it was told."""
    found = _found(id)
    authorize(current_actor(), Action.MANAGE_WEBHOOKS, found)
    return _one(found, _form(of=found))


@bp.post("/webhooks/<uuid:id>")
@who(Who.MEMBER)
def change_webhook(id: UUID) -> Any:
    """Call it something else; tell it of other things."""
    found, form = _found(id), _form(request.form)
    chosen = tuple(form.events.data or ())
    try:
        webhooks.change(db(), actor=current_actor(), webhook=found, name=form.name.data or "", chosen=chosen)
    except (Invalid, InvalidForm) as error:
        return _one(_found(id), form, error)
    flash(_("Saved."), "success")
    return redirect_to(_page(id))


@bp.post("/webhooks/<uuid:id>/secret")
@who(Who.MEMBER)
def renew_secret(id: UUID) -> Any:
    """Sign with a new secret, and show it this once."""
    back_to(_page(id))
    return _shown_once(webhooks.renew_secret(db(), actor=current_actor(), webhook=_found(id), ticket=_ticket()))


@bp.post("/webhooks/<uuid:id>/test")
@who(Who.MEMBER)
def create_test(id: UUID) -> Any:
    """Send it a test."""
    webhooks.try_out(db(), actor=current_actor(), webhook=_found(id))
    flash(_("The test is on its way. Reload the page in a moment to see what became of it."), "info")
    return redirect_to(_page(id))


@bp.post("/webhooks/<uuid:id>/pause")
@who(Who.MEMBER)
def pause_webhook(id: UUID) -> Any:
    """Tell it nothing for now."""
    back_to(_page(id))
    webhooks.pause(db(), actor=current_actor(), webhook=_found(id))
    flash(_("Paused. What happens meanwhile waits, for three days at most."), "success")
    return redirect_to(_page(id))


@bp.post("/webhooks/<uuid:id>/resumption")
@who(Who.MEMBER)
def resume_webhook(id: UUID) -> Any:
    """Go on telling it."""
    webhooks.resume(db(), actor=current_actor(), webhook=_found(id))
    flash(_("Switched on. What waited is sent now."), "success")
    return redirect_to(_page(id))


@bp.post("/webhooks/<uuid:id>/removal")
@who(Who.MEMBER)
def remove_webhook(id: UUID) -> Any:
    """Tell it nothing more, ever."""
    webhooks.remove(db(), actor=current_actor(), webhook=_found(id))
    flash(_("The target is deleted."), "success")
    return redirect_to("/settings/connections")


@bp.post("/deliveries/<uuid:id>/repeat")
@who(Who.MEMBER)
def repeat_delivery(id: UUID) -> Any:
    """Send one delivery once more."""
    delivery = doors.get_delivery(db(), current_actor(), id)
    page = _page(delivery.webhook_id)
    webhooks.send_again(db(), actor=current_actor(), delivery=delivery)
    flash(_("It is sent once more. Reload the page in a moment to see what became of it."), "info")
    return redirect_to(page)


def _found(id: UUID) -> Webhook:
    return doors.get_webhook(db(), current_actor(), id)


def _page(id: UUID) -> str:
    return f"/settings/webhooks/{id}"


def _ticket() -> Ticket:
    return Ticket(request.form.get("idempotency_key", ""), "")


def _form(sent: Any = None, of: Webhook | None = None) -> WebhookForm:
    chosen = {"name": of.name, "events": sorted(of.events)} if of else {"events": [each.value for each in USUAL]}
    form = WebhookForm(sent, data={**chosen, "idempotency_key": new_key()})
    form.format.choices = [(kind.value, show_words(kind)) for kind in Format]
    form.events.choices = [(happening.value, show_words(happening)) for happening in CHOOSABLE]
    return form


def _list(form: WebhookForm, error: DomainError | None = None) -> Any:
    may = can(current_actor(), Action.MANAGE_WEBHOOKS, vendor())
    shown = reads.targets(db(), myself()) if may else []
    return show("connections", form=form, error=error, targets=shown, may=may, links=feeds.links(db(), myself()),
                new_key=new_key)  # fmt: skip


def _one(found: Webhook, form: WebhookForm, error: DomainError | None = None) -> Any:
    target, told = reads.target(db(), myself(), found.id), reads.told(db(), myself(), found.id)
    return show("webhook", tab="connections", form=form, error=error, target=target, told=told, new_key=new_key)


def _shown_once(made: Made) -> str:
    return render_template("settings/webhook_secret.html", secret=made.secret, page=_page(made.webhook_id))
