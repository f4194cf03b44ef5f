"""The headers of every answer (reliability.md C6, C7): looked at in every test by tests/guarded_answers.py."""

from __future__ import annotations

import pytest
from flask import Flask, Response
from werkzeug.datastructures import Headers

from portal import config, create_app
from portal.config import Config
from portal.web import headers
from portal.web.installation import installation
from tests import guarded_answers
from tests.access import table
from tests.attacks.scene import Scene, one_database
from tests.worlds import Browser, World

ENVIRON = {"PATH_INFO": "/projects"}
GOOD = headers.ALWAYS | {"Cache-Control": "no-store", "Vary": "HX-Request, Cookie"}


@pytest.mark.parametrize("name", sorted(set(GOOD) - {"Permissions-Policy"}))
def test_an_answer_without_one_of_its_headers_would_be_seen(name: str) -> None:
    assert guarded_answers.missing(ENVIRON, Headers(GOOD)) == []
    assert guarded_answers.missing(ENVIRON, Headers({key: GOOD[key] for key in GOOD if key != name})) == [name]


@pytest.mark.parametrize("added", ["script-src 'unsafe-inline'", "script-src *", "img-src https:", "x 'unsafe-eval'"])
def test_a_policy_that_allows_more_would_be_seen(added: str) -> None:
    loose = GOOD | {"Content-Security-Policy": f"{headers.POLICY}; {added}"}
    assert guarded_answers.missing(ENVIRON, Headers(loose)) == ["Content-Security-Policy"]


@one_database
def test_the_watch_is_on(app: Flask, settings: Config) -> None:
    """A control: an application of its own drops one header, and the test that asks fails."""
    assert isinstance(app.wsgi_app, guarded_answers.Guarded)
    careless = create_app(settings)
    guarded_answers.watch(careless)

    @careless.after_request
    def drop(response: Response) -> Response:
        del response.headers["X-Content-Type-Options"]
        return response

    # Those added last are asked first; this one has to have the last word.
    careless.after_request_funcs[None].insert(0, careless.after_request_funcs[None].pop())
    with pytest.raises(AssertionError, match="X-Content-Type-Options"):
        careless.test_client().get("/enter")
    installation(careless).engine.dispose()


@one_database
def test_behind_tls_every_answer_asks_for_tls(settings: Config) -> None:
    given = {"PORTAL_DATABASE_URL": settings.database_url, "PORTAL_BASE_URL": "https://portal.example"}
    app = create_app(config.load(given, instance=settings.instance))
    client = app.test_client()
    for address in ("/", "/enter", "/login", "/nowhere", "/static/css/base.css", "/uploads"):
        answer = client.get(address, base_url="https://portal.example", buffered=True)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = client.get_cookie("__Host-milepost", domain="portal.example")
    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    installation(app).engine.dispose()


@one_database
def test_pages_that_come_whole_or_in_parts_say_so_to_caches(world: World) -> None:
    """C7: every address of the table, so also those that have two faces, with htmx and without."""
    scene = Scene.of(world)
    project, step, _ = scene.delivered()
    two_faced = set()
    for address in ("/projects", f"/milestones/{step.id}", f"/milestones/{step.id}/files", "/nowhere", "/settings"):
        whole, part = scene.owner.get(address), scene.owner.get(address, HX_Request="true")
        assert "HX-Request" in whole.vary
        assert "HX-Request" in part.vary
        two_faced |= {address} if len(whole.data) != len(part.data) else set()
    assert len(two_faced) >= 3, "a control: some of them do have two faces"
    assert {shape for method, shape in table.TABLE if method == "GET"} >= {"/projects", "/milestones/<uuid>/files"}
    assert project.id


@one_database
@pytest.mark.parametrize("way_out", ["/logout", "/leave", "/leave one of two"])
def test_who_leaves_takes_everything_along(world: World, way_out: str) -> None:
    """C7: the browser is told to forget, and going back shows nothing but the way in."""
    page, browser, form = came_in(world, way_out)
    before = browser.get(page)
    assert before.status_code == 200
    assert before.headers["Cache-Control"] == "no-store"
    answer = browser.post(way_out.split()[0], form)
    assert answer.status_code == 303
    assert browser.get(page).status_code in (303, 404)
    is_out = way_out != "/leave one of two"
    assert answer.headers.get("Clear-Site-Data") == ('"cache", "storage"' if is_out else None)


def came_in(world: World, way_out: str) -> tuple[str, Browser, dict[str, str]]:
    project = world.project()
    if way_out == "/logout":
        return f"/projects/{project.id}", world.browser(world.owner), {}
    codes = [world.contact(project), world.contact(world.project())]
    browser = world.entered(*(one.code for one in codes[: 2 if "two" in way_out else 1]))
    return f"/projects/{project.id}", browser, {"grant": str(codes[0].grant_id)} if "two" in way_out else {}
