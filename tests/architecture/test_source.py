"""Habits of docs/architecture.md that the syntax tree can see. Every check lists offences as path:line."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import reading
from tests.architecture.reading import PORTAL, at

LONGEST_FUNCTION = 40
LONGEST_FILE = 250

CLOCKS = re.compile(r"\b(?:datetime|date)\.(?:now|utcnow|today)$|^time\.time(?:_ns)?$")
SILENCER = re.compile(r"#\s*(?:type:\s*ignore|noqa)(?:\[[^\]]*\]|:\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)?(?P<reason>.*)")
FLOAT_FREE = ("portal/rules/", "money")


def commits(path: Path) -> Iterator[str]:
    for call, name in reading.calls(path):
        if name.endswith(".commit"):
            yield at(path, call.lineno)


def clock_readings(path: Path) -> Iterator[str]:
    for call, name in reading.calls(path):
        if CLOCKS.search(name):
            yield f"{at(path, call.lineno)} {name}"


def floats(path: Path) -> Iterator[str]:
    for node in ast.walk(reading.tree(path)):
        if (isinstance(node, ast.Constant) and isinstance(node.value, float)) or (
            isinstance(node, ast.Call) and reading.dotted(node.func) == "float"
        ):
            yield at(path, node.lineno)


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(reading.tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{at(path, node.lineno)} {node.name} has {lines} lines"


def silencers_without_reason(path: Path) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        found = SILENCER.search(token.string) if token.type == tokenize.COMMENT else None
        if found and len(re.findall(r"[^\W\d_]+", found["reason"])) < 2:
            yield f"{at(path, token.start[0])} {token.string}"


def offences(check, paths: list[Path]) -> list[str]:
    return [offence for path in paths for offence in check(path)]


def test_only_db_commits():
    paths = [path for path in reading.python_files() if path != PORTAL / "db.py"]
    assert offences(commits, paths) == []


def test_only_the_clock_reads_the_time():
    paths = [path for path in reading.python_files() if path != PORTAL / "adapters" / "clock.py"]
    assert offences(clock_readings, paths) == []


def test_money_and_rules_know_no_floats():
    root = PORTAL.parent
    paths = [
        path
        for path in reading.python_files()
        if path.is_relative_to(root / FLOAT_FREE[0]) or FLOAT_FREE[1] in path.stem
    ]
    assert offences(floats, paths) == []


def test_functions_are_short():
    assert offences(long_functions, reading.python_files()) == []


def test_files_are_short():
    lengths = {at(path, 1): len(path.read_text().splitlines()) for path in reading.python_files()}
    assert {place: lines for place, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_whoever_silences_a_checker_says_why():
    assert offences(silencers_without_reason, reading.python_files()) == []


@pytest.mark.parametrize(
    ("check", "offence"),
    [
        (commits, "session.commit()"),
        (commits, "db().commit()"),
        (clock_readings, "import datetime\nnow = datetime.datetime.now(datetime.UTC)"),
        (clock_readings, "date.today()"),
        (clock_readings, "time.time()"),
        (floats, "float(amount)"),
        (floats, "amount * 1.5"),
        (long_functions, "def long():\n" + "    pass\n" * LONGEST_FUNCTION),
        (silencers_without_reason, "x = 1  # type: " + "ignore[assignment]"),
        (silencers_without_reason, "x = 1  # no" + "qa: S603"),
    ],
)
def test_each_check_sees_its_offence(tmp_path, check, offence):
    """The control: a check that finds nothing here would find nothing anywhere."""
    path = tmp_path / "offender.py"
    path.write_text(offence + "\n")
    assert len(offences(check, [path])) == 1


@pytest.mark.parametrize(
    ("check", "innocent"),
    [
        (commits, "commit()\nrepository.committed()"),
        (clock_readings, "clock.now()\nmilestone.now()"),
        (floats, "int(amount)"),
        (long_functions, "def short():\n" + "    pass\n" * (LONGEST_FUNCTION - 1)),
        (silencers_without_reason, "x = 1  # type: " + "ignore[arg-type]  # the stub forgets None here"),
    ],
)
def test_no_check_accuses_the_innocent(tmp_path, check, innocent):
    path = tmp_path / "innocent.py"
    path.write_text(innocent + "\n")
    assert offences(check, [path]) == []
