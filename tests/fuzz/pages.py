"""The boxes of a page as a browser would read them, form by form."""

from __future__ import annotations

from html.parser import HTMLParser


class Boxes(HTMLParser):
    """What stands in the boxes of the form with one address, by name."""

    def __init__(self, action: str) -> None:
        super().__init__(convert_charrefs=True)
        self.action, self.found = action, dict[str, str]()
        self._is_inside, self._area, self._chooser = False, "", ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Called for each tag."""
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._is_inside = given.get("action") == self.action
        elif self._is_inside and tag in ("input", "textarea", "select", "option"):
            getattr(self, f"_{tag}")(given)

    def handle_endtag(self, tag: str) -> None:
        """Called for each end of a tag."""
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Called for text: a box of several lines holds it, without the first line break."""
        if self._area:
            self.found[self._area] = data.removeprefix("\r").removeprefix("\n")

    def _input(self, given: dict[str, str]) -> None:
        is_off = given.get("type") in ("radio", "checkbox") and "checked" not in given
        if "name" in given and not is_off and given.get("type") != "file":
            self.found[given["name"]] = given.get("value", "")

    def _textarea(self, given: dict[str, str]) -> None:
        self._area = given.get("name", "")
        self.found[self._area] = ""

    def _select(self, given: dict[str, str]) -> None:
        self._chooser = given.get("name", "")

    def _option(self, given: dict[str, str]) -> None:
        if "selected" in given:
            self.found[self._chooser] = given.get("value", "")


def boxes(page: str, action: str) -> dict[str, str]:
    """What the boxes of the form hold."""
    reader = Boxes(action)
    reader.feed(page)
    reader.close()
    return reader.found
