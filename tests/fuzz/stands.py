"""Where each form of the portal stands: its address, who sends it, and values with which it would be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from wtforms import Form

from portal.blueprints import accounts, clients, entrances, grants
from portal.blueprints.project_forms import forms as project_forms
from portal.blueprints.settings import forms as settings
from portal.models.project import Project
from portal.services import status_drafts
from portal.web import acts, preferences, said, setup_token, status_updates
from portal.web.forms import new_key
from portal.web.installation import installation
from tests.worlds import Browser, World, in_days


@dataclass(frozen=True)
class Sent:
    """Where a form goes, by whose browser, with what it would be right; and where it goes when it is shown again."""

    address: str
    browser: Browser
    likely: dict[str, str] = field(default_factory=dict)
    again: str = ""


@dataclass(frozen=True)
class Stand:
    """A form of one class; `place` puts everything there that it needs. `most` tries where each of them is slow."""

    form: type[Form]
    place: Callable[[World], Sent]
    most: int | None = None

    @property
    def name(self) -> str:
        """For the names of tests."""
        return f"{self.form.__name__}-{self.place.__name__}"


def entry(world: World) -> Sent:
    return Sent("/enter", world.stranger())


def login(world: World) -> Sent:
    return Sent("/login", world.stranger(), {"email": "vera@studio.example"})


def submission(world: World) -> Sent:
    milestone = world.milestone(world.project())
    return Sent(f"/milestones/{milestone.id}/submission", world.browser(world.owner), {"note": " "})


def approval(world: World) -> Sent:
    project = world.project()
    milestone, entered = world.milestone(project), world.contact(project)
    world.deliver(milestone, note="Done.")
    likely = {"manifest": milestone.manifest_sha256 or "", "typed_name": "", "code": ""}
    return Sent(f"/milestones/{milestone.id}/approval", world.entered(entered.code), likely)


def release(world: World) -> Sent:
    milestone = world.milestone(world.project())
    world.deliver(milestone, note="Done.")
    return Sent(f"/milestones/{milestone.id}/release", world.browser(world.owner))


def payment(world: World) -> Sent:
    project = world.project()
    milestone, entered = world.milestone(project), world.contact(project)
    world.deliver(milestone, note="Done.")
    likely = {
        "amount": "1500", "paid_on": in_days(0), "method": "bank_transfer", "code": "", "kept_proof": "",
        "duplicate_ok": "", "idempotency_key": new_key(),
    }  # fmt: skip
    return Sent(f"/milestones/{milestone.id}/payments", world.entered(entered.code), likely)


def confirmation(world: World) -> Sent:
    likely = {"amount": "1500", "received_on": in_days(0), "idempotency_key": new_key()}
    return Sent(f"/payments/{_reported(world)}/confirmation", world.browser(world.owner), likely)


def rejection(world: World) -> Sent:
    likely = {"idempotency_key": new_key()}
    return Sent(f"/payments/{_reported(world)}/rejection", world.browser(world.owner), likely)


def reversal(world: World) -> Sent:
    project = world.project()
    milestone = world.milestone(project)
    world.deliver(milestone, note="Done.")
    payment = world.report(milestone, world.contact(project))
    world.confirm(payment)
    return Sent(f"/payments/{payment.id}/reversal", world.browser(world.owner), {"idempotency_key": new_key()})


def new_project(world: World) -> Sent:
    return Sent("/projects", world.browser(world.owner), _terms())


def rows(world: World) -> Sent:
    return Sent("/projects/rows", world.browser(world.owner), _terms() | {"row_action": "series:monthly"}, "/projects")


def draft(world: World) -> Sent:
    kept = world.draft()
    return Sent(f"/projects/{kept.id}/terms", world.browser(world.owner), _terms() | {"seen_seq": str(kept.head_seq)})


def letterhead(world: World) -> Sent:
    return Sent(f"/projects/{world.project().id}/client", world.browser(world.owner))


def invitation(world: World) -> Sent:
    project: Project = world.project()
    likely = {
        "name": "Cleo Chen", "email": "c@cherry.example", "scopes": "view", "locale": "en", "expires_on": in_days(9),
        "time_zone": "Europe/Berlin", "idempotency_key": new_key(),
    }  # fmt: skip
    return Sent(f"/projects/{project.id}/grants", world.browser(world.owner), likely)


def studio(world: World) -> Sent:
    likely = {
        "name": "Vera",
        "email": "",
        "brand_colour": "#11604A",
        "time_zone": "UTC",
        "locale": "en",
        "currency": "EUR",
    }
    return Sent("/settings/studio", world.browser(world.owner), likely)


def payee(world: World) -> Sent:
    return Sent("/settings/payment", world.browser(world.owner))


def colleague(world: World) -> Sent:
    likely = {"name": "Max", "email": f"{new_key()}@studio.example".lower(), "role": "member"}
    return Sent("/settings/members", world.browser(world.owner), likely)


def zone(world: World) -> Sent:
    return Sent("/settings/account/zone", world.browser(world.owner))


def password(world: World) -> Sent:
    return Sent("/settings/account/password", world.browser(world.owner))


def setup(world: World) -> Sent:
    """Only for a portal where nobody is yet; `world` has nobody in it."""
    likely = {
        "token": setup_token.read(installation(world.app).config), "vendor_name": "Vera", "name": "Vera",
        "email": "v@studio.example", "password": "short",
    }  # fmt: skip
    return Sent("/setup", world.stranger(), likely)


def notices(world: World) -> Sent:
    likely = {"asks": "at_once", "messages": "bundled", "news": "daily", "receipts": "at_once", "quiet_from": "22:00",
              "quiet_to": "07:00"}  # fmt: skip
    return Sent("/settings/notices", world.browser(world.owner), likely)


def webhook(world: World) -> Sent:
    likely = {"name": "Books", "format": "milepost", "address": "https://hooks.example.org/in",
              "events": "project.started", "robot_key": "", "idempotency_key": new_key()}  # fmt: skip
    return Sent("/settings/webhooks", world.browser(world.owner), likely)


def _reported(world: World) -> object:
    project = world.project()
    milestone = world.milestone(project)
    world.deliver(milestone, note="Done.")
    return world.report(milestone, world.contact(project)).id


def _terms() -> dict[str, str]:
    head = {
        "title": "Cherry", "client_name": "Cherry", "contact_name": "Cleo", "contact_email": "", "currency": "EUR",
        "price": "900", "time_zone": "Europe/Berlin", "locale": "en", "kind": "website", "flow": "pay_to_unlock",
        "zero_ok": "", "idempotency_key": new_key(), "pricing": "share", "series_first": "2031-01-31",
        "series_count": "3",
    }  # fmt: skip
    cells = (
        ("title", "Step"),
        ("due_on", in_days(9)),
        ("share", ""),
        ("amount", ""),
        ("description", ""),
        ("criteria", ""),
    )
    rows = {f"milestones-{row}-{name}": text for row in range(3) for name, text in cells}
    return head | rows | {f"milestones-{row}-share": share for row, share in enumerate(("30", "30", "40"))}


def message(world: World) -> Sent:
    address = f"/projects/{world.project().id}/messages"
    return Sent(address, world.browser(world.owner), {"body": "Hello.", "client_key": str(new_key())})


def rhythm(world: World) -> Sent:
    likely = {"rhythm": "weekly", "weekday": "4", "hour": "16", "send_after_days": ""}
    return Sent(f"/projects/{world.project().id}/rhythm", world.browser(world.owner), likely)


def status_update(world: World) -> Sent:
    draft = status_drafts.draft_now(world.session, actor=world.owner, project=world.project())
    likely = {"done": "Drawn.", "version": str(draft.version)}
    return Sent(f"/updates/{draft.id}/sending", world.browser(world.owner), likely)


SETUP = Stand(accounts.SetupForm, setup)
STANDS = (
    Stand(entrances.EnterForm, entry),
    Stand(accounts.LoginForm, login, most=3),
    Stand(acts.SubmissionForm, submission),
    Stand(acts.ApprovalForm, approval),
    Stand(acts.ReleaseForm, release),
    Stand(acts.ReportForm, payment),
    Stand(acts.ConfirmationForm, confirmation),
    Stand(acts.ReasonForm, rejection),
    Stand(acts.ReasonForm, reversal),
    Stand(project_forms.ProjectForm, new_project),
    Stand(project_forms.ProjectForm, rows),
    Stand(project_forms.ProjectForm, draft),
    Stand(clients.LetterheadForm, letterhead),
    Stand(grants.InvitationForm, invitation),
    Stand(settings.StudioForm, studio),
    Stand(settings.PaymentForm, payee),
    Stand(settings.MemberForm, colleague),
    Stand(settings.AccountForm, zone),
    Stand(settings.AccountForm, password, most=3),
    Stand(preferences.PreferenceForm, notices),
    Stand(settings.WebhookForm, webhook, most=3),
    Stand(said.SayForm, message),
    Stand(status_updates.RhythmForm, rhythm),
    Stand(status_updates.DraftForm, status_update),
)
# Rows are part of the form of a project.
INNER = {project_forms.RowForm}
