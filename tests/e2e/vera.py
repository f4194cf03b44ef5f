"""Vera, who delivers the work: what she does in her browser, by the names of fields and addresses alone."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser

from portal.adapters import clock
from tests.e2e.watching import Watched

PASSWORD = "paper lantern 42 rivers"
UUID = r"[0-9a-f-]{36}"


class Vera:
    """The vendor on a laptop."""

    def __init__(self, chromium: Browser, url: str, language: str) -> None:
        self.desk = Watched(chromium, url, f"vera-{language}", phone=False, language=language)
        self.language = language
        self.project = self.first = ""

    def sets_up(self, token: str) -> None:
        """The first visit, with the printed token; then how the studio looks and how it is paid."""
        self.desk.go("/")
        assert self.desk.page.url.endswith("/setup")
        founding = {"vendor_name": "Vera Stein Studio", "name": "Vera Stein", "email": "vera@studio.example"}
        self.desk.fill("/setup", token=token, **founding, password=PASSWORD)
        self.desk.press("/setup")
        self.desk.fill(
            "/settings/studio", address="Lindenstr. 1\n10969 Berlin", tax_id="DE123456789", time_zone="Europe/Berlin"
        )
        self.desk.press("/settings/studio")
        self.desk.go("/settings/payment")
        bank = {
            "bank_holder": "Vera Stein",
            "bank_name": "Deutsche Kreditbank",
            "bank_account": "DE02 1203 0000 0000 2020 51",
        }
        self.desk.fill(
            "/settings/payment", **bank, bank_code="BYLADEM1001", pay_instructions="Thank you for paying on time."
        )
        self.desk.press("/settings/payment")

    def logs_in_again(self) -> None:
        """Out, and in with the password."""
        self.desk.page.locator('form[action="/logout"] button').last.click()
        self.desk.page.wait_for_url("**/login")
        self.desk.look()
        self.desk.fill("/login", email="vera@studio.example", password=PASSWORD)
        self.desk.press("/login")

    def creates_the_project(self, *, price: str, client_language: str) -> None:
        """From the starter template: five milestones by percent."""
        self.desk.go("/projects/new?starter=website")
        today = clock.today("Europe/Berlin")
        dates = {f"milestones__{n}__due_on": str(today + timedelta(days=14 * (n + 1))) for n in range(5)}
        about = {
            "title": "Cherry Harvest 网站",
            "kind": "Website",
            "client_name": "Cherry Harvest GmbH",
            "price": price,
        }
        person = {"contact_name": "Cleo 陈", "contact_email": "cleo@cherry.example", "locale": client_language}
        self.desk.fill("/projects", **about, **person, currency="EUR", **dates)
        self.desk.press("/projects")
        found = re.search(rf"/projects/({UUID})$", self.desk.page.url)
        assert found, self.desk.text()
        self.project = found[1]

    def starts_it(self) -> None:
        """The terms are locked, the first milestone opens."""
        self.desk.press("/start")
        opened = self.desk.page.locator('[data-state="active"][data-position="1"]')
        self.first = (opened.get_attribute("id") or "").removeprefix("milestone-")

    def invites(self, name: str, locale: str) -> str:
        """A code for a contact; the link to share, code in the fragment."""
        self.desk.go(f"/projects/{self.project}/contacts")
        self.desk.fill("/grants", name=name, email="cleo@cherry.example", locale=locale)
        for scope in ("view", "review", "pay"):
            self.desk.page.locator(f'form[action$="/grants"] input[name=scopes][value={scope}]').check()
        self.desk.press("/grants")
        code = self.desk.page.locator("[data-access-code]").first.get_attribute("data-access-code") or ""
        code = code or self.desk.page.locator("[data-access-code]").first.inner_text()
        assert re.fullmatch(r"\w{4}-\w{4}-\w{4}-\w{4}", code.strip()), code
        return f"{self.desk.url}/enter#{code.strip()}"

    def uploads(self, *files: Path, meanwhile: object = None) -> None:
        """All files at once through the page; `meanwhile` happens when a quarter of the first has arrived."""
        self.desk.go(f"/projects/{self.project}")
        self.desk.page.locator("[data-upload-input]").set_input_files([str(file) for file in files])
        if callable(meanwhile):
            self.desk.until("document.querySelector('[data-progress]')?.value > 250", seconds=60)
            meanwhile()
            self.desk.expected += ("htmx:sendError",)  # the list of files, asked for while nobody was there
        for file in files:
            self.desk.page.locator(".file", has_text=file.name).first.wait_for(timeout=180_000)
        self.desk.look()

    def delivers(self, note: str) -> None:
        """Submit what is there."""
        self.desk.go(f"/projects/{self.project}")
        self.desk.fill("/submission", note=note)
        self.desk.press("/submission")

    def confirms(self, amount: str | None = None) -> None:
        """The money is on the account."""
        self.desk.go(f"/projects/{self.project}")
        if amount is not None:
            self.desk.fill("/confirmation", amount=amount)
        self.desk.press("/confirmation")

    def rejects(self, reason: str) -> None:
        """The money is not on the account."""
        self.desk.go(f"/projects/{self.project}")
        self.desk.fill("/rejection", reason=reason)
        self.desk.press("/rejection")
