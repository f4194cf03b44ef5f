"""Pages as a browser takes them apart, and a walk over everything that can be reached from one."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from tests.worlds import Browser

LEADS_ON = ("href", "hx-get", "src", "data-href")
FIELDS = ("input", "select", "option", "button", "textarea")
Attributes = dict[str, str]


class Page(HTMLParser):
    """The elements of a page in order, each with its attributes, and the text inside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, Attributes]] = []
        self.raw: list[str] = []
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.raw.append(data)

    @property
    def skeleton(self) -> list[tuple[str, tuple[str, ...]]]:
        """Elements and the names of their attributes: what words alone can never change."""
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    @property
    def addresses(self) -> list[str]:
        """Where it leads on this site, without what follows a #."""
        found = (attributes[name] for _, attributes in self.elements for name in LEADS_ON if name in attributes)
        return [address.partition("#")[0] for address in found if address.startswith("/")]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names and values of what forms would send. An option carries the name of its select."""
        named, found = "", []
        for tag, attributes in self.elements:
            if tag in FIELDS:
                named = attributes.get("name", named if tag == "option" else "")
                found.append((named, attributes.get("value", "")))
        return found


@dataclass
class Walk:
    """Every answer to GET that was found, by address."""

    answers: dict[str, Any] = field(default_factory=dict)

    @property
    def pages(self) -> dict[str, Page]:
        """Those that are HTML, taken apart."""
        return {address: Page(answer.text) for address, answer in self.answers.items() if is_html(answer)}


def is_html(answer: Any) -> bool:
    return bool(answer.mimetype == "text/html")


def walk(browser: Browser, *starts: str, headers: dict[str, str] | None = None) -> Walk:
    """Follow every link from `starts` until there is nothing new. Neither assets nor other sites."""
    found, waiting = Walk(), list(starts)
    while waiting:
        address = waiting.pop()
        if address in found.answers or urlsplit(address).netloc or address.startswith("/static/"):
            continue
        answer = browser.client.get(address, headers=headers or {}, buffered=True)
        found.answers[address] = answer
        location = answer.headers.get("Location", "")
        waiting += [location] if location.startswith("/") else []
        waiting += Page(answer.text).addresses if is_html(answer) else []
    return found
