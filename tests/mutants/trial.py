"""A mutant on trial: the tests that must notice it are run, then all the others, until one of them fails."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.mutants.copies import Copy
from tests.mutants.mutant import Mutant

LONGEST_TEST, LONGEST_RUN = 150, 1500
# The whole suite but what takes long, and but the test that compares the list of mutants with the code.
WIDER = (
    "tests", "--ignore=tests/e2e", "--ignore=tests/faults", "--ignore=tests/architecture/test_mutants.py",
    "-m", "not e2e and not faults",
)  # fmt: skip
LINE = re.compile(r"^(FAILED|ERROR) (\S+?)(?:\[[^\n]*?\])?(?: - (.*))?$", re.MULTILINE)
# These say that the mutant is no program, not that a test looked.
NONSENSE = re.compile(r"^(?:\w+\.)*(?:NameError|ImportError|ModuleNotFoundError|SyntaxError|UnboundLocalError)\b")


class Fate(StrEnum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    BROKEN = "broken"


@dataclass(frozen=True)
class Verdict:
    """The fate of a mutant, the test that sealed it, what that said, and the seconds it took."""

    mutant: Mutant
    fate: Fate
    test: str
    said: str
    seconds: float


def judge(copy: Copy, mutant: Mutant) -> Verdict:
    """Try the expected tests, then the wider suite."""
    begun = time.monotonic()
    with copy.broken_by(mutant):
        fate, test, said = _try(copy, [*mutant.expected, *_databases(mutant)])
        if fate is Fate.SURVIVED and not mutant.stays:
            fate, test, said = _try(copy, WIDER)
            said = f"(not by the tests expected to) {said}" if fate is Fate.CAUGHT else said
    return Verdict(mutant, fate, test, said, time.monotonic() - begun)


def failures_of_the_whole(copy: Copy, mutants: Sequence[Mutant]) -> str:
    """What the tests of `mutants` say of the unbroken copy; nothing when they pass."""
    for postgres in (False, True):
        tests = dict.fromkeys(test for mutant in mutants if mutant.postgres is postgres for test in mutant.expected)
        if tests:
            status, output = _pytest(copy, [*tests, *([] if postgres else ["-m", "not postgres"])], keep_compiled=True)
            if status:
                return output[-3000:]
    return ""


def _databases(mutant: Mutant) -> list[str]:
    return [] if mutant.postgres else ["-m", "not postgres"]


def _try(copy: Copy, chosen: Sequence[str]) -> tuple[Fate, str, str]:
    status, output = _pytest(copy, [*chosen, "-x"])
    found = LINE.search(output)
    if status == 0:
        return Fate.SURVIVED, "", ""
    if status == 1 and found and found[1] == "FAILED" and not NONSENSE.match(found[3] or ""):
        return Fate.CAUGHT, found[2], found[3] or ""
    return Fate.BROKEN, found[2] if found else "", (found[3] if found else "") or output.strip()[-400:]


def _pytest(copy: Copy, arguments: Sequence[str], *, keep_compiled: bool = False) -> tuple[int, str]:
    options = ["-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", f"--timeout={LONGEST_TEST}"]
    return copy.pytest(
        [*options, f"--basetemp={copy.scratch}", *arguments], keep_compiled=keep_compiled, seconds=LONGEST_RUN
    )
