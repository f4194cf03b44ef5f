"""V11: the client's project page on a phone that was never here: what comes over the line, and what Lighthouse says."""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.harness import peers, sizes, studio
from benchmarks.harness.results import Claim, report, spread
from tests.browser import FLAGS, find_chromium

KB, ROUNDS = 1000, sizes.times(5)
LIGHTHOUSE = peers.PEERS / "node_modules" / "lighthouse" / "cli" / "index.js"


def main() -> None:
    """A page with ten milestones and thirty files, on Lighthouse's slow phone."""
    with studio.furnished() as (running, measured), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        address = f"{running.server.url}/projects/{measured.project}"
        cookie = {"Cookie": measured.client["Cookie"]}
        visits = [visited(address, cookie, Path(folder) / f"{number}.json") for number in range(ROUNDS)]
        came = visits[-1]["audits"]["network-requests"]["details"]["items"]
        scripts = [item["url"] for item in came if item["resourceType"] == "Script"]
        packed = {url: len(gzip.compress(body(url), 9)) for url in scripts}
        page = body(address, cookie)
    scores = [visit["categories"]["performance"]["score"] * 100 for visit in visits]
    transferred, script = sum(item["transferSize"] for item in came) / KB, sum(packed.values()) / KB
    claims = [
        Claim("transferred, KB", f"{transferred:.1f}", "≤ 120", transferred <= 120),
        Claim("JavaScript, gzip, KB", f"{script:.1f}", "≤ 60", script <= 60),
        Claim("Lighthouse performance", spread(scores, ".0f"), "≥ 95", statistics.median(scores) >= 95),
    ]
    report("V11", "first visit on a phone: the client’s project page", claims, [
        f"{len(came)} requests; the page {len(page) / KB:.1f} KB, packed {len(gzip.compress(page)) / KB:.1f}",
        f"transferred by kind: {by_kind(came)}",
        f"Lighthouse’s defaults: a phone of the middle class, 1.6 Mbit/s, 150 ms; {timings(visits)}",
    ])  # fmt: skip


def visited(address: str, headers: Mapping[str, str], kept: Path) -> dict:
    """One run of Lighthouse with a fresh profile."""
    command = [
        peers.program("node"), str(LIGHTHOUSE), address, "--quiet", "--only-categories=performance", "--output=json",
        f"--output-path={kept}", f"--extra-headers={json.dumps(dict(headers))}",
        f"--chrome-flags={' '.join(['--headless=new', *FLAGS])}", f"--chrome-path={find_chromium()}",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, cwd=peers.PEERS)
    found: dict = json.loads(kept.read_text())
    if found.get("runtimeError"):
        raise RuntimeError(found["runtimeError"]["message"])
    return found


def body(url: str, headers: Mapping[str, str] | None = None) -> bytes:
    with urlopen(Request(url, headers=dict(headers or {})), timeout=20) as answer:
        return bytes(answer.read())


def by_kind(items: list[dict]) -> str:
    kinds: Counter[str] = Counter()
    for item in items:
        kinds[item["resourceType"]] += item["transferSize"]
    return ", ".join(f"{kind} {size / KB:.1f}" for kind, size in kinds.most_common())


def timings(visits: list[dict]) -> str:
    names = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
    values = {name: [visit["audits"][name]["numericValue"] for visit in visits] for name in names}
    return ", ".join(f"{name} {statistics.median(taken):.0f} ms" for name, taken in values.items())


if __name__ == "__main__":
    main()
