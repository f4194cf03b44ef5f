"""The list of seeded defects (`make mutants`) stays true while the code moves: each still changes what it says."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.reading import ROOT
from tests.mutants import mutant as mutants
from tests.mutants.listed import ALL, FATAL, HARMLESS
from tests.mutants.mutant import Mutant, Stale

EVERY = (*ALL, FATAL, HARMLESS)
FEWEST = 40


def test_there_are_enough_and_each_has_a_name_of_its_own():
    names = [mutant.name for mutant in ALL]
    assert len(names) >= FEWEST
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("mutant", EVERY, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_each_changes_one_place_into_something_that_compiles(mutant: Mutant):
    for path, text in mutants.changed(mutant, ROOT):
        assert text != path.read_text("utf-8")
        if path.suffix == ".py":
            compile(text, str(path), "exec")


def test_each_names_tests_that_are_there():
    missing = [f"{mutant.name}: {test}" for mutant in EVERY for test in mutant.expected if not is_there(test)]
    assert missing == []


def is_there(test: str) -> bool:
    """A path, or a path and the name of a function in it; what it is called with does not matter here."""
    file, _, name = re.sub(r"\[.*", "", test).partition("::")
    path = ROOT / file
    if not name:
        return path.exists()
    return path.is_file() and any(
        isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(ast.parse(path.read_text()))
    )


@pytest.mark.parametrize("text", ["", "one one"])
def test_a_text_that_is_gone_or_there_twice_is_told(tmp_path, text):
    """The control: a list that fits anything would fit nothing."""
    (tmp_path / "code.py").write_text(text)
    moved = Mutant("moved", "", "code.py", "one", "two", "tests")
    with pytest.raises(Stale, match="not once"):
        list(mutants.changed(moved, tmp_path))
    assert not is_there("tests/architecture/test_mutants.py::test_that_nobody_wrote")
