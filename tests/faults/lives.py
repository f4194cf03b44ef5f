"""Clients who live whole projects over HTTP, whatever happens to the server, and remember what was acknowledged."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import re
import threading
import time
import uuid
from typing import Any

import requests
from PIL import Image

from portal.adapters import clock
from portal.rules import codes
from tests.faults.journal import Journal
from tests.faults.patience import LONGEST_SECONDS, LOST
from tests.forms import by_amount, typed

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def picture() -> bytes:
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(file, "PNG")
    return file.getvalue()


PICTURE = picture()
INVITED = {"scopes": ["view", "review", "pay"], "locale": "en", "time_zone": "Europe/Berlin"}
TUS = {"Tus-Resumable": "1.0.0"}


def said(answer: requests.Response) -> str:
    """What was refused, without the page around it."""
    return " ".join(re.findall(r'error">.*?<span>([^<]*)</span>', answer.text, re.DOTALL)) or answer.text[:500]


class Person:
    """One browser: its cookie, and the token of its forms."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self.url, self.http = url, requests.Session()
        self.http.headers.update(headers or {})

    def get(self, path: str) -> str:
        """A page."""
        return self.request("GET", path, (200,)).text

    def post(self, path: str, form: dict[str, Any], ok: tuple[int, ...] = (303,), **more: Any) -> requests.Response:
        """A form, sent until there is an answer: the same one each time, with the same key."""
        return self.request("POST", path, ok, data=form, **more)

    def request(self, method: str, path: str, ok: tuple[int, ...], **more: Any) -> requests.Response:
        """An answer with a status that is expected; it is asked for again only when none came or it was “later”."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while True:
            try:
                answer = self.http.request(method, self.url + path, allow_redirects=False, timeout=30, **more)
            except LOST:
                assert time.monotonic() < deadline, f"no answer to {method} {path}"
                time.sleep(0.05)
                continue
            if answer.status_code != 429:
                assert answer.status_code in ok, f"{method} {path}: {answer.status_code} {said(answer)}"
                return answer
            time.sleep(1)

    def enter(self, code: str) -> None:
        """With a code, as the page does it."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/enter"))
        assert token
        self.http.headers["X-CSRFToken"] = token[1]
        self.post("/enter", {"code": code})


