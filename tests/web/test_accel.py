"""With nginx in front, the bytes are its business; who may have them stays ours."""

from dataclasses import replace

import pytest

from portal.models.deliverable import Download
from portal.services import milestones
from tests.web.test_byte_serving import CONTENT, SIZE, address, downloads, one_database

pytestmark = one_database


@pytest.fixture
def settings(settings):
    return replace(settings, accel="nginx")


@pytest.fixture
def milestone(world):
    return world.milestone(world.project())


@pytest.fixture
def file(world, milestone):
    return world.store(milestone, "final.pdf", CONTENT)


def test_the_file_is_handed_over_by_its_internal_address_and_logged(world, file):
    answer = world.browser(world.owner).get(address(file), Range="bytes=0-4")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["X-Accel-Redirect"] == f"/_f/{str(file.id)[-2:]}/{file.id}"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "ETag" in answer.headers
    [row] = downloads(world)
    assert (row.sent_bytes, row.ended_at is not None) == (SIZE, True)


def test_pieces_of_what_was_handed_over_are_not_logged_again(world, file):
    browser = world.browser(world.owner)
    for wanted in ("bytes=0-4", "bytes=0-4", "bytes=5-9"):
        assert "X-Accel-Redirect" in browser.get(address(file), Range=wanted).headers
    assert len(downloads(world)) == 1
    browser.get(address(file))
    assert [row.sent_bytes for row in downloads(world)] == [SIZE, SIZE]


def test_asking_for_the_headers_is_handed_over_but_not_logged(world, file):
    answer = world.browser(world.owner).client.head(address(file))
    assert "X-Accel-Redirect" in answer.headers
    assert world.session.query(Download).count() == 0


def test_the_gate_comes_before_nginx(world, milestone, file):
    entered = world.contact(milestone.project)
    client = world.entered(entered.code)
    assert client.get(address(file)).status_code == 404
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
    locked = client.get(address(file))
    assert (locked.status_code, "X-Accel-Redirect" in locked.headers) == (403, False)
    world.pay(milestone, entered)
    assert "X-Accel-Redirect" in client.get(address(file)).headers


def test_the_internal_address_is_none_of_ours(world, file):
    for way in (f"/_f/{str(file.id)[-2:]}/{file.id}", f"/_f/{file.id}", "/_f/../portal.db"):
        assert world.browser(world.owner).get(way).status_code == 404
