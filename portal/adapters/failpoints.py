"""Named places where a test can make the program die, stop, fail or wait, to see that nothing acknowledged is lost.

`MILEPOST_FAILPOINT="upload.synced=kill"` in the environment switches one on; several are parted by commas. The acts are
`kill` (SIGKILL to this process), `stop` (SIGSTOP), `raise` and `sleep:MILLISECONDS`; `kill@3` acts at the third time
only. `MILEPOST_FAILPOINT="@/a/file"` reads the plan from a file whenever a place is reached, and strikes out there what
is done: it happens once, whichever process comes by. Without the variable a failpoint costs one look into an empty
dictionary. It is no setting: nobody runs a portal with it.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path


class Failed(RuntimeError):
    """A failpoint was told to raise."""


def _read(plan: str) -> dict[str, tuple[str, int]]:
    found = {}
    for part in filter(None, plan.split(",")):
        name, _, act = part.partition("=")
        act, _, turn = act.partition("@")
        found[name.strip()] = (act.strip(), int(turn or 0))
    return found


_GIVEN = os.environ.get("MILEPOST_FAILPOINT", "")
_NOTE = Path(_GIVEN[1:]) if _GIVEN.startswith("@") else None
_PLAN = {} if _NOTE else _read(_GIVEN)
_REACHED: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Do here what the environment asks for at `name`; usually nothing."""
    if name in _PLAN:
        _act(name, *_PLAN[name])
    elif _NOTE is not None:
        _act_by_note(name, _NOTE)


def _act_by_note(name: str, note: Path) -> None:
    plan = _read(note.read_text()) if note.exists() else {}
    if name not in plan:
        return
    act, turn = plan.pop(name)
    left = plan | ({name: (act, turn - 1)} if turn > 1 else {})
    note.write_text(",".join(f"{key}={act}@{turn}" for key, (act, turn) in left.items()))
    if turn <= 1:
        _do(name, act)


def _act(name: str, act: str, turn: int) -> None:
    _REACHED[name] += 1
    if turn == 0 or _REACHED[name] == turn:
        _do(name, act)


def _do(name: str, act: str) -> None:
    if act in ("kill", "stop"):
        os.kill(os.getpid(), signal.SIGKILL if act == "kill" else signal.SIGSTOP)
    elif act.startswith("sleep:"):
        time.sleep(int(act.removeprefix("sleep:")) / 1000)
    else:
        raise Failed(name)
