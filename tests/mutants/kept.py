"""What earlier runs found out, good as long as nothing that bears on it changed: the code, the mutant, its tests.

Kept are mutants that were caught, and tests that passed on the unbroken copy; whatever else happened is tried again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tests.mutants.copies import ROOT, ours
from tests.mutants.mutant import Mutant
from tests.mutants.trial import Fate, Verdict

PLACE = ROOT / "build" / "mutants.jsonl"


Known = dict[str, dict[str, str | float]]


def read() -> Known:
    """What is known, by key."""
    if not PLACE.exists():
        return {}
    lines = [json.loads(line) for line in PLACE.read_text("utf-8").splitlines()]
    return {line["key"]: line for line in lines}


def find(mutant: Mutant, key: str, known: Known) -> Verdict | None:
    """The verdict of an earlier run, if it still holds."""
    line = known.get(key)
    if line is None:
        return None
    return Verdict(mutant, Fate.CAUGHT, str(line["test"]), str(line["said"]), float(line["seconds"]))


def keep(verdict: Verdict, key: str) -> None:
    """Remember that a mutant was caught."""
    if verdict.fate is Fate.CAUGHT:
        said = {"name": verdict.mutant.name, "test": verdict.test, "said": verdict.said, "seconds": verdict.seconds}
        _write({"key": key} | said)


def keep_passed(keys: Iterable[str]) -> None:
    """Remember tests that passed on the unbroken copy."""
    for key in keys:
        _write({"key": key})


def key_of(mutant: Mutant) -> str:
    """A digest of all that the verdict on a mutant depends on."""
    edits = "".join(f"\0{edit.file}\0{edit.old}\0{edit.new}" for edit in mutant.edits)
    return hashlib.sha256((edits + "".join(map(key_of_test, mutant.expected))).encode()).hexdigest()


def key_of_test(test: str) -> str:
    """A digest of all that the outcome of a test depends on: its file, the code, what tests share."""
    path = ROOT / test.partition("::")[0]
    own = path.read_bytes() if path.is_file() else b""
    return hashlib.sha256(f"{_shared()}\0{test}\0".encode() + own).hexdigest()


def _write(line: dict[str, str | float]) -> None:
    PLACE.parent.mkdir(exist_ok=True)
    with PLACE.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


@cache
def _shared() -> str:
    """Of everything that is under test, and of what tests share."""
    state = hashlib.sha256()
    for name in sorted(ours()):
        if _is_shared(Path(name)):
            state.update(f"\0{name}\0".encode() + (ROOT / name).read_bytes())
    return state.hexdigest()


def _is_shared(path: Path) -> bool:
    if path.parts[0] == "tests":
        return path.suffix == ".py" and not path.name.startswith("test_") and "mutants" not in path.parts
    return path.parts[0] in ("portal", "migrations") or path.name in ("verify_milepost.py", "requirements-dev.lock")
