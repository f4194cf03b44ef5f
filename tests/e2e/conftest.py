"""One browser for all journeys; a server of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import browser as machine
from tests.servers import Server, serving


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Headless Chromium, or a skip that names what is missing."""
    with sync_playwright() as playwright:
        found = machine.launch(playwright)
        yield found
        found.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A portal nobody has set up yet."""
    with serving(tmp_path / "instance") as up:
        yield up
