"""The page of a project or milestone, and the answer to every act on it: all show `milestones/_stage.html`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from flask import Response, flash, make_response, render_template

from portal.access.actor import MemberActor
from portal.queries.projects import Overview
from portal.rules.errors import Conflict, Invalid, InvalidForm
from portal.rules.wording import N_
from portal.web import stage, standings
from portal.web.actor import current_actor
from portal.web.acts import Act
from portal.web.htmx import is_fragment, redirect_to
from portal.web.installation import installation
from portal.web.stage import Stage


def project(overview: Overview) -> Response:
    """The project's page, around the milestone it is about now; while it is a draft, its terms."""
    if overview.head.started_at is None:
        is_member = isinstance(current_actor(), MemberActor)
        words = stage.sentence(overview, overview.steps[0], is_member=is_member)
        return make_response(render_template("projects/draft.html", overview=overview, sentence=words))
    return make_response(_draw("projects/show.html", stage.of_project(overview)))


def milestone(milestone_id: UUID) -> Response:
    """The milestone's page; for htmx the stage alone."""
    return make_response(_render(stage.of_milestone(milestone_id)))


def after(milestone_id: UUID, name: str, form: Act, act: Callable[[], object], *, done: str) -> Response:
    """Do `act`, then show the milestone as it is now; `done` says what happened. A refused form comes back with 422.

    `name` is what `offers` calls the form.
    """
    try:
        act()
    except (Invalid, InvalidForm) as refusal:
        return _refused(milestone_id, name, form, refusal)
    if not is_fragment():
        flash(done, "success")
        return redirect_to(f"/milestones/{milestone_id}")
    response = make_response(_render(stage.of_milestone(milestone_id), done=done))
    response.headers["HX-Reswap"] = "outerHTML show:window:top"
    return response


def _refused(milestone_id: UUID, name: str, form: Act, refusal: Invalid | InvalidForm) -> Response:
    """Only the form is swapped, so nothing typed elsewhere on the page is lost."""
    shown = stage.of_milestone(milestone_id)
    if name not in shown.forms:
        # Somebody decided meanwhile: there is no such form on the page any more, so nothing to correct in it.
        raise Conflict(N_("That is not possible at this stage. Open the milestone again to see where it stands."))
    forms = {**shown.forms, name: form.take(refusal).tell_apart(name)}
    response = make_response(_render(replace(shown, forms=forms)), 422)
    response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = f"#act-{name}"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


def _render(shown: Stage, done: str = "") -> str:
    template = "milestones/_stage.html" if is_fragment() else "milestones/show.html"
    return _draw(template, shown, done)


def _draw(template: str, shown: Stage, done: str = "") -> str:
    largest = installation().config.max_file_bytes
    return render_template(template, stage=shown, standings=standings, largest_file=largest, done=done)
