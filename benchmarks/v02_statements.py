"""V2: how many statements a page asks the database, with little to show and with as much as there can be."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.harness.results import Claim, report
from portal import config, create_app, migrating
from portal.web.installation import installation
from tests.queries.test_statement_counts import statements
from tests.worlds import World

MOST = 8
SMALL, LARGE = (1, 1), (10, 5)
PAGES = {
    "project page": "/projects/{project}",
    "milestone page": "/milestones/{milestone}",
    "record": "/projects/{project}/record",
    "home": "/projects",
}


def main() -> None:
    """The same pages of a small project and of the largest there can be, for both sides, on SQLite."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = config.load({}, instance=Path(folder) / "instance")
        migrating.upgrade(settings)
        app = create_app(settings)
        with installation(app).sessions() as session:
            small, large = (
                counted(World.founded(app, session, name=f"Studio {size}"), *size) for size in (SMALL, LARGE)
            )
    claims = [compared(page, small[page], large[page]) for page in small]
    report("V2", "statements a page", claims, [
        "small: 1 milestone with 1 file; large: 10 milestones with 5 files each, 9 of them paid in two parts",
        "a GET of the same page before, so that what is kept in memory is kept; BEGIN and ROLLBACK are not counted",
    ])  # fmt: skip


def counted(world: World, milestones: int, files: int) -> dict[str, int]:
    """Statements of each page for each side."""
    project = world.project(amounts=("100",) * milestones)
    cleo = world.contact(project)
    for position in range(1, milestones + 1):
        step = world.milestone(project, position)
        world.deliver(step, *((f"{position}-{number}.txt", b"x" * number) for number in range(1, files + 1)))
        for _ in range(2) if position < milestones else ():
            world.pay(step, cleo, minor=step.amount_minor // 2)
    ids = {"project": project.id, "milestone": world.milestone(project, milestones).id}
    browsers = {"client": world.entered(cleo.code), "vendor": world.browser(world.owner)}
    return {
        f"{page}, {side}": len(statements(world, browser, address.format(**ids)))
        for side, browser in browsers.items()
        for page, address in PAGES.items()
    }


def compared(page: str, small: int, large: int) -> Claim:
    """Constant everywhere, and few."""
    return Claim(page, f"{small} → {large}", f"the same, ≤ {MOST}", small == large <= MOST)


if __name__ == "__main__":
    main()
