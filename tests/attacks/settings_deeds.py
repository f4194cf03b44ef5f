"""Requests that change a studio, its people or one's own account (see tests/attacks/deeds.py)."""

from __future__ import annotations

from sqlalchemy import select, update

from portal.adapters import clock
from portal.models.outbox import Notice
from tests import letters
from tests.attacks.scene import Request, Scene
from tests.worlds import PASSWORD

BETTER = "seven quiet harbours 12"
STUDIO = {
    "name": "Vera Stein Studio", "address": "Weserstraße 12", "tax_id": "DE 301", "email": "hello@studio.example",
    "brand_colour": "#aa3355", "time_zone": "Europe/Berlin", "locale": "en", "currency": "EUR",
}  # fmt: skip
BANK = {"bank_holder": "Vera Stein", "bank_account": "DE02120300000000202051", "pay_instructions": "Soon, please."}

NOTICES = {
    "asks": "daily", "messages": "never", "news": "weekly", "receipts": "daily",
    "quiet": "y", "quiet_from": "21:30", "quiet_to": "06:45",
}  # fmt: skip


def change_studio(scene: Scene) -> Request:
    # Another name each time, so that each of them changes something.
    name = f"Vera Stein Studio {scene.world.ticket().key[:8]}"
    return Request(scene.owner, "POST", "/settings/studio", STUDIO | {"name": name})


def change_payee(scene: Scene) -> Request:
    words = f"Soon, please: {scene.world.ticket().key[:8]}"
    return Request(scene.owner, "POST", "/settings/payment", BANK | {"pay_instructions": words})


def add_member(scene: Scene) -> Request:
    form = {"name": "Nora New", "email": f"{scene.world.ticket().key[:8]}@studio.example", "role": "member"}
    return Request(scene.owner, "POST", "/settings/members", form)


def change_role(scene: Scene) -> Request:
    member = scene.world.member()
    return Request(scene.owner, "POST", f"/settings/members/{member.member_id}/role", {"role": "manager"})


def remove_member(scene: Scene) -> Request:
    return Request(scene.owner, "POST", f"/settings/members/{scene.world.member().member_id}/removal")


def change_password(scene: Scene) -> Request:
    form = {"current": PASSWORD, "new": BETTER}
    return Request(scene.colleague(), "POST", "/settings/account/password", form)


def end_sittings(scene: Scene) -> Request:
    member = scene.world.member()
    scene.world.browser(member)
    return Request(scene.world.browser(member), "POST", "/settings/account/sittings")


def change_zone(scene: Scene) -> Request:
    return Request(scene.colleague(), "POST", "/settings/account/zone", {"time_zone": "Asia/Tokyo"})


def choose_notices(scene: Scene) -> Request:
    return Request(scene.colleague(), "POST", "/settings/notices", NOTICES)


def choose_own_notices(scene: Scene) -> Request:
    return Request(scene.world.entered(scene.world.contact(scene.world.project()).code), "POST", "/notices", NOTICES)


def choose_by_link(scene: Scene) -> Request:
    return Request(scene.world.stranger(), "POST", f"/notices/{a_link(scene)}", NOTICES)


def unsubscribe(scene: Scene) -> Request:
    form = {"List-Unsubscribe": "One-Click"}
    return Request(scene.world.stranger(), "POST", f"/notices/{a_link(scene)}/unsubscription?of=news", form)


def send_again(scene: Scene) -> Request:
    project, step = scene.step()
    scene.world.contact(project)
    scene.world.deliver(step, ("plan.txt", b"the plan"))
    mine = Notice.project_id == project.id
    notice_id = scene.world.session.scalars(select(Notice.id).where(mine, Notice.to_kind == "contact")).first()
    lost = {"gave_up_at": clock.now(), "last_error": "550 no such person", "attempts": 1}
    scene.world.session.execute(update(Notice).where(Notice.id == notice_id).values(lost))
    scene.world.session.commit()
    return Request(scene.owner, "POST", f"/settings/mail/{notice_id}/attempts", project_id=project.id)


def a_link(scene: Scene) -> str:
    """The token in the mails of somebody new."""
    contact_id = scene.world.contact(scene.world.project()).actor.latest.contact_id
    return letters.token_of(scene.world.session, "contact", contact_id, scene.world.owner.vendor_id)
