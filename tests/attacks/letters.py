"""A post office for tests that read what was sent."""

from __future__ import annotations

from typing import Any


class Box:
    """A post office that keeps."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []

    def send(self, message: Any) -> None:
        parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
        self.letters.append((str(message["To"]), "\n".join([str(message["Subject"]), str(message["From"]), *parts])))
