"""What `make test` runs a part of, `make faults` runs whole: whatever has a full size is marked so that it is found."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
MARKS = {"faults", "scaled"}
USERS = [
    path for path in sorted(TESTS.rglob("test_*.py")) if "full=" in path.read_text("utf-8") and path != Path(__file__)
]


def named(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def marks(nodes: list[ast.expr]) -> set[str]:
    return {each.attr for node in nodes for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def has_full_size(node: ast.AST) -> bool:
    return any(isinstance(each, ast.keyword) and each.arg == "full" for each in ast.walk(node))


def sized(module: ast.Module) -> set[str]:
    """The names of a module that have a full size, or use one that has."""
    bound: dict[str, ast.stmt] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            bound[node.name] = node
        elif isinstance(node, ast.Assign):
            bound |= dict.fromkeys(set().union(*map(named, node.targets)) - {"pytestmark"}, node)
    found = {name for name, node in bound.items() if has_full_size(node)}
    while more := {name for name, node in bound.items() if named(node) & found} - found:
        found |= more
    return found


def unmarked(module: ast.Module) -> list[str]:
    for node in module.body:
        if (
            isinstance(node, ast.Assign)
            and "pytestmark" in set().union(*map(named, node.targets))
            and marks([node.value]) & MARKS
        ):
            return []
    large = sized(module)
    return [
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if node.name in large and not marks(node.decorator_list) & MARKS
    ]


@pytest.mark.parametrize("path", USERS, ids=[str(path.relative_to(TESTS)) for path in USERS])
def test_whatever_has_a_full_size_is_run_at_it(path: Path):
    assert unmarked(ast.parse(path.read_text("utf-8"))) == []


def test_what_is_not_marked_is_found():
    source = "COUNT = scale.cases(1, full=9)\ndef helper(): return COUNT\ndef test_it(): helper()\n"
    assert unmarked(ast.parse(source)) == ["test_it"]
    assert unmarked(ast.parse(source.replace("def test_it", "@pytest.mark.scaled\ndef test_it"))) == []
    assert unmarked(ast.parse(f"{source}pytestmark = pytest.mark.faults\n")) == []
