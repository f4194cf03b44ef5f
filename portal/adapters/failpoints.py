"""Named places where a test can make the program die, fail or wait, to see that nothing acknowledged is lost.

`MILEPOST_FAILPOINT="upload.synced=kill"` in the environment switches one on; several are parted by commas. The acts are
`kill` (SIGKILL to this process), `raise` and `sleep:MILLISECONDS`; `kill@3` acts at the third time only. Without the
variable a failpoint costs one look into an empty dictionary. It is no setting: nobody runs a portal with it.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter


class Failed(RuntimeError):
    """A failpoint was told to raise."""


def _read(plan: str) -> dict[str, tuple[str, int]]:
    found = {}
    for part in filter(None, plan.split(",")):
        name, _, act = part.partition("=")
        act, _, turn = act.partition("@")
        found[name.strip()] = (act.strip(), int(turn or 0))
    return found


_PLAN = _read(os.environ.get("MILEPOST_FAILPOINT", ""))
_REACHED: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Do here what the environment asks for at `name`; usually nothing."""
    if name in _PLAN:
        _act(name, *_PLAN[name])


def _act(name: str, act: str, turn: int) -> None:
    _REACHED[name] += 1
    if turn and _REACHED[name] != turn:
        return
    if act == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif act.startswith("sleep:"):
        time.sleep(int(act.removeprefix("sleep:")) / 1000)
    else:
        raise Failed(name)