class Life(threading.Thread):
    """Vera and one client after another, until told to stop."""

    def __init__(self, url: str, owner: dict[str, str], journal: Journal, chance: random.Random) -> None:
        super().__init__()
        self.vera = Person(url, owner)
        self.journal, self.chance = journal, chance
        self.enough, self.failure = threading.Event(), ""

    def run(self) -> None:
        """One project after another."""
        try:
            while not self.enough.is_set():
                self.live()
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"

    def live(self) -> None:
        """One project from its making to its end."""
        project = self.make_project()
        cleo = Person(self.vera.url)
        cleo.enter(self.invite(project, "Cleo Chen", "cleo@cherry.example"))
        self.invite_and_revoke(project)
        steps = dict.fromkeys(re.findall(rf"/milestones/({UUID})", self.vera.get(f"/projects/{project}")))
        for milestone in steps:
            if self.enough.is_set():
                return
            self.deliver(milestone)
            self.be_paid(cleo, milestone)

    def make_project(self) -> str:
        """Created and started."""
        form = by_amount("100", "200", contact_email="") | {"idempotency_key": uuid.uuid4().hex}
        made = self.vera.post("/projects", form).headers["Location"].rpartition("/")[2]
        self.journal.note("project", made)
        self.vera.post(f"/projects/{made}/start", {})
        self.journal.note("started", made)
        return made

    def invite(self, project: str, name: str, email: str) -> str:
        """The code. It is shown once: where the answer was lost, another one is made."""
        while True:
            form = INVITED | {"name": name, "email": email, "idempotency_key": uuid.uuid4().hex}
            answer = self.vera.post(f"/projects/{project}/grants", form, ok=(201, 303))
            if answer.status_code == 201:
                shown = re.search(r"(?<![\w-])[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}(?![\w-])", answer.text)
                assert shown
                self.journal.note("granted", codes.normalise(shown[0]))
                return shown[0]

    def invite_and_revoke(self, project: str) -> None:
        """Somebody who may not stay."""
        self.invite(project, "Rita Gone", "")
        page = self.vera.get(f"/projects/{project}/contacts")
        grant = next(
            found for found, card in re.findall(rf"/grants/({UUID})/revocation(.*?)</form>", page, re.DOTALL)
            if self.names(page, found) == "Rita Gone"
        )  # fmt: skip
        self.vera.post(f"/grants/{grant}/revocation", {})
        self.journal.note("revoked", grant)

    def names(self, page: str, grant: str) -> str:
        """Whose access a form on the page ends: the last name before it."""
        before = page[: page.index(f"/grants/{grant}/revocation")]
        return max(("Cleo Chen", "Rita Gone"), key=before.rfind)

    def deliver(self, milestone: str) -> None:
        """A file, and what was done."""
        if self.chance.random() < 0.5:
            self.upload(milestone)
        self.vera.post(f"/milestones/{milestone}/submission", {"note": "All of it."})
        self.journal.note("submitted", milestone)

    def upload(self, milestone: str) -> None:
        """A file in two pieces. A place whose address was lost is given up, or nothing could be delivered."""
        content = self.chance.randbytes(60_000)
        described = {"filename": "plan.bin", "milestone": milestone}
        metadata = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in described.items())
        headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
        address = self.vera.request("POST", "/uploads", (201,), headers=headers).headers["Location"]
        address = "/uploads/" + address.rpartition("/")[2]
        offset = 0
        while offset < len(content):
            piece = TUS | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            body = content[offset : offset + 40_000]
            self.vera.request("PATCH", address, (204, 409, 423), headers=piece, data=body)
            offset = int(self.vera.request("HEAD", address, (200,), headers=TUS).headers["Upload-Offset"])
        self.journal.note("stored", (address.rpartition("/")[2], hashlib.sha256(content).hexdigest()))
        page = self.vera.get(f"/milestones/{milestone}")
        for orphan in set(re.findall(rf'data-unfinished="({UUID})"', page)):
            self.vera.request("DELETE", f"/uploads/{orphan}", (204, 410), headers=TUS)

    def be_paid(self, cleo: Person, milestone: str) -> None:
        """Approved sometimes, reported, rejected sometimes, confirmed, reversed sometimes."""
        if self.chance.random() < 0.5:
            form = typed(_act(cleo.get(f"/milestones/{milestone}"), "approval")) | {"typed_name": "Cleo Chen"}
            cleo.post(f"/milestones/{milestone}/approval", form)
            self.journal.note("approved", milestone)
        if self.chance.random() < 0.3:
            self.decide(self.report(cleo, milestone), "rejection", "rejected", {"reason": "Nothing came."})
        payment = self.report(cleo, milestone)
        day = str(clock.today("Europe/Berlin"))
        amount = str(self.chance.choice([100, 200, 250, 300]))
        self.decide(payment, "confirmation", "confirmed", {"amount": amount, "received_on": day})
        if self.chance.random() < 0.2:
            self.decide(payment, "reversal", "reversed", {"reason": "It bounced."})
        elif amount == "100":
            second = _act(cleo.get(f"/milestones/{milestone}"), "report")
            if second:
                self.decide(self.report(cleo, milestone), "confirmation", "confirmed",
                            {"amount": "100", "received_on": day})  # fmt: skip

    def report(self, cleo: Person, milestone: str) -> str:
        """The payment's id, found on Vera's page by its reference."""
        reference = uuid.uuid4().hex[:12]
        form = typed(_act(cleo.get(f"/milestones/{milestone}"), "report"))
        form |= {"method": "bank_transfer", "reference": reference, "duplicate_ok": "y"}
        proof = {"proof": ("transfer.png", PICTURE, "image/png")} if self.chance.random() < 0.3 else None
        cleo.post(f"/milestones/{milestone}/payments", form, files=proof)
        self.journal.note("reported", (milestone, reference))
        found = re.search(rf"/payments/({UUID})/confirmation", self.vera.get(f"/milestones/{milestone}"))
        assert found, f"a reported payment of {milestone} is not on the page"
        return found[1]

    def decide(self, payment: str, how: str, kept: str, form: dict[str, str]) -> None:
        """One decision of Vera's about it."""
        self.vera.post(f"/payments/{payment}/{how}", form | {"idempotency_key": uuid.uuid4().hex})
        self.journal.note(kept, payment)


def _act(page: str, name: str) -> str:
    found = re.search(rf'<form id="act-{name}".*?</form>', page, re.DOTALL)
    return found[0] if found else ""
