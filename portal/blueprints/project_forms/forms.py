"""The form as it is shown: fields filled from a draft. What it says is checked by rules.terms, not here."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from wtforms import BooleanField, FieldList, Form, FormField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import TextInput

from portal.rules.drafts import Draft
from portal.rules.lifecycle import Flow
from portal.web import choices
from portal.web.language import lazy_gettext as _

FLOWS = {
    Flow.PAY_TO_UNLOCK: _(
        "Pay to unlock: the client sees the list at once, and gets the files when the money is there."
    ),
    Flow.APPROVE_THEN_INVOICE: _("Approve, then pay: you ask for the money once the work is approved."),
}
ISO_DATE = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2})?")


class DayField(StringField):
    """A date as typed. What cannot be read comes back in a plain box, because date boxes would drop it."""

    widget = TextInput()

    def __call__(self, **attributes: Any) -> Any:
        """The box, with the browser's calendar where that can show the value."""
        readable = ISO_DATE.fullmatch(str(self.data or "")) is not None
        return super().__call__(**({"type": "date" if readable else "text"} | attributes))


class RowForm(Form):
    """One milestone."""

    title = StringField(_("Title"), [InputRequired()])
    due_on = DayField(_("Due on"), [InputRequired()])
    share = StringField(_("Share of the price"), [InputRequired()])
    amount = StringField(_("Amount"), [InputRequired()])
    description = TextAreaField(_("What it is"))
    criteria = TextAreaField(_("Success criteria"))


class ProjectForm(Form):
    """A project with its milestones, and the two boxes of a series."""

    # While the rows are away to be redrawn nothing can be typed into them, and the form cannot leave without them.
    BUSY = "#milestones input, #milestones select, #milestones textarea, #project-form button"

    title = StringField(_("Name of the project"), [InputRequired()])
    kind = StringField(_("Kind of work"))
    client_name = StringField(_("Client"), [InputRequired()])
    contact_name = StringField(_("Contact person"), [InputRequired()])
    contact_email = StringField(_("Their e-mail address"))
    locale = SelectField(_("Their language"), [InputRequired()], choices=choices.LANGUAGES)
    time_zone = SelectField(_("Time zone of the project"), [InputRequired()])
    flow = RadioField(_("When the client pays"), [InputRequired()])
    currency = SelectField(_("Currency"), [InputRequired()])
    price = StringField(_("Price"))
    milestones = FieldList(FormField(RowForm), _("Milestones"))
    zero_ok = BooleanField(_("Milestones at zero are meant."))
    series_first = DayField(_("First due date"))
    series_count = StringField(_("How many"))


def fill(draft: Draft, *, rows_url: str, focus: str = "", series: tuple[str, str] = ("", "")) -> ProjectForm:
    """The form of a draft. Boxes that bear on the price ask `rows_url` for the parts while something is typed."""
    data = asdict(draft) | {"milestones": [asdict(row) for row in draft.rows]}
    form = ProjectForm(data=data | {"series_first": series[0], "series_count": series[1]})
    form.currency.choices = choices.currencies(draft.currency)
    form.time_zone.choices = choices.time_zones(draft.time_zone)
    form.flow.choices = {flow.value: str(words) for flow, words in FLOWS.items()}
    form.price.render_kw = _live(rows_url, "recompute", "#parts", "input changed delay:400ms")
    form.currency.render_kw = _live(rows_url, "redraw", "#milestones", "change") | {"hx-disabled-elt": form.BUSY}
    for entry in form.milestones:
        for cell in (entry.form.share, entry.form.amount):
            cell.render_kw = _live(rows_url, "recompute", "#parts", "input changed delay:400ms")
    for field in (*form, *(cell for entry in form.milestones for cell in entry.form)):
        if field.name == focus:
            field.render_kw = {**(field.render_kw or {}), "autofocus": True}
    return form


def _live(url: str, action: str, target: str, trigger: str) -> dict[str, Any]:
    return {
        "autocomplete": "off",
        "hx-post": url,
        "hx-trigger": trigger,
        "hx-target": target,
        "hx-swap": "outerHTML",
        "hx-sync": "closest form:replace",
        "hx-vals": json.dumps({"row_action": action}),
    }
