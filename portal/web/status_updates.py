"""The forms of status updates, and a rhythm in words."""

from __future__ import annotations

from babel.dates import get_day_names
from flask_babel import get_locale
from wtforms import Form, HiddenField, SelectField, TextAreaField

from portal.models.status_update import StatusDraft
from portal.queries.status_updates import Chosen
from portal.rules.rhythm import DAYS_A_WEEK, HOURS_A_DAY, Rhythm
from portal.rules.status_updates import Section
from portal.services.status_updates import Edited
from portal.web.forms import whole_number
from portal.web.language import gettext, lazy_gettext, show_words

# After how many days a draft may go by itself.
WAITS = (1, 2, 3, 5, 7, 14)


class DraftForm(Form):
    """What will be sent, a line for each sentence."""

    done = TextAreaField(lazy_gettext(Section.DONE.label))
    next = TextAreaField(lazy_gettext(Section.NEXT.label))
    waiting = TextAreaField(lazy_gettext(Section.WAITING.label))
    risks = TextAreaField(lazy_gettext(Section.RISKS.label))
    money = TextAreaField(lazy_gettext(Section.MONEY.label))
    version = HiddenField()

    def edited(self) -> Edited:
        """As the service takes it. What is no version was on no page of ours."""
        sections = {section: self[section.value].data or "" for section in Section}
        return Edited(sections, whole_number(self.version.data or "") or 0)


class RhythmForm(Form):
    """How often, when, and whether a draft waits for ever."""

    rhythm = SelectField(lazy_gettext("How often"))
    weekday = SelectField(lazy_gettext("Day of the week"))
    hour = SelectField(lazy_gettext("Hour"))
    send_after_days = SelectField(lazy_gettext("If nobody sends the draft"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.rhythm.choices = [(each.value, show_words(each)) for each in Rhythm]
        self.weekday.choices = [(str(day), _weekday(day)) for day in range(DAYS_A_WEEK)]
        self.hour.choices = [(str(hour), f"{hour:02}:00") for hour in range(HOURS_A_DAY)]
        self.send_after_days.choices = [("", gettext("It waits; nothing is sent by itself")), *_waits()]

    @classmethod
    def showing(cls, chosen: Chosen) -> RhythmForm:
        """The form with what was chosen."""
        after = str(chosen.send_after_days or "")
        return cls(
            rhythm=chosen.rhythm.value, weekday=str(chosen.weekday), hour=str(chosen.hour), send_after_days=after
        )

    def typed(self) -> tuple[str, str, str, str]:
        """What was sent, in the order of `rhythm.read`."""
        fields = (self.rhythm, self.weekday, self.hour, self.send_after_days)
        return tuple(field.data or "" for field in fields)  # type: ignore[return-value]  # there are four


def drafted(draft: StatusDraft) -> DraftForm:
    """The form with what the draft says by now."""
    return DraftForm(
        version=str(draft.version), **{section.value: "\n".join(draft.lines(section)) for section in Section}
    )


def spoken(chosen: Chosen) -> str:
    """The rhythm in one line."""
    day, at = _weekday(chosen.weekday), f"{chosen.hour:02}:00"
    return gettext("%(rhythm)s, %(day)s at %(at)s", rhythm=show_words(chosen.rhythm), day=day, at=at)


def _weekday(day: int) -> str:
    return str(get_day_names("wide", context="stand-alone", locale=get_locale() or "en")[day])


def _waits() -> list[tuple[str, str]]:
    return [(str(days), _sent_after(days)) for days in WAITS]


def _sent_after(days: int) -> str:
    if days == 1:
        return gettext("Send it as it is after one day")
    return gettext("Send it as it is after %(days)s days", days=days)
