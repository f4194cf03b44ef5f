"""The report of a whole run: docs/reports/mutants.md."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.mutants.copies import ROOT
from tests.mutants.trial import Fate, Verdict

PLACE = ROOT / "docs" / "reports" / "mutants.md"
PASS_MARK = 95


def share(verdicts: Sequence[Verdict]) -> float:
    """Per cent of the mutants that were caught."""
    return 100 * sum(verdict.fate is Fate.CAUGHT for verdict in verdicts) / len(verdicts)


def page(verdicts: Sequence[Verdict]) -> str:
    """All of it: figures, survivors with their reasons, a row for each mutant."""
    caught, seconds = sum(each.fate is Fate.CAUGHT for each in verdicts), sum(each.seconds for each in verdicts)
    head = [
        "# Seeded defects",
        "",
        f"Made by `make mutants` on {datetime.now(UTC).date()} at {_commit()}. The trials took {seconds / 60:.0f}",
        f"minutes in all, two at a time on {os.cpu_count()} cores, Python {platform.python_version()}.  ",
        f"**{caught} of {len(verdicts)} caught ({share(verdicts):.1f} %)**; the mark is {PASS_MARK} %.",
        "",
        "Each was put into a copy of the tree by `tests/mutants`, alone, and the tests named for it were run there.",
        "The same tests pass on the copy without it. Caught means that a test failed; a tree that cannot be imported",
        "is a mistake of the list. What its own tests let pass is tried against all others but those in a browser.",
        "A verdict is kept from run to run as long as the code, the mutant and its tests stay as they are.",
        "The promises are those of [security.md](../security.md).",
        "",
        *_survivors(verdicts),
        "## All of them",
        "",
        "| promise | what was broken | where | caught by | s |",
        "|---|---|---|---|---|",
    ]
    return "\n".join(head + [_row(verdict) for verdict in verdicts]) + "\n"


def _survivors(verdicts: Sequence[Verdict]) -> list[str]:
    alive = [verdict for verdict in verdicts if verdict.fate is not Fate.CAUGHT]
    if not alive:
        return ["No survivors.", ""]
    rows = [f"- {each.mutant.name} (`{each.mutant.file}`): {each.mutant.stays or each.said or '?'}" for each in alive]
    return ["## Survivors", "", *rows, ""]


def _row(verdict: Verdict) -> str:
    mutant, test = verdict.mutant, verdict.test.partition("::")
    place = mutant.file.removeprefix("portal/")
    by = f"`{test[0].removeprefix('tests/')}` {test[2].removeprefix('test_').replace('_', ' ')}"
    by = by if verdict.fate is Fate.CAUGHT else f"**{verdict.fate}**"
    return f"| {mutant.promise} | {mutant.name} | `{place}` | {by} | {verdict.seconds:.0f} |"


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return asked.stdout.strip()
