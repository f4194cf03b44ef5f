"""Static files leave packed where that is understood, and are the same files; pages are never packed."""

import gzip

import pytest

from portal.web import assets

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SCRIPT = "/static/vendor/htmx.min.js"


@pytest.fixture
def fetch(world):
    """The whole answer of a stranger's GET, its file closed."""
    browser = world.stranger()

    def ask(address, **headers):
        with browser.get(address, **headers) as answer:
            answer.get_data()
        return answer

    return ask


@pytest.mark.parametrize("address", [SCRIPT, "/static/css/base.css", "/static/img/milepost.svg"])
def test_a_static_file_is_packed_and_the_same(fetch, address):
    plain, packed = fetch(address), fetch(address, Accept_Encoding="br, gzip")
    assert plain.headers.get("Content-Encoding") is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert plain.headers["Content-Type"] == packed.headers["Content-Type"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_who_refuses_packing_gets_the_file_as_it_is(fetch):
    for said in ("identity", "gzip;q=0", "br"):
        assert "Content-Encoding" not in fetch(SCRIPT, Accept_Encoding=said).headers


def test_who_has_the_packed_file_gets_no_second_one(fetch):
    tag = fetch(SCRIPT, Accept_Encoding="gzip").headers["ETag"]
    again = fetch(SCRIPT, Accept_Encoding="gzip", If_None_Match=tag)
    assert (again.status_code, again.data) == (304, b"")


def test_a_piece_of_a_file_is_a_piece_of_the_plain_one(fetch):
    answer = fetch(SCRIPT, Accept_Encoding="gzip", Range="bytes=0-9")
    assert (answer.status_code, answer.data) == (206, (assets.STATIC / "vendor/htmx.min.js").read_bytes()[:10])


def test_pages_are_never_packed(fetch):
    answer = fetch("/enter", Accept_Encoding="gzip")
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_a_file_that_is_not_there_is_not_packed(fetch):
    assert fetch("/static/js/none.js", Accept_Encoding="gzip").status_code == 404
