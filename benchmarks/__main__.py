"""Run every measurement, or those named (`python -m benchmarks v01 v08`), and write RESULTS.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.harness import peers, sizes

HERE = Path(__file__).parent
PACKAGES = ("flask", "sqlalchemy", "gunicorn", "jinja2", "weasyprint")


def main(names: list[str]) -> int:
    """Exit status 1 when a measurement could not be made; a claim that is short is a result, not a failure."""
    modules = [path.stem for path in sorted(HERE.glob("v*.py")) if not names or path.stem.split("_")[0] in names]
    with tempfile.TemporaryDirectory(prefix="results-") as folder:
        environment = os.environ | {"BENCH_RESULTS": folder}
        failed = [name for name in modules if _run(name, environment)]
        results = [json.loads(path.read_text()) for path in Path(folder).glob("*.json")]
    results.sort(key=lambda result: int(result["number"][1:]))
    if not names and not failed and not sizes.SMALL:
        (HERE / "RESULTS.md").write_text(_page(results))
    return 1 if failed else 0


def _run(name: str, environment: dict[str, str]) -> int:
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, env=environment).returncode


def _page(results: list[dict]) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    beside = ", ".join(f"{name} {found}" for name, found in peers.versions().items())
    lines = [
        "# Results",
        "",
        f"Made by `make bench` on {datetime.now(UTC).date()}: {os.cpu_count()} cores, {_memory()} GB,",
        f"Python {platform.python_version()}, {packages},",
        f"{beside}. Commit {_commit()}.",
        "Times depend on the machine; ratios come from one interleaved run.",
        "Medians, with the smallest and the largest in brackets.",
    ]
    for result in results:
        lines += ["", f"## {result['number']} {result['title']}", "", "| | measured | wanted | |", "|---|---|---|---|"]
        for claim in result["claims"]:
            verdict = {True: "reached", False: "**short**", None: ""}[claim["reached"]]
            lines.append(f"| {claim['name']} | {claim['measured']} | {claim['wanted']} | {verdict} |")
        lines += ["", *(f"{note}  " for note in result["notes"])]
    return "\n".join(lines).rstrip() + "\n"


def _commit() -> str:
    """What was measured; a star where the working tree says something else."""
    asked = subprocess.run(["git", "describe", "--always", "--dirty=*"], cwd=HERE, capture_output=True, text=True)
    return asked.stdout.strip() or "unknown"


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
