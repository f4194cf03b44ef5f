"""A mutant on trial: the tests that must notice it are run, then all the others, until one of them fails."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tests.mutants.copies import Copy
from tests.mutants.mutant import Mutant

LONGEST_TEST, LONGEST_RUN = 150, 1500
# The whole suite but what takes long, and but the test that compares the list of mutants with the code.
WIDER = (
    "tests", "--ignore=tests/e2e", "--ignore=tests/faults", "--ignore=tests/architecture/test_mutants.py",
    "-m", "not e2e and not faults",
)  # fmt: skip
SQLITE = ("-m", "not postgres")
LINE = re.compile(r"^(FAILED|ERROR) (\S+?)(?:\[[^\n]*?\])?(?: - (.*))?$", re.MULTILINE)
# What tests assert of every answer (tests/guarded_answers) may fail before the test itself begins.
ASSERTED = re.compile(r"^AssertionError\b")
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
    """Try the tests that are expected to notice."""
    return _judge(copy, mutant, [*mutant.expected, *([] if mutant.postgres else SQLITE)])


def judge_again(copy: Copy, mutant: Mutant) -> Verdict:
    """Try the wider suite, for a mutant that its own tests let pass."""
    verdict = _judge(copy, mutant, WIDER)
    return replace(verdict, said=f"(not by the tests named for it) {verdict.said}")


def _judge(copy: Copy, mutant: Mutant, chosen: Sequence[str]) -> Verdict:
    begun = time.monotonic()
    with copy.broken_by(mutant):
        fate, test, said = _try(copy, chosen)
    return Verdict(mutant, fate, test, said, time.monotonic() - begun)


def failures_of_the_whole(copy: Copy, tests: Sequence[str], *, postgres: bool) -> str:
    """What `tests` say of the unbroken copy; nothing when they pass."""
    chosen = [*tests, *([] if postgres else SQLITE)]
    status, output = _pytest(copy, chosen, keep_compiled=True) if tests else (0, "")
    return output[-3000:] if status else ""


def _try(copy: Copy, chosen: Sequence[str]) -> tuple[Fate, str, str]:
    status, output = _pytest(copy, [*chosen, "-x"])
    found = LINE.search(output)
    if status == 0:
        return Fate.SURVIVED, "", ""
    if status == 1 and found and _looked(found[1], found[3] or ""):
        return Fate.CAUGHT, found[2], found[3] or ""
    return Fate.BROKEN, found[2] if found else "", (found[3] if found else "") or output.strip()[-400:]


def _looked(outcome: str, said: str) -> bool:
    """Whether a test saw what is wrong, rather than that there is no program to look at."""
    return bool(ASSERTED.match(said)) or (outcome == "FAILED" and not NONSENSE.match(said))


def _pytest(copy: Copy, arguments: Sequence[str], *, keep_compiled: bool = False) -> tuple[int, str]:
    options = ["-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", f"--timeout={LONGEST_TEST}"]
    return copy.pytest(
        [*options, f"--basetemp={copy.scratch}", *arguments], keep_compiled=keep_compiled, seconds=LONGEST_RUN
    )
