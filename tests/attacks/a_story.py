"""A small story on a real server, in which codes and passwords go everywhere people put them; all answers are kept."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import Engine, select, text, update

from portal.adapters import clock
from portal.models.client import Grant
from portal.models.milestone import Milestone
from portal.models.payment import Payment
from portal.models.receipt import Receipt
from portal.models.sitting import Key
from portal.web.installation import installation
from tests.attacks.a_sweep import Sweep
from tests.studios import Studio

SHOWN = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FIRST_PASSWORD = re.compile(r"data-first-password[^>]*>([^<]+)<")


class Person:
    """A browser on the real server. Every answer it gets is swept, but for the one page that shows a secret once."""

    def __init__(self, studio: Studio, sweep: Sweep, who: dict[str, str] | None = None) -> None:
        self.studio, self.sweep = studio, sweep
        self.hits: list[str] = []
        self.asked: list[str] = []
        self.browser = requests.Session()
        self.browser.headers.update(who or {})

    def get(self, address: str, *repeated: str, **headers: str) -> requests.Response:
        return self._ask("GET", address, repeated, headers=headers)

    def post(self, address: str, form: dict[str, Any], *repeated: str, shows: bool = False) -> requests.Response:
        """`repeated` is what the answer may show because it was typed into a field that is shown again."""
        token = TOKEN.search(self.browser.get(f"{self.studio.server.url}/enter", timeout=60).text)
        given = {"csrf_token": token[1]} if token else {}
        return self._ask("POST", address, repeated, shows, data=given | form)

    def _ask(
        self, method: str, address: str, repeated: tuple[str, ...], shows: bool = False, **more: Any
    ) -> requests.Response:
        where = f"{self.studio.server.url}{address}"
        answer = self.browser.request(method, where, allow_redirects=False, timeout=60, **more)
        self.asked.append(address)
        if not shows:
            self._sweep(f"the answer to {method} {address.split('?')[0]}", answer.content, repeated)
        self._sweep("a header", "\n".join(answer.headers.values()).encode())
        self._sweep("a cookie", opened(self.studio, answer.cookies.get("milepost", "")))
        return answer

    def _sweep(self, name: str, content: bytes, repeated: tuple[str, ...] = ()) -> None:
        # A page knows its own address, and a cookie the page one was on the way to.
        for echo in sorted((*self.asked, *repeated), key=len, reverse=True):
            content = content.replace(html.escape(echo).encode(), b"").replace(echo.encode(), b"")
        self.hits += self.sweep.hits(name, content)


def opened(studio: Studio, cookie: str) -> bytes:
    """What a cookie carries: it is signed and perhaps packed, not hidden."""
    if not cookie:
        return b""
    serializer = studio.app.session_interface.get_signing_serializer(studio.app)  # type: ignore[attr-defined]  # Flask's own
    return repr(serializer.loads(cookie)).encode()


class Story:
    """Vera lets Cleo in; Cleo pays; Vera confirms; a code is exchanged and an access withdrawn."""

    def __init__(self, studio: Studio, sweep: Sweep) -> None:
        self.studio, self.sweep = studio, sweep
        self.vera = Person(studio, sweep, studio.owner)
        self.cleo, self.stranger = Person(studio, sweep), Person(studio, sweep)
        with studio.look() as session:
            self.step = studio.milestone_id
            self.project = session.get_one(Milestone, self.step).project_id

    @property
    def hits(self) -> list[str]:
        return [*self.vera.hits, *self.cleo.hits, *self.stranger.hits]

    def invite(self) -> str:
        """A new contact; the code, which is to be found nowhere from now on."""
        form = {"name": "Li Wei", "email": "li@cherry.example", "scopes": ["view", "review", "pay"],
                "locale": "zh_Hans", "time_zone": "Asia/Shanghai", "idempotency_key": uuid.uuid4().hex}  # fmt: skip
        address = f"/projects/{self.project}/grants"
        code = self._hidden("the code", self.vera.post(address, form, shows=True))
        # The page is reloaded: the form goes once more.
        assert self.vera.post(address, form).status_code == 303
        return code

    def _hidden(self, name: str, page: requests.Response) -> str:
        assert page.status_code == 201, page.text
        found = set(SHOWN.findall(page.text))
        assert len(found) == 1
        code = found.pop()
        assert self.sweep.hits("…", page.content) == []
        self.sweep.hide(name, code)
        # The control: the sweep has eyes for it.
        assert self.sweep.hits("the page that shows it", page.content) == [f"{name} in the page that shows it"]
        return code

    def enter(self, code: str) -> None:
        """As the link, a hasty hand, and a person who mistakes the fields would."""
        for address in ("/enter", f"/enter?code={code}", f"/{code}", f"/projects/{code}", f"/projects?q={code}"):
            self.stranger.get(address)
            self.stranger.get(address, Accept="application/json")
        self.vera.get(f"/projects?q={code}", code)
        assert self.stranger.post("/login", {"email": code, "password": code}, code).status_code == 422
        assert self.stranger.post("/locale", {"locale": code, "next": f"/projects?q={code}"}).status_code in (303, 422)
        self.while_broken(lambda: self.stranger.post("/enter", {"code": code}))
        assert self.cleo.post("/enter", {"code": code.lower()}).status_code == 303

    def while_broken(self, act: Any) -> None:
        """Do something while a table is missing: what is logged then, and shown, is swept as well."""
        for table in ("keys", "buckets"):
            with renamed(installation(self.studio.app).engine, table):
                assert act().status_code in (500, 503)

    def pay(self, code: str) -> None:
        """Report with the code typed once more, and confirm."""
        with self.studio.look() as session:
            session.execute(update(Key).values(entered_at=clock.now() - timedelta(hours=1)))
            session.commit()
        form = {"amount": "1500", "paid_on": str(clock.today("UTC")), "method": "bank_transfer", "reference": "R1",
                "idempotency_key": uuid.uuid4().hex, "code": code}  # fmt: skip
        assert self.cleo.post(f"/milestones/{self.step}/payments", form | {"amount": "ten"}).status_code == 422
        assert self.cleo.post(f"/milestones/{self.step}/payments", form).status_code == 303
        with self.studio.look() as session:
            payment = session.scalars(select(Payment.id)).one()
        confirmed = {"amount": "1500", "received_on": str(clock.today("UTC")), "idempotency_key": uuid.uuid4().hex}
        assert self.vera.post(f"/payments/{payment}/confirmation", confirmed).status_code == 303

    def look_around(self) -> None:
        """Every page and file of the project, for both sides."""
        with self.studio.look() as session:
            receipt = session.scalars(select(Receipt.id)).one()
        project, step = f"/projects/{self.project}", f"/milestones/{self.step}"
        both = ("/projects", project, f"{project}/record", f"{project}/record.jsonl", f"/receipts/{receipt}",
                f"/receipts/{receipt}.pdf", step, f"{step}/archive.zip", f"{step}/manifest.txt")  # fmt: skip
        own = (f"{project}/contacts", f"{project}/client", "/settings/members", "/settings/account", "/settings/studio")
        for person, addresses in ((self.vera, both + own), (self.cleo, both)):
            for address in addresses:
                assert person.get(address).status_code == 200, address

    def end(self, code: str) -> None:
        """The code is exchanged, the new one withdrawn; both are tried again."""
        with self.studio.look() as session:
            grant = session.scalars(select(Grant.id).order_by(Grant.created_at.desc())).first()
        form = {"idempotency_key": uuid.uuid4().hex}
        second = self._hidden("the second code", self.vera.post(f"/grants/{grant}/rotation", form, shows=True))
        assert self.vera.post(f"/grants/{grant}/rotation", form).status_code == 303
        assert self.vera.post(f"/grants/{grant}/revocation", {}).status_code == 303
        for tried in (code, second):
            assert self.cleo.post("/enter", {"code": tried}).status_code == 422

    def enrol(self) -> None:
        """A colleague, whose first password is shown once."""
        form = {"name": "Max Krüger", "email": "max@studio.example", "role": "member"}
        page = self.vera.post("/settings/members", form, shows=True)
        password = FIRST_PASSWORD.search(page.text)
        assert password
        self.sweep.hide("the first password", password[1])
        assert self.stranger.post("/login", {"email": form["email"], "password": password[1]}).status_code == 303
        assert self.stranger.get("/projects").status_code == 200


@contextmanager
def renamed(engine: Engine, table: str) -> Iterator[None]:
    """A database that has lost a table for a moment."""
    rename = "ALTER TABLE {} RENAME TO {}"
    with engine.begin() as connection:
        connection.execute(text(rename.format(table, f"{table}_gone")))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text(rename.format(f"{table}_gone", table)))
