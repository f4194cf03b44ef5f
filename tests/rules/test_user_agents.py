"""Browsers by the names people know them under."""

from __future__ import annotations

import pytest

from portal.rules import user_agents

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0 Safari/537.36", "Chrome", "Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/141.0 Safari/537.36 Edg/141.0", "Edge", "Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1", "Safari", "macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) CriOS/141 Mobile Safari/604.1", "Chrome", "iPhone"),
        (f"Mozilla/5.0 (Linux; Android 16) {WEBKIT} Chrome/141.0 Mobile MicroMessenger/8.0", "WeChat", "Android"),
        ("tests", "", ""),
        ("", "", ""),
    ],
)
def test_a_browser_is_told_by_what_it_calls_itself(said, browser, system):
    assert user_agents.describe(said) == (browser, system)
