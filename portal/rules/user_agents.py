"""What a browser calls itself, in words a person knows: enough to tell one's own sittings apart."""

from __future__ import annotations

# Most pretend to be others, so the order matters: the first that is found is it.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("MicroMessenger", "WeChat"),
    ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ("curl/", "curl"), ("python", "Python"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def describe(user_agent: str) -> tuple[str, str]:
    """Browser and system; "" for what cannot be told."""
    return _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)


def _first(signs: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in signs if sign.casefold() in user_agent.casefold()), "")
