"""Cleo, who pays for the work: on a phone, without an account, perhaps without JavaScript."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.watching import Watched


class Cleo:
    """The client's contact."""

    def __init__(self, chromium: Browser, url: str, language: str, *, scripts: bool = True) -> None:
        name = f"cleo-{language}{'' if scripts else '-plain'}"
        self.phone = Watched(chromium, url, name, phone=True, language=language, scripts=scripts)
        self.project = ""

    def enters(self, link: str) -> None:
        """Open the share link; the page fills the code, Cleo presses Enter. Without scripts she types it."""
        self.phone.go(link)
        field = self.phone.page.locator("input[name=code]")
        if self.phone.scripts:
            assert field.input_value() == link.partition("#")[2]
            assert "#" not in self.phone.page.url
        else:
            field.fill(link.partition("#")[2].lower().replace("-", " "))
        self.phone.press("/enter")
        self.project = self.phone.page.url.rsplit("/", 1)[1]

    def opens(self) -> None:
        """The project as it is now."""
        self.phone.go(f"/projects/{self.project}")

    def sees_locked(self, name: str, sha256: str) -> None:
        """Name and hash are there, the file is not."""
        self.opens()
        row = self.phone.page.locator(f'[data-sha256="{sha256}"]').first
        assert name in row.inner_text()
        assert self.phone.page.locator('a[href$="/file"]').count() == 0
        file_id = (row.get_attribute("id") or "").removeprefix("deliverable-")
        refused = self.phone.context.request.get(f"/deliverables/{file_id}/file")
        assert refused.status == 403

    def reports(self, *, amount: str | None = None, method: str = "bank_transfer", proof: Path | None = None) -> None:
        """“I have paid.”"""
        self.opens()
        self.phone.fill("/payments", method=method, reference="RF18 5390 0754 7034")
        if amount is not None:
            self.phone.fill("/payments", amount=amount)
        if proof is not None:
            self.phone.page.locator('form[action$="/payments"] input[name=proof]').set_input_files(str(proof))
        self.phone.press("/payments")

    def approves(self, name: str = "Cleo Chen") -> None:
        """Accept exactly these files."""
        self.opens()
        self.phone.fill("/approval", typed_name=name)
        self.phone.press("/approval")

    def downloads(self, milestone: str, name: str, to: Path) -> Path:
        """One original of a milestone that is paid."""
        self.phone.go(f"/milestones/{milestone}")
        row = self.phone.page.locator(".file", has_text=name).first
        return self.phone.download(f"#{row.get_attribute('id')} a[href$='/file']", to)

    def downloads_everything(self, milestone: str, to: Path) -> Path:
        """All originals in one ZIP."""
        self.phone.go(f"/milestones/{milestone}")
        return self.phone.download('a[href$="/archive.zip"]', to)

    def reads_the_receipt(self, milestone: str, to: Path) -> Path:
        """The page, and the PDF behind it."""
        self.phone.go(f"/milestones/{milestone}")
        self.phone.go(self.phone.page.locator('[data-number][href^="/receipts/"]').first.get_attribute("href") or "")
        return self.phone.download('a[href$=".pdf"]', to)

    def reads_the_record(self) -> str:
        """Everything that happened, and the head of the chain."""
        self.phone.go(f"/projects/{self.project}/record")
        return self.phone.text()
