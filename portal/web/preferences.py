"""The form of how a person wants to be told, on the three pages that show it."""

from __future__ import annotations

from functools import partial
from typing import Any

from wtforms import BooleanField, Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from portal.rules import hours, telling
from portal.rules.errors import Invalid
from portal.rules.findings import Findings
from portal.rules.hours import NIGHT, Quiet
from portal.rules.telling import Rhythm, Topic, Wishes
from portal.web.language import gettext
from portal.web.language import lazy_gettext as _
from portal.web.widgets import Input, Select

TOPICS = tuple(topic for topic in Topic if len(telling.CHOICES[topic]) > 1)


class PreferenceForm(Form):
    """When mails come, in which hours none do, and whether the browser tells, too."""

    asks = SelectField(_("What asks something of you"), widget=Select())
    messages = SelectField(_("Messages"), widget=Select())
    news = SelectField(_("How the work goes on"), widget=Select())
    receipts = SelectField(_("Receipts"), widget=Select())
    quiet = BooleanField(_("Keep these hours quiet"))
    quiet_from = StringField(_("Quiet from"), widget=Input("time"))
    quiet_to = StringField(_("Quiet until"), widget=Input("time"))
    browser = BooleanField(_("Show notifications of this browser"))


def form_of(wishes: Wishes, sent: Any = None, *, with_browser: bool = True) -> PreferenceForm:
    """The form as it was `sent`, or filled in with what was chosen; a link from a mail knows nothing of a browser."""
    form = PreferenceForm(sent, data=_data(wishes))
    for topic in TOPICS:
        form[topic.value].choices = [
            SelectChoice(rhythm.value, gettext(rhythm.label)) for rhythm in telling.CHOICES[topic]
        ]
    if not with_browser:
        del form.browser
    return form


def read(form: PreferenceForm, before: Wishes) -> Wishes:
    """What was chosen; what was not asked for stays as it was `before`. Raises InvalidForm."""
    found = Findings()
    rhythms = {topic: found.check(topic.value, partial(_rhythm, form, topic)) for topic in TOPICS}
    quiet = _quiet(form, found) if form.quiet.data else None
    found.settle()
    browser = bool(form.browser.data) if "browser" in form else before.browser
    return Wishes({topic: rhythm for topic, rhythm in rhythms.items() if rhythm is not None}, quiet, browser)


def _data(wishes: Wishes) -> dict[str, Any]:
    hours_of = wishes.quiet or NIGHT
    chosen: dict[str, Any] = {topic.value: wishes.rhythm(topic).value for topic in TOPICS}
    return chosen | {
        "quiet": wishes.quiet is not None,
        "quiet_from": hours.show_minute(hours_of.starts),
        "quiet_to": hours.show_minute(hours_of.ends),
        "browser": wishes.browser,
    }


def _rhythm(form: PreferenceForm, topic: Topic) -> Rhythm:
    return telling.read_rhythm(topic, form[topic.value].data or "")


def _quiet(form: PreferenceForm, found: Findings) -> Quiet | None:
    try:
        return hours.read_quiet(form.quiet_from.data or "", form.quiet_to.data or "")
    except Invalid as error:
        found.errors.append(error)
        return None
