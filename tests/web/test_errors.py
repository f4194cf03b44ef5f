"""What a failure of ours tells the reader: that it was ours, and nothing of its inside."""

from __future__ import annotations

import pytest

from portal.queries import projects
from tests.worlds import World


class Secret(Exception):
    """Carries what no page may show."""


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_failure_of_ours_tells_nothing_of_itself(world: World, monkeypatch, accept: str) -> None:
    def fail(*_args, **_kwargs):
        raise Secret("SELECT password FROM vault /srv/portal")

    browser, project = world.browser(world.owner), world.project()
    monkeypatch.setattr(projects, "overview", fail)
    answer = browser.get(f"/projects/{project.id}", Accept=accept)
    assert answer.status_code == 500
    for word in ("vault", "SELECT", "Secret", "Traceback", "/srv", "test_errors"):
        assert word not in answer.text
