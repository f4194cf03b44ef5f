"""Everything that `make test` runs only a part of, at the numbers of reliability.md; writes docs/reports/faults.md.

`python -m tests.full [PYTEST_ARGS]`; MILEPOST_SEED repeats a run. With arguments the report is printed, not kept.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "reports" / "faults.md"
PACKAGES = ("flask", "sqlalchemy", "gunicorn", "psycopg", "hypothesis")


def main(arguments: list[str]) -> int:
    """The exit status of pytest."""
    seed = os.environ.get("MILEPOST_SEED") or str(time.time_ns() % (1 << 32))
    with tempfile.TemporaryDirectory(prefix="figures-") as folder:
        place, log = Path(folder) / "figures", Path(folder) / "log"
        environment = os.environ | {"MILEPOST_FULL": "1", "MILEPOST_SEED": seed, "MILEPOST_FIGURES": str(place)}
        started = time.monotonic()
        with log.open("w") as kept:
            chosen = [
                "-m",
                "faults or scaled",
                "-n",
                os.environ.get("WORKERS", "2"),
                f"--hypothesis-seed={seed}",
                *arguments,
            ]
            running = subprocess.Popen(
                [sys.executable, "-m", "pytest", *chosen],
                cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            for line in running.stdout or ():
                sys.stdout.write(line)
                kept.write(line)
        closing = next((line for line in reversed(log.read_text().splitlines()) if " in " in line), "")
        lines = [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []
    page = _page(seed, closing.strip("= "), time.monotonic() - started, lines)
    if arguments:
        print(page)
    else:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(page)
    return running.wait()


def _page(seed: str, closing: str, seconds: float, figures: list[dict]) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    head = [
        "# Faults, races, fuzz and attacks at full size",
        "",
        f"Made by `make faults` on {datetime.now(UTC).date()} at {_commit()}, seed {seed},",
        f"in {seconds / 60:.0f} minutes: {closing}.  ",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {packages}, SQLite and PostgreSQL.",
        "The letters are those of the promises; [security.md](../security.md) says what they are.",
        "",
        "| | what | counted |",
        "|---|---|---|",
    ]
    return "\n".join(head + [_row(figure) for figure in _in_order(figures)]) + "\n"


def _in_order(figures: list[dict]) -> list[dict]:
    """By letter, then number, then what was done."""

    def place(figure: dict) -> tuple[str, int, str]:
        number = "".join(filter(str.isdigit, figure["number"]))
        return figure["number"][:1], int(number or 0), figure["what"]

    return sorted(figures, key=place)


def _row(figure: dict) -> str:
    counted = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figure["counted"].items())
    return f"| {figure['number']} | {figure['what']} | {counted} |"


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return asked.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
