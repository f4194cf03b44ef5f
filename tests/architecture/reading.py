"""The source tree as the architecture tests read it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PORTAL = ROOT / "portal"
TEMPLATES = PORTAL / "templates"

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
RAW = re.compile(r"\{%-?\s*(macro|call)\b.*?\{%-?\s*end\1\s*-?%\}", re.DOTALL)


def python_files(*folders: Path) -> list[Path]:
    """Those of the given folders, else all of portal/."""
    return sorted(path for folder in folders or (PORTAL,) for path in folder.rglob("*.py"))


def template_files() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.is_file())


def tracked_files() -> list[Path]:
    """What git holds. Skips by name in an unpacked source package, where there is no git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("git: this is no checkout, so there is no list of tracked files")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def at(path: Path, line: int) -> str:
    """`path:line`, as editors take it."""
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{line}"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def dotted(node: ast.expr) -> str:
    """`datetime.datetime.now` for the expression of that name, `?` for what has none."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def without_jinja(text: str) -> str:
    """The HTML that is left when the template's own language is taken out; the lines stay where they are."""
    return JINJA.sub(lambda found: ("x" if found[0].startswith("{{") else "") + "\n" * found[0].count("\n"), text)


class Roots(HTMLParser):
    """The top-level elements of a fragment, with their attributes, and any text beside them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.depth = 0
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(without_jinja(RAW.sub("", text)))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            self.elements.append((tag, dict(attrs)))
        self.depth += tag not in VOID

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag not in VOID

    def handle_data(self, data: str) -> None:
        if self.depth == 0:
            self.text += data.strip()
