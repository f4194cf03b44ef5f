"""No address without a policy: the portal would not start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.config import Config
from portal.web import gatehouse
from tests.ground import Ground
from tests.worlds import World


@pytest.fixture
def app(settings: Config, ground: Ground) -> Iterator[Flask]:
    """An application of this test's own, to be changed."""
    with ground.application_of_its_own(settings) as made:
        yield made


def test_an_address_without_a_policy_keeps_the_portal_from_starting(app: Flask) -> None:
    gatehouse.require_policies(app)
    app.add_url_rule("/forgotten", "forgotten", lambda: "anybody may read this")
    with pytest.raises(gatehouse.NoPolicy, match=r"/forgotten \(forgotten\)"):
        gatehouse.require_policies(app)


def test_each_mark_taken_away_alone_is_missed(app: Flask) -> None:
    """B1: for each address, the mark of its view is lost once."""
    views = dict(app.view_functions)
    for endpoint in views:
        if endpoint == "static":
            continue
        app.view_functions = views | {endpoint: lambda: "unmarked"}
        with pytest.raises(gatehouse.NoPolicy):
            gatehouse.require_policies(app)
    assert len(views) > 50


def test_for_clients_the_addresses_of_members_do_not_exist_and_the_other_way_round(world: World) -> None:
    """404 before any view is asked: a view would answer 403, 405 or with a form."""
    client, member = world.entered(world.contact(world.project()).code), world.browser(world.owner)
    for address in ("/projects/new", "/settings/account", "/settings/members"):
        assert client.get(address).status_code == 404, address
        assert member.get(address).status_code == 200, address
    assert client.post("/logout").status_code == 404
    assert member.post("/leave").status_code == 404
