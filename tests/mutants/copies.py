"""Copies of the tree in which mutants live, so that nothing here is ever broken, not even for a moment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.mutants import mutant as mutants
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).resolve().parents[2]
# Made by `make install-test` and not tracked, yet part of what runs.
MADE = ("portal/static/vendor", "portal/translations")
LINKED = (".venv", "node_modules")


class Copy:
    """One copy: its folder, and a process in which `portal` means the one in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.scratch = folder / "tree", folder / "scratch"
        self._changes = self._runs = 0
        self._nursery: subprocess.Popen[str] | None = None
        for name in ours():
            _lay(ROOT / name, self.folder / name)
        for name in MADE:
            shutil.copytree(ROOT / name, self.folder / name, dirs_exist_ok=True)
        for name in LINKED:
            (self.folder / name).symlink_to(ROOT / name)

    def pytest(self, arguments: Sequence[str], *, keep_compiled: bool, seconds: float) -> tuple[int, str]:
        """The exit status of pytest in the copy, and what it said. Only the whole tree may leave compiled files."""
        output = self.folder.parent / f"output-{self._runs}"
        self._runs += 1
        order = {"arguments": arguments, "output": str(output), "keep_compiled": keep_compiled, "seconds": seconds}
        nursery = self._nursery or self._open_nursery()
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        nursery.stdin.write(json.dumps(order) + "\n")
        nursery.stdin.flush()
        return int(nursery.stdout.readline()), output.read_text("utf-8", "replace")

    def close(self) -> None:
        """No more trials."""
        if self._nursery is not None and self._nursery.stdin is not None:
            self._nursery.stdin.close()
            self._nursery.wait()

    def _open_nursery(self) -> subprocess.Popen[str]:
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.nursery"],
            cwd=self.folder, env=self.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self._nursery

    def environment(self) -> dict[str, str]:
        """For programs that run in the copy."""
        left_out = ("MILEPOST_", "PORTAL_", "PYTEST_")
        given = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        return given | {"PYTHONPATH": str(self.folder), "COLUMNS": "400"}

    def require_own_portal(self) -> None:
        """Raises RuntimeError when programs in the copy would import another `portal` than the copy's."""
        asked = subprocess.run(
            [sys.executable, "-c", "import portal; print(portal.__file__)"],
            cwd="/", env=self.environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        if not Path(asked.stdout.strip()).is_relative_to(self.folder):
            raise RuntimeError(f"the copy imports {asked.stdout.strip()}")

    @contextmanager
    def broken_by(self, mutant: Mutant) -> Iterator[None]:
        """The copy with one defect, for the length of a with statement."""
        whole = {path: (path.read_bytes(), path.stat()) for path, _ in mutants.changed(mutant, self.folder)}
        self._changes += 1
        try:
            for path, text in mutants.changed(mutant, self.folder):
                path.write_text(text, "utf-8")
                # A time of its own, or Python would take what it compiled of the whole file.
                os.utime(path, (0, self._changes))
            yield
        finally:
            for path, (content, state) in whole.items():
                path.write_bytes(content)
                os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def ours() -> list[str]:
    """Every file of the project, those not yet committed too."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _lay(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
