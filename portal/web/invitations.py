"""An access code on its way to a person: the link, its QR code, and a message in their language. Nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import segno
from flask_babel import force_locale
from flask_babel import gettext as _

from portal.rules import codes
from portal.web.installation import installation
from portal.web.language import show_date

QR_SCALE = 5
QR_BORDER = 3


@dataclass(frozen=True, slots=True)
class Letter:
    """All that is shown once. `qr` is a data: address; `message` has line breaks."""

    code: str
    link: str
    qr: str
    subject: str
    message: str

    @property
    def mailto(self) -> str:
        """An address that opens the writer's own mail program with subject and message."""
        return f"mailto:?subject={quote(self.subject)}&body={quote(self.message)}"

    def mailto_person(self, email: str) -> str:
        """The same, to that address."""
        return self.mailto.replace("mailto:", f"mailto:{quote(email, safe='@')}", 1)


def letter(code: str, *, name: str, locale: str, project: str, vendor: str, until: date) -> Letter:
    """What to hand over for a canonical code, in the language `locale`."""
    shown = codes.display(code)
    # The code is behind the #, which browsers keep to themselves: no log and no proxy ever sees it.
    link = f"{installation().config.base_url.rstrip('/')}/enter#{shown}"
    with force_locale(locale):
        words = {"name": name, "project": project, "vendor": vendor, "until": show_date(until)}
        subject = _("Your access to “%(project)s”", **words)
        message = _message(shown, link, words)
    qr = segno.make(link, error="m", micro=False)
    picture = qr.svg_data_uri(scale=QR_SCALE, border=QR_BORDER, dark="#14130f", light="#ffffff")
    return Letter(shown, link, picture, subject, message)


def last_day(expires_at: datetime, zone: str) -> date:
    """The date at whose end an access expires, where the project is."""
    return (expires_at - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date()


def _message(code: str, link: str, words: dict[str, str]) -> str:
    parts = (
        _("Hello %(name)s,", **words),
        _("here you see how “%(project)s” is going, what is ready and what is to be paid:", **words) + f"\n{link}",
        _("Press Enter on that page, or type this code:") + f"\n{code}",
        _(
            "Please keep it to yourself: whoever has the code can enter. It is valid until the end of %(until)s.",
            **words,
        ),
        words["vendor"],
    )
    return "\n\n".join(parts)
