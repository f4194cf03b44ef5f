"""`make mutants`: every defect of the list, two at a time. Names, or parts of them, choose some (no report then).

Fails when fewer than 95 per cent are caught, when a mutant is no program, or when the unbroken copy is not right.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import kept, report, trial
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
        # Before anything is edited meanwhile.
        keys = {mutant.name: kept.key_of(mutant) for mutant in chosen}
        try:
            problem = _problem(copies, chosen)
            if problem:
                print(problem)
                return 2
            verdicts = _all(copies, chosen, keys)
        finally:
            for copy in copies:
                copy.close()
    return _close(verdicts, time.monotonic() - begun, keep=not arguments)


def _problem(copies: Sequence[Copy], chosen: Sequence[Mutant]) -> str:
    """Why nothing that follows could be believed; nothing when all is well."""
    for copy in copies:
        copy.require_own_portal()
    for postgres in (False, True):
        tests = dict.fromkeys(test for each in chosen if each.postgres is postgres for test in each.expected)
        failures = _failures(copies, list(tests), postgres=postgres)
        if failures:
            return f"The unbroken copy does not pass:\n{failures}"
    fates = [verdict.fate for verdict in _each(copies, [FATAL, HARMLESS], trial.judge)]
    return "" if fates == [Fate.CAUGHT, Fate.SURVIVED] else f"The controls are wrong: {fates}"


def _failures(copies: Sequence[Copy], tests: Sequence[str], *, postgres: bool) -> str:
    """What the tests say of the unbroken tree, shared out among the copies; those that passed before are left out."""
    known, keys = kept.read(), {test: f"{kept.key_of_test(test)} {postgres}" for test in tests}
    new = [test for test in tests if keys[test] not in known]
    shares = [new[number :: len(copies)] for number in range(len(copies))]
    with ThreadPoolExecutor(len(copies)) as pool:
        said = pool.map(partial(trial.failures_of_the_whole, postgres=postgres), copies, shares)
        failures = "\n".join(filter(None, said))
    kept.keep_passed([] if failures else [keys[test] for test in new])
    return failures


def _all(copies: Sequence[Copy], chosen: Sequence[Mutant], keys: dict[str, str]) -> list[Verdict]:
    """The verdicts in the order of the list: those that still hold from earlier runs, and those made now."""
    known = kept.read()
    found = {each.name: verdict for each in chosen if (verdict := kept.find(each, keys[each.name], known))}
    print(f"{len(found)} of {len(chosen)} are known from earlier runs", flush=True)
    for verdict in _each(copies, [each for each in chosen if each.name not in found], trial.judge):
        kept.keep(verdict, keys[verdict.mutant.name])
        found[verdict.mutant.name] = verdict
    alive = [each for each in chosen if found[each.name].fate is Fate.SURVIVED and not each.stays]
    found |= {verdict.mutant.name: verdict for verdict in _each(copies, alive, trial.judge_again)}
    return [found[each.name] for each in chosen]


def _each(
    copies: Sequence[Copy], chosen: Sequence[Mutant], judge: Callable[[Copy, Mutant], Verdict]
) -> Iterator[Verdict]:
    """Each mutant in a copy of its own, as many at a time as there are copies."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def one(mutant: Mutant) -> Verdict:
        copy = free.get()
        try:
            return judge(copy, mutant)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        for verdict in pool.map(one, chosen):
            told = f"{verdict.mutant.name}  {verdict.test} {verdict.said}"
            print(f"{verdict.fate:8} {verdict.seconds:4.0f} s  {told}", flush=True)
            yield verdict


def _close(verdicts: Sequence[Verdict], seconds: float, *, keep: bool) -> int:
    broken = [verdict for verdict in verdicts if verdict.fate is Fate.BROKEN]
    print(f"{report.share(verdicts):.1f} % of {len(verdicts)} caught in {seconds:.0f} s, {len(broken)} broken")
    if keep and not broken:
        report.PLACE.parent.mkdir(parents=True, exist_ok=True)
        report.PLACE.write_text(report.page(verdicts), "utf-8")
    return int(bool(broken) or report.share(verdicts) < report.PASS_MARK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
