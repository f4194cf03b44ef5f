"""E3: no path leads out of its place, and nginx is told nothing but ids."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from werkzeug.routing import Rule

from portal.config import Config
from tests import scale
from tests.access.stage import things
from tests.fuzz import asking
from tests.fuzz.asking import Asked
from tests.fuzz.test_served import stored
from tests.worlds import World

pytestmark = [pytest.mark.parametrize("database_url", ["sqlite"], indirect=True), pytest.mark.scaled]
PATHS = (
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/portal.db", "....//....//portal.db",
    "..\\..\\portal.db",
    "%5c..%5cportal.db", "%252e%252e%252fportal.db", "%c0%ae%c0%ae/portal.db", "..;/portal.db", "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd", "_f/x", "/_f/x", "%2f_f%2fx", "..%00", "x%00.pdf", "portal.db", "keys/session.key", ".",
    "..", "...",
    "~root", "C:\\x", "\\\\server\\share", "con", "x%0d%0aX-Accel-Redirect:%20/_f/x", "x%0a", "%e2%80%ae", "%ff%fe",
    "*", "?",
    "#", "%", "%%", "%2", "$HOME", "`id`", "|id", ";id", "&id", "<x>", "'", '"', "{}", "[]", "a" * 300, "%20", "+",
    "-1", "0",
    "null", "undefined", "00000000000000000000000000000000",
)  # fmt: skip


@pytest.fixture
def settings(settings: Config) -> Config:
    """With nginx in front, which serves whatever the header names."""
    return replace(settings, accel="nginx")


def way(rule: Rule, given: str) -> str:
    """The address with `given` wherever something varies, cut where a query would begin."""
    return re.sub(r"<[^>]*>", lambda _place: given, rule.rule).partition("?")[0]


def payloads() -> list[str]:
    doubled = [*PATHS, *(quote(path, safe="") for path in PATHS[:40])]
    return list(dict.fromkeys(doubled))


def test_no_path_leads_anywhere_and_nothing_is_handed_to_nginx(world: World) -> None:
    project = world.project()
    things(world, project, world.contact(project))
    known = asking.credentials(world.browser(world.owner))
    rules = [rule for rule in world.app.url_map.iter_rules() if rule.arguments]
    cases = [(rule, path) for path in payloads() for rule in rules]
    assert len(payloads()) >= 80
    chosen = cases if scale.FULL else scale.chance("paths").sample(cases, 250)
    for rule, path in chosen:
        asked = Asked("GET" if "GET" in (rule.methods or ()) else "POST", way(rule, path), headers=known)
        answer = asking.send(world.app, asked)
        # Whoever tries many links that are nobody's is slowed down.
        slowed = (429,) if "token" in rule.arguments else ()
        assert answer.status_code in (303, 308, 400, 404, 405, *slowed), str(asked)
        assert "X-Accel-Redirect" not in answer.headers, str(asked)
        assert asking.broken(asked, answer) == []
    scale.figure("E3", "paths in every address with a part that varies", requests=len(chosen), paths=len(payloads()))


def test_what_is_handed_to_nginx_is_the_id_alone_whatever_the_file_is_called(world: World) -> None:
    known = asking.credentials(world.browser(world.owner))
    for _content, file in stored(world, ((path, b"x") for path in payloads()[:: 1 if scale.FULL else 4])):
        answer = asking.send(world.app, Asked("GET", f"/deliverables/{file.id}/file", headers=known))
        assert answer.headers["X-Accel-Redirect"] == f"/_f/{str(file.id)[-2:]}/{file.id}"
        assert answer.data == b""
