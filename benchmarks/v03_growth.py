"""V3: what the pages cost with 10 000 projects and 1 000 000 entries of records, beside the same pages with 100."""

from __future__ import annotations

import statistics
from functools import partial

from benchmarks.harness import load, sizes, studio
from benchmarks.harness.load import Sample
from benchmarks.harness.results import Claim, interleaved, report, spread

FEW, MANY, ROUNDS = 100, sizes.size(10_000), sizes.times(5)
PAGES = {
    "project page, client": ("/projects/{project}", "client"),
    "project page, vendor": ("/projects/{project}", "vendor"),
    "home, client": ("/projects", "client"),
    "home, vendor": ("/projects", "vendor"),
    "list alone, vendor": ("/projects?standing=finished", "list"),
    "record, client": ("/projects/{project}/record", "client"),
    "search, vendor": ("/projects?q=measured", "list"),
}


def main() -> None:
    """Each page of the small studio and of the large one in turn."""
    with studio.furnished(FEW) as few, studio.furnished(MANY) as many:
        contenders = {}
        for page in PAGES:
            contenders |= {f"{page} {FEW}": partial(ask, *few, page), f"{page} {MANY}": partial(ask, *many, page)}
        for contender in contenders.values():
            contender(seconds=0.5)
        found = interleaved(contenders, ROUNDS)
    claims = [compared(page, found[f"{page} {FEW}"], found[f"{page} {MANY}"]) for page in PAGES]
    notes = [
        f"{MANY} projects with 100 entries each: of a hundred, 90 finished, 9 under way, one a draft; SQLite",
        "processor time of the server for one request, in ms; 4 connections",
        "the rows are copies of real ones under new ids; their hash chains do not hold, which no page looks at",
    ]
    report("V3", f"growth from {FEW} projects to {MANY}", claims, notes)


def ask(running: studio.Studio, measured: studio.Measured, page: str, seconds: float = 1.5) -> Sample:
    """One page, again and again."""
    address, side = PAGES[page]
    headers = {"client": measured.client, "vendor": running.owner, "list": running.owner | {"HX-Request": "true"}}
    url = running.server.url + address.format(project=measured.project)
    return load.fire(url, headers[side], pid=running.server.pid, seconds=seconds, connections=4)


def compared(page: str, few: list[Sample], many: list[Sample]) -> Claim:
    """The claim is about finding what is asked for; searching reads every title, so it has none."""
    before, after = ([sample.cpu_ms for sample in side] for side in (few, many))
    ratio = statistics.median(after) / statistics.median(before)
    wanted = "" if page.startswith("search") else "≤ 1.2"
    said = f"{ratio:.2f}: {spread(before)} → {spread(after)}"
    return Claim(page, said, wanted, ratio <= 1.2 if wanted else None)


if __name__ == "__main__":
    main()
