"""Where the tests find Chromium and Node, and how they start them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"
AXE = NODE_MODULES / "axe-core" / "axe.min.js"

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

# --no-sandbox: root, and containers without user namespaces. The rest keeps Chromium from calling home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """The machine's browser; MILEPOST_TEST_CHROMIUM names another one."""
    if chosen := os.environ.get("MILEPOST_TEST_CHROMIUM"):
        return chosen
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def chromium_or_skip() -> str:
    path = find_chromium()
    if path is None:
        pytest.skip("Chromium: there is none on this machine (Debian package: chromium)")
    return path


def launch(playwright: Playwright) -> Browser:
    """A headless browser with a fresh profile; skips by name where there is none."""
    return playwright.chromium.launch(executable_path=chromium_or_skip(), headless=True, args=FLAGS)


def node_or_skip() -> str:
    """For tests that drive tus-js-client as a program would."""
    path = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv" / "bin"))
    if path is None or not (NODE_MODULES / "tus-js-client").is_dir():
        pytest.skip("Node: there is no node, or node_modules was not made (make install-test)")
    return path


# What axe finds otherwise in the dark than in the light: the page is the same, its colours are not.
COLOURS = ("color-contrast", "link-in-text-block")


def axe_violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds on the page, one line each: rule, its help, the first node. Empty is good.

    With `rules`, by those alone. The script goes in by the browser's own channel, which the page's content security
    policy does not bind.
    """
    if not AXE.exists():
        pytest.skip("axe-core: node_modules was not made (make install-test)")
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE.read_text())
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {violation['help']} ({violation['nodes'][0]['html'][:160]})"
        for violation in found["violations"]
    ]
