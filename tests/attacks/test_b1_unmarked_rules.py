"""No address without a policy (reliability.md B1): take one mark away and the application does not start."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from portal import blueprints, create_app
from portal.config import Config
from portal.web import gatehouse
from portal.web.gatehouse import NoPolicy
from portal.web.installation import installation
from tests import scale
from tests.attacks.scene import one_database

pytestmark = pytest.mark.scaled


def unmarked(*_args: Any, **_values: Any) -> str:
    """A view whose author forgot to say who it is for."""
    return ""


@one_database
def test_each_rule_without_its_mark_stops_the_start(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    assert len(rules) > 60
    for rule in rules:
        monkeypatch.setitem(app.view_functions, rule.endpoint, unmarked)
        with pytest.raises(NoPolicy, match=rule.endpoint):
            gatehouse.require_policies(app)
        monkeypatch.undo()
    gatehouse.require_policies(app)
    scale.figure("B1", "starts refused for one missing mark", rules=len(rules))


@one_database
def test_a_whole_application_with_an_unmarked_rule_does_not_start(
    app: Flask, settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = Blueprint("forgotten", __name__)
    forgotten.get("/forgotten")(unmarked)
    monkeypatch.setattr(blueprints, "blueprints", lambda: [*app.blueprints.values(), forgotten])
    with pytest.raises(NoPolicy, match="/forgotten"):
        create_app(settings)


@one_database
def test_a_mark_says_one_of_the_four_words(app: Flask) -> None:
    marks = {rule.endpoint: getattr(app.view_functions[rule.endpoint], "policy", None) for rule in rules_of(app)}
    assert {endpoint for endpoint, mark in marks.items() if not isinstance(mark, gatehouse.Who)} == set()
    assert installation(app).config.instance.exists()


def rules_of(app: Flask) -> list[Any]:
    return list(app.url_map.iter_rules())
