"""No address without a policy: the portal would not start."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.web import gatehouse


def test_an_address_without_a_policy_keeps_the_portal_from_starting(app: Flask) -> None:
    gatehouse.require_policies(app)
    # As a module of ours would add it, before the first request.
    app._got_first_request = False
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
