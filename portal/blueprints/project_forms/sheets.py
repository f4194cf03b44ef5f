"""One page of the project form, whole or in part, for a new project and for a draft that is edited."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import make_response, render_template, url_for

from portal.access.policy import Action, authorize
from portal.blueprints.project_forms import forms, parts, rows
from portal.blueprints.project_forms.reading import Sent
from portal.models.project import Project
from portal.models.vendor import Vendor
from portal.queries import drafts as kept
from portal.rules import pricing
from portal.rules.drafts import Draft, Row
from portal.rules.errors import Invalid, InvalidForm
from portal.rules.lifecycle import Flow
from portal.rules.pricing import Pricing
from portal.rules.schedule import MAX_MILESTONES, STARTERS
from portal.web.actor import current_actor
from portal.web.forms import blame, new_key
from portal.web.htmx import is_fragment
from portal.web.installation import db
from portal.web.language import reader_locale


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page is made from. `project` is the draft that is edited, None for a new project."""

    draft: Draft
    pricing: Pricing
    project: Project | None = None
    key: str = ""
    seen_seq: int | None = None
    focus: str = ""
    series: tuple[str, str] = ("", "")
    error: Invalid | InvalidForm | None = None
    live: bool = False

    @property
    def rows_url(self) -> str:
        """Where the buttons of the rows are sent to."""
        if self.project is None:
            return url_for("project_forms.edit_rows")
        return url_for("project_forms.edit_rows_of", id=self.project.id)

    @property
    def action(self) -> str:
        """Where the form itself is sent to."""
        if self.project is None:
            return url_for("project_forms.create_project")
        return url_for("project_forms.create_terms", id=self.project.id)


def blank(vendor: Vendor, starter: str | None) -> Sheet:
    """A new project with the vendor's habits, and the rows of a starter if one is named."""
    named = starter if starter in STARTERS else None
    first = rows.starter_rows(named, client_locale=vendor.locale, reader_locale=reader_locale()) if named else (Row(),)
    draft = Draft(
        currency=vendor.currency,
        time_zone=vendor.time_zone,
        locale=vendor.locale,
        flow=Flow.PAY_TO_UNLOCK,
        rows=first,
    )
    return Sheet(draft, Pricing.SHARE, key=new_key())


def of_project(project: Project) -> Sheet:
    """A draft as it was kept."""
    draft = kept.of_project(db(), current_actor(), project.id, reader_locale=reader_locale())
    return Sheet(draft, pricing.chosen(draft), project=project, seen_seq=project.head_seq)


def of_sent(sent: Sent, project: Project | None, error: Invalid | InvalidForm | None = None) -> Sheet:
    """What was sent, as it was sent. A key that can do no more is replaced, so that the next try is a new one."""
    key_is_spent = isinstance(error, Invalid) and error.field == "idempotency_key"
    return Sheet(
        sent.draft,
        sent.pricing,
        project=project,
        key=new_key() if key_is_spent or not sent.key else sent.key,
        seen_seq=sent.seen_seq,
        series=(sent.series_first, sent.series_count),
        error=error,
    )


def edited(sent: Sent, project: Project | None, done: rows.Edited) -> Sheet:
    """The form after an act on its rows."""
    sheet = of_sent(sent, project)
    return replace(sheet, draft=done.draft, pricing=done.pricing, focus=done.focus, live=sent.action == "recompute")


def show(sheet: Sheet, status: int = 200) -> Any:
    """The whole page; for htmx the rows, or only what was computed."""
    form = forms.fill(sheet.draft, rows_url=sheet.rows_url, focus=sheet.focus, series=sheet.series)
    if sheet.error is not None:
        blame(form, sheet.error)
    so_far = pricing.so_far(sheet.draft, pricing=sheet.pricing, reader_locale=reader_locale())
    context = {
        "sheet": sheet,
        "form": form,
        "parts": parts.describe(so_far, live=sheet.live),
        "pricing": sheet.pricing.value,
        "most": MAX_MILESTONES,
        "is_swap": is_fragment(),
        "untouched": all(row.is_blank for row in sheet.draft.rows),
        "client_names": [] if is_fragment() else kept.client_names(db(), current_actor()),
    }
    return make_response(render_template(_template(sheet), **context), status)


def _template(sheet: Sheet) -> str:
    if is_fragment():
        return "projects/_parts.html" if sheet.live else "projects/_rows.html"
    return "projects/new.html" if sheet.project is None else "projects/edit.html"


def require(action: Action, thing: Vendor | Project) -> None:
    """Raises Forbidden before a form is shown that its reader could not send."""
    authorize(current_actor(), action, thing)
