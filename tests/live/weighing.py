"""What a running server weighs."""

from __future__ import annotations

import resource
import subprocess

from tests.live.stages import Stage


def server_memory(stage: Stage) -> int:
    """Bytes resident in the server's processes."""
    group = str(stage.studio.server.pid)
    pids = subprocess.run(["pgrep", "-g", group], capture_output=True, text=True, check=True).stdout
    total = 0
    for pid in pids.split():
        with open(f"/proc/{pid}/statm") as lines:
            total += int(lines.read().split()[1]) * resource.getpagesize()
    return total
