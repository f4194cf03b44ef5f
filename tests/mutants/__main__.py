"""`make mutants`: every defect of the list, two at a time. Names, or parts of them, choose some (no report then).

Fails when fewer than 95 per cent are caught, when a mutant is no program, or when the unbroken copy is not right.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import report, trial
from tests.mutants.copies import Copy
from tests.mutants.listed import ALL, FATAL, HARMLESS
from tests.mutants.mutant import Mutant
from tests.mutants.trial import Fate, Verdict

AT_ONCE = 2


def main(arguments: Sequence[str]) -> int:
    """The exit status."""
    chosen = [mutant for mutant in ALL if not arguments or any(part in mutant.name for part in arguments)]
    if not chosen:
        print("There is no mutant of that name.")
        return 2
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        copies = [Copy(Path(folder) / str(number)) for number in range(AT_ONCE)]
        try:
            problem = _problem(copies, chosen)
            if problem:
                print(problem)
                return 2
            verdicts = _judged(copies, chosen)
        finally:
            for copy in copies:
                copy.close()
    return _close(verdicts, time.monotonic() - begun, keep=not arguments)


def _problem(copies: Sequence[Copy], chosen: Sequence[Mutant]) -> str:
    """Why nothing that follows could be believed; nothing when all is well."""
    for copy in copies:
        copy.require_own_portal()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        shares = [chosen[number::AT_ONCE] for number in range(AT_ONCE)]
        failures = "\n".join(filter(None, pool.map(trial.failures_of_the_whole, copies, shares)))
    if failures:
        return f"The unbroken copy does not pass:\n{failures}"
    fates = [verdict.fate for verdict in _judged(copies, [FATAL, HARMLESS])]
    return "" if fates == [Fate.CAUGHT, Fate.SURVIVED] else f"The controls are wrong: {fates}"


def _judged(copies: Sequence[Copy], chosen: Sequence[Mutant]) -> list[Verdict]:
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def one(mutant: Mutant) -> Verdict:
        copy = free.get()
        try:
            verdict = trial.judge(copy, mutant)
        finally:
            free.put(copy)
        print(f"{verdict.fate:8} {verdict.seconds:4.0f} s  {mutant.name}  {verdict.test} {verdict.said}", flush=True)
        return verdict

    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(one, chosen))


def _close(verdicts: Sequence[Verdict], seconds: float, *, keep: bool) -> int:
    broken = [verdict for verdict in verdicts if verdict.fate is Fate.BROKEN]
    print(f"{report.share(verdicts):.1f} % of {len(verdicts)} caught in {seconds:.0f} s, {len(broken)} broken")
    if keep and not broken:
        report.PLACE.parent.mkdir(parents=True, exist_ok=True)
        report.PLACE.write_text(report.page(verdicts, seconds), "utf-8")
    return int(bool(broken) or report.share(verdicts) < report.PASS_MARK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
