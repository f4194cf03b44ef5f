"""What a mutant is: a sentence, the promise it breaks, the text to change, and the tests that must notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class Stale(Exception):
    """The code moved: the text to change is not there exactly once. The message names mutant and file."""


@dataclass(frozen=True)
class Edit:
    """In `file`, the text `old` becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """One defect. `promise` is its number in reliability.md; `tests` are paths or node ids, the quickest first.

    `postgres` says that only PostgreSQL shows it: otherwise the tests run on SQLite alone, which is quicker.
    `stays` is why no test can be asked to catch it; such a mutant still counts as a survivor.
    """

    name: str
    promise: str
    file: str
    old: str
    new: str
    tests: str | tuple[str, ...]
    also: tuple[Edit, ...] = ()
    postgres: bool = False
    stays: str = ""

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Everything that is changed."""
        return (Edit(self.file, self.old, self.new), *self.also)

    @property
    def expected(self) -> tuple[str, ...]:
        """The tests that must notice."""
        return (self.tests,) if isinstance(self.tests, str) else self.tests


def changed(mutant: Mutant, root: Path) -> Iterator[tuple[Path, str]]:
    """Each file under `root` that the mutant changes, with its new text. Raises Stale."""
    texts: dict[Path, str] = {}
    for edit in mutant.edits:
        path = root / edit.file
        text = texts.get(path) or path.read_text("utf-8")
        if text.count(edit.old) != 1:
            raise Stale(f"{mutant.name}: its text occurs {text.count(edit.old)} times in {edit.file}, not once")
        texts[path] = text.replace(edit.old, edit.new)
    yield from texts.items()
