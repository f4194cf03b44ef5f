"""A status update from the rhythm to the reader: Vera at her desk, Cleo on her phone, and Vic who sees no payments."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from portal.models.client import Contact
from portal.models.milestone import Milestone
from portal.models.status_update import StatusPlan
from portal.models.vendor import Member
from portal.rules.roles import Scope
from portal.worker import Job, do
from tests.e2e.watching import Watched
from tests.studios import COOKIE, Studio, headers, opened
from tests.worlds import Entered, World

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
OTHER = {"en": "zh_Hans", "zh_Hans": "en"}
TITLES = {"en": "Cherry Harvest website", "zh_Hans": "樱桃丰收网站"}
WRITTEN = {"en": "Cleo’s photographs are in place.", "zh_Hans": "照片已全部就位。"}
MONEY = {"en": "Paid so far: €1,000.00 of €5,000.00.", "zh_Hans": "已付 €1,000.00，总价 €5,000.00。"}


@dataclass
class Set:
    """A studio with one project under way, and what its people's browsers send."""

    client_speaks: str
    project: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    studio: Studio | None = None

    def furnish(self, world: World, _milestone: Milestone, _entered: Entered) -> None:
        """Half a milestone paid, a second contact without payments, everybody in their language."""
        project = world.project(title=TITLES[self.client_speaks], locale=self.client_speaks)
        cleo = world.contact(project, name="Cleo Chen")
        vic = world.contact(project, frozenset({Scope.VIEW}), name="Vic View")
        step = world.deliver(world.milestone(project), note="The concept, as discussed.")
        world.pay(step, cleo, minor=1000_00)
        world.session.query(Contact).update({"locale": self.client_speaks})
        world.session.query(Member).update({"locale": OTHER[self.client_speaks]})
        world.session.commit()
        self.project = str(project.id)
        browsers = {"Cleo": world.entered(cleo.code), "Vic": world.entered(vic.code)}
        browsers["Vera"] = world.browser(world.owner)
        self.cookies = {name: headers(browser)["Cookie"].partition("=")[2] for name, browser in browsers.items()}

    def open(self, chromium: Browser, name: str, **how: bool) -> Watched:
        """The browser of one of them."""
        assert self.studio is not None
        language = OTHER[self.client_speaks] if name == "Vera" else self.client_speaks
        url = self.studio.server.url
        watched = Watched(chromium, url, f"status-{name}-{language}", phone=name != "Vera", language=language, **how)
        watched.context.add_cookies([{"name": COOKIE, "value": self.cookies[name], "url": url}])
        return watched

    def hour_comes(self) -> None:
        """The next draft is due by now; the job of the clock comes by."""
        assert self.studio is not None
        with self.studio.look() as session:
            plan = session.scalars(select(StatusPlan)).one()
            assert plan.next_at is not None
            plan.anchor_on, plan.next_at = plan.anchor_on.replace(year=2026, month=1, day=2), plan.chosen_at
            session.commit()
        do(self.studio.app, Job.STATUS_UPDATES)


@pytest.fixture(params=["en", "zh_Hans"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Set]:
    made = Set(request.param)
    with opened(tmp_path, furnish=made.furnish) as studio:
        made.studio = studio
        yield made


def test_a_rhythm_makes_a_draft_that_vera_edits_and_sends_and_each_side_reads_its_own(
    chromium: Browser, stage: Set
) -> None:
    vera, cleo, vic = (stage.open(chromium, name) for name in ("Vera", "Cleo", "Vic"))
    updates = f"/projects/{stage.project}/updates"
    vera.go(updates)
    vera.fill("/rhythm", rhythm="weekly", weekday="4", hour="9")
    vera.press("/rhythm")
    stage.hour_comes()

    vera.go("/projects")
    need = vera.page.locator('#needs-you a[href^="/updates/"]')
    address = need.get_attribute("href") or ""
    need.click()
    vera.page.wait_for_url(f"**{address}")
    vera.look()
    done = vera.page.locator('[name="done"]')
    done.fill(f"{done.input_value()}\n{WRITTEN[stage.client_speaks]}")
    vera.press("/sending", button="button.button-primary")
    assert WRITTEN[stage.client_speaks] in vera.text()

    for reader, sees_money in ((cleo, True), (vic, False)):
        reader.go(updates)
        reader.page.locator(f'#sent a[href="{address}"]').click()
        reader.page.wait_for_url(f"**{address}")
        reader.look()
        text = reader.text()
        assert WRITTEN[stage.client_speaks] in text
        assert (MONEY[stage.client_speaks] in text, "€" in text) == (sees_money, sees_money)
    vera.go(f"/projects/{stage.project}")
    vera.go(updates)
    vera.go(f"/projects/{stage.project}/record")


def test_without_scripts_it_works_as_well_and_everybody_is_mailed_soon_after(chromium: Browser, stage: Set) -> None:
    vera = stage.open(chromium, "Vera", scripts=False)
    vera.go(f"/projects/{stage.project}/updates")
    vera.page.locator('form[action$="/updates"] button').click()
    vera.look()
    vera.page.locator('button[formaction$="/text"]').click()
    vera.look()
    vera.page.locator("#draft button.button-primary").click()
    vera.look()
    assert vera.page.locator('[data-number="1"]').count() == 1
    assert stage.studio is not None
    outbox, deadline = stage.studio.server.instance / "outbox", time.monotonic() + 60
    address = f"/updates/{vera.page.url.rpartition('/')[2]}"
    told: list[str] = []
    while len(told) < 2:
        assert time.monotonic() < deadline, told
        time.sleep(0.5)
        told = [path.name for path in outbox.glob("*.eml") if address in path.read_text().replace("=\n", "")]
