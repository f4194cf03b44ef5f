"""A page that is looked at wherever it goes: axe in light and dark, no sideways scroll, nothing on the console."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser import COLOURS, axe_violations

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# Chromium notes every refused form (422) as a failed resource; the page says it better. Whoever sends a form while its
# parts are still being computed leaves that request behind, and htmx says so.
# While a server is away, pages look for it again.
EXPECTED = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest", "WebSocket connection to")
# What should have a box on the page and has none: its parent is drawn, it is not told to hide, yet nothing shows.
UNDRAWN = """[...document.querySelectorAll("main *")]
  .filter(e => !e.checkVisibility() && e.parentElement.checkVisibility())
  .filter(e => getComputedStyle(e).display !== "none" && !e.closest("noscript, details, select, datalist, svg"))
  .map(e => e.outerHTML.slice(0, 80))"""
# What a colour is inherited by fades after it, so one frame is not enough.
STILL = """async () => {
  for (let quiet = 0, frame = 0; quiet < 3 && frame < 120; frame += 1) {
    await new Promise(requestAnimationFrame);
    quiet = document.getAnimations().length ? 0 : quiet + 1;
  }
}"""
PICTURES = os.environ.get("MILEPOST_PICTURES")


class Watched:
    """One person's browser. `look()` is called on every page the journey visits."""

    def __init__(
        self, chromium: Browser, url: str, name: str, *, phone: bool, language: str, scripts: bool = True
    ) -> None:
        self.url, self.name, self.scripts = url, name, scripts
        self.context = chromium.new_context(
            base_url=url,
            viewport=PHONE if phone else DESK,
            is_mobile=phone,
            has_touch=phone,
            locale="zh-CN" if language == "zh_Hans" else "en-GB",
            timezone_id="Asia/Shanghai" if language == "zh_Hans" else "Europe/Berlin",
            java_script_enabled=scripts,
            accept_downloads=True,
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = EXPECTED
        self.seen: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._pictures = 0

    def go(self, address: str) -> None:
        """Open an address and look at it."""
        answer = self.page.goto(address)
        assert answer is not None, address
        assert answer.status < 400, f"{address} → {answer.status}"
        self.look()

    def look(self) -> None:
        """Everything a careful eye would check on the page as it is now."""
        self.seen.append(re.sub(r"[0-9a-f-]{36}", "ID", self.page.url.removeprefix(self.url).partition("?")[0]))
        found: list[str] = []
        for scheme, rules in (("light", ()), ("dark", COLOURS)):
            # Where nothing may move, colours hardly fade over.
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # a word
            if self.scripts:
                self.page.evaluate(STILL)
                found += [f"{scheme}: {line}" for line in axe_violations(self.page, *rules)]
            self._picture(scheme)
        self.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        assert found == [], f"{self.name} at {self.page.url}: {found}"
        if self.scripts:
            width, shown = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert width <= shown, f"{self.name} at {self.page.url}: {width} wide on {shown}"
            assert self.page.evaluate(UNDRAWN) == [], f"{self.name} at {self.page.url}"
        assert self.complaints == [], f"{self.name} at {self.page.url}: {self.complaints}"

    def press(self, form: str, *, button: str = "button[type=submit], button:not([type])") -> None:
        """Send the form whose address ends with `form`, and look at what comes."""
        found = self.page.locator(f'form[action$="{form}"]').first
        opener = found.locator("xpath=ancestor::details[not(@open)]/summary")
        if opener.count():
            opener.first.click()
        found.locator(button).last.click()
        self.page.wait_for_load_state("networkidle")
        self.look()

    def fill(self, form: str, **values: str) -> None:
        """Fill fields of the form whose address ends with `form`, opening what hides it."""
        found = self.page.locator(f'form[action$="{form}"]').first
        opener = found.locator("xpath=ancestor::details[not(@open)]/summary")
        if opener.count():
            opener.first.click()
        for name, value in values.items():
            field = found.locator(f'[name="{name.replace("__", "-")}"]')
            if field.evaluate("e => e.tagName") == "SELECT" if self.scripts else field.locator("option").count():
                field.select_option(value)
            else:
                field.fill(value)

    def until(self, expression: str, *, seconds: float) -> None:
        """Wait for something to be true on the page. Playwright's own way needs eval, which our policy forbids."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, f"{expression} did not come true in {seconds} s"
            self.page.wait_for_timeout(50)

    def text(self) -> str:
        """What is to be read on the page."""
        return self.page.locator("main").inner_text()

    def download(self, selector: str, to: Path) -> Path:
        """Follow a download link and keep the file."""
        with self.page.expect_download(timeout=120_000) as waiting:
            self.page.locator(selector).first.click()
        waiting.value.save_as(to)
        return to

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(self.expected):
            self.complaints.append(message.text)

    def _picture(self, scheme: str) -> None:
        if PICTURES:
            self._pictures += 1
            name = f"{self.name}-{self._pictures:02d}-{scheme}.png"
            # Hiding the caret takes an inline style, which our policy forbids and the console would tell.
            self.page.screenshot(path=Path(PICTURES) / name, full_page=True, caret="initial")
