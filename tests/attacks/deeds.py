"""For each rule that changes something: a request that does, made anew from things of its own each time.

The first visit (/setup) is not among them: it exists only while there is no studio.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from portal.adapters import clock
from portal.models.deliverable import Deliverable
from portal.models.payment import Payment
from portal.models.vendor import Member
from tests import forms
from tests.attacks import outward_deeds, settings_deeds, talk_deeds, update_deeds
from tests.attacks.scene import TUS, Case, Request, Scene, announcing
from tests.worlds import PASSWORD, Entered

BYTES = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
Deed = Callable[[Scene], Request]


def enter(scene: Scene) -> Request:
    project = scene.world.project()
    return Request(scene.world.stranger(), "POST", "/enter", {"code": scene.world.contact(project).code})


def log_in(scene: Scene) -> Request:
    member = scene.world.session.get_one(Member, scene.world.member().member_id)
    return Request(scene.world.stranger(), "POST", "/login", {"email": member.email, "password": PASSWORD})


def speak(scene: Scene) -> Request:
    return Request(scene.colleague(), "POST", "/locale", {"locale": "zh_Hans", "next": "/projects"})


def leave(scene: Scene) -> Request:
    return Request(scene.world.entered(scene.world.contact(scene.world.project()).code), "POST", "/leave")


def log_out(scene: Scene) -> Request:
    return Request(scene.colleague(), "POST", "/logout")


def create_project(scene: Scene) -> Request:
    form = forms.by_amount("1500", "2500") | scene_key(scene)
    return Request(scene.owner, "POST", "/projects", form)


def edit_rows(scene: Scene) -> Request:
    return Request(scene.owner, "POST", "/projects/rows", forms.by_amount("1500", "2500") | {"row_action": "add"})


def edit_rows_of(scene: Scene) -> Request:
    draft = scene.world.draft()
    form = forms.by_amount("1500", "2500") | {"row_action": "add"}
    return Request(scene.owner, "POST", f"/projects/{draft.id}/rows", form, project_id=draft.id)


def change_terms(scene: Scene) -> Request:
    draft = scene.world.draft()
    form = forms.by_amount("1700", "2500") | {"seen_seq": str(draft.head_seq)}
    return Request(scene.owner, "POST", f"/projects/{draft.id}/terms", form, project_id=draft.id)


def start(scene: Scene) -> Request:
    draft = scene.world.draft()
    return Request(scene.owner, "POST", f"/projects/{draft.id}/start", project_id=draft.id)


def describe_client(scene: Scene) -> Request:
    project, _ = scene.step()
    form = {"address": "Kirschallee 1", "tax_id": "DE 99"}
    return Request(scene.owner, "POST", f"/projects/{project.id}/client", form, project_id=project.id)


def issue(scene: Scene) -> Request:
    project, _ = scene.step()
    form = {"name": "Li Wei", "email": "li@cherry.example", "scopes": ["view", "pay"], "locale": "en"}
    form |= {"time_zone": "Asia/Shanghai", "expires_on": ""} | scene_key(scene)
    return Request(scene.owner, "POST", f"/projects/{project.id}/grants", form, project_id=project.id)


def rotate(scene: Scene) -> Request:
    project, grant_id = spare_grant(scene)
    return Request(scene.owner, "POST", f"/grants/{grant_id}/rotation", scene_key(scene), project_id=project)


def revoke(scene: Scene) -> Request:
    project, grant_id = spare_grant(scene)
    return Request(scene.owner, "POST", f"/grants/{grant_id}/revocation", project_id=project)


def submit(scene: Scene) -> Request:
    project, step = scene.step()
    scene.world.store(step, "plan.txt", b"the plan")
    return Request(scene.owner, "POST", f"/milestones/{step.id}/submission", {"note": "Here."}, project_id=project.id)


def release(scene: Scene) -> Request:
    project, step, _ = scene.delivered()
    return Request(
        scene.owner, "POST", f"/milestones/{step.id}/release", {"confirm": step.title}, project_id=project.id
    )


def approve(scene: Scene) -> Request:
    project, step, cleo = scene.delivered(flow="approve_then_invoice")
    form = {"manifest": step.manifest_sha256, "typed_name": "Cleo Chen", "code": ""}
    browser = scene.world.entered(cleo.code)
    return Request(browser, "POST", f"/milestones/{step.id}/approval", form, project_id=project.id)


def report(scene: Scene) -> Request:
    project, step, cleo = scene.delivered()
    form = {"amount": "1500.00", "paid_on": today(), "method": "bank_transfer", "reference": "RF1"} | scene_key(scene)
    browser = scene.world.entered(cleo.code)
    return Request(browser, "POST", f"/milestones/{step.id}/payments", form, project_id=project.id)


def confirm(scene: Scene) -> Request:
    payment, _ = reported(scene)
    form = {"amount": "1500.00", "received_on": today()} | scene_key(scene)
    return about_payment(scene, payment, "confirmation", form)


def reject(scene: Scene) -> Request:
    payment, _ = reported(scene)
    return about_payment(scene, payment, "rejection", {"reason": "Not there."} | scene_key(scene))


def reverse(scene: Scene) -> Request:
    payment, _ = reported(scene)
    scene.world.confirm(payment)
    return about_payment(scene, payment, "reversal", {"reason": "It went back."} | scene_key(scene))


def begin_upload(scene: Scene) -> Request:
    project, step = scene.step()
    headers = announcing(step.id, "film.mov", 10)
    return Request(scene.owner, "POST", "/uploads", headers=headers, project_id=project.id, body=b"")


def send_bytes(scene: Scene) -> Request:
    project, step = scene.step()
    address = scene.reserve(step)
    return Request(scene.owner, "PATCH", address, headers=TUS | BYTES, project_id=project.id, body=b"0123456789")


def cancel_upload(scene: Scene) -> Request:
    project, step = scene.step()
    return Request(scene.owner, "DELETE", scene.reserve(step), headers=TUS, project_id=project.id)


def take_back(scene: Scene) -> Request:
    file = kept(scene)
    return Request(scene.owner, "POST", f"/deliverables/{file.id}/removal", project_id=file.project_id)


def delete(scene: Scene) -> Request:
    file = kept(scene)
    return Request(scene.owner, "DELETE", f"/deliverables/{file.id}", project_id=file.project_id)


DEEDS: dict[Case, Deed] = {
    ("POST", "/enter"): enter,
    ("POST", "/login"): log_in,
    ("POST", "/locale"): speak,
    ("POST", "/leave"): leave,
    ("POST", "/logout"): log_out,
    ("POST", "/projects"): create_project,
    ("POST", "/projects/rows"): edit_rows,
    ("POST", "/projects/<uuid>/rows"): edit_rows_of,
    ("POST", "/projects/<uuid>/terms"): change_terms,
    ("POST", "/projects/<uuid>/start"): start,
    ("POST", "/projects/<uuid>/client"): describe_client,
    ("POST", "/projects/<uuid>/grants"): issue,
    ("POST", "/grants/<uuid>/rotation"): rotate,
    ("POST", "/grants/<uuid>/revocation"): revoke,
    ("POST", "/milestones/<uuid>/submission"): submit,
    ("POST", "/milestones/<uuid>/release"): release,
    ("POST", "/milestones/<uuid>/approval"): approve,
    ("POST", "/milestones/<uuid>/payments"): report,
    ("POST", "/payments/<uuid>/confirmation"): confirm,
    ("POST", "/payments/<uuid>/rejection"): reject,
    ("POST", "/payments/<uuid>/reversal"): reverse,
    ("POST", "/uploads"): begin_upload,
    ("PATCH", "/uploads/<uuid>"): send_bytes,
    ("DELETE", "/uploads/<uuid>"): cancel_upload,
    ("POST", "/deliverables/<uuid>/removal"): take_back,
    ("DELETE", "/deliverables/<uuid>"): delete,
    ("POST", "/projects/<uuid>/messages"): talk_deeds.say_in_project,
    ("POST", "/projects/<uuid>/messages/reading"): talk_deeds.read_project,
    ("POST", "/milestones/<uuid>/messages"): talk_deeds.say_in_milestone,
    ("POST", "/milestones/<uuid>/messages/reading"): talk_deeds.read_milestone,
    ("POST", "/messages/<uuid>/versions"): talk_deeds.correct,
    ("POST", "/messages/<uuid>/deletion"): talk_deeds.take_back,
    ("POST", "/calendar"): outward_deeds.make_link,
    ("POST", "/calendar/revocation"): outward_deeds.end_link,
    ("POST", "/settings/webhooks"): outward_deeds.add_target,
    ("POST", "/settings/webhooks/<uuid>"): outward_deeds.change_target,
    ("POST", "/settings/webhooks/<uuid>/secret"): outward_deeds.new_secret,
    ("POST", "/settings/webhooks/<uuid>/test"): outward_deeds.try_target,
    ("POST", "/settings/webhooks/<uuid>/pause"): outward_deeds.pause_target,
    ("POST", "/settings/webhooks/<uuid>/resumption"): outward_deeds.resume_target,
    ("POST", "/settings/webhooks/<uuid>/removal"): outward_deeds.remove_target,
    ("POST", "/settings/deliveries/<uuid>/repeat"): outward_deeds.repeat_delivery,
    ("POST", "/projects/<uuid>/rhythm"): update_deeds.choose_rhythm,
    ("POST", "/projects/<uuid>/updates"): update_deeds.draft_update,
    ("POST", "/updates/<uuid>/text"): update_deeds.revise_update,
    ("POST", "/updates/<uuid>/sending"): update_deeds.send_update,
    ("POST", "/updates/<uuid>/dismissal"): update_deeds.skip_update,
    ("POST", "/settings/studio"): settings_deeds.change_studio,
    ("POST", "/settings/payment"): settings_deeds.change_payee,
    ("POST", "/settings/members"): settings_deeds.add_member,
    ("POST", "/settings/members/<uuid>/role"): settings_deeds.change_role,
    ("POST", "/settings/members/<uuid>/removal"): settings_deeds.remove_member,
    ("POST", "/settings/account/password"): settings_deeds.change_password,
    ("POST", "/settings/account/sittings"): settings_deeds.end_sittings,
    ("POST", "/settings/account/zone"): settings_deeds.change_zone,
    ("POST", "/settings/notices"): settings_deeds.choose_notices,
    ("POST", "/settings/mail/<uuid>/attempts"): settings_deeds.send_again,
    ("POST", "/notices"): settings_deeds.choose_own_notices,
    ("POST", "/notices/<token>"): settings_deeds.choose_by_link,
    ("POST", "/notices/<token>/unsubscription"): settings_deeds.unsubscribe,
}


def scene_key(scene: Scene) -> dict[str, str]:
    """An idempotency key of a form."""
    return {"idempotency_key": scene.world.ticket().key}


def today() -> str:
    return str(clock.today("Europe/Berlin"))


def spare_grant(scene: Scene) -> tuple[UUID, UUID]:
    project, _ = scene.step()
    return project.id, scene.world.contact(project).grant_id


def reported(scene: Scene) -> tuple[Payment, Entered]:
    _, step, cleo = scene.delivered()
    return scene.world.report(step, cleo), cleo


def about_payment(scene: Scene, payment: Payment, what: str, form: dict[str, str]) -> Request:
    return Request(scene.owner, "POST", f"/payments/{payment.id}/{what}", form, project_id=payment.project_id)


def kept(scene: Scene) -> Deliverable:
    _, step = scene.step()
    return scene.world.store(step, "plan.txt", b"the plan")
