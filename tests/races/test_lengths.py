"""Every way to say how long a file is (D6): one that cannot be takes no place and leaves nothing on the disk."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import func, select

from portal.adapters import outside
from portal.models.deliverable import Upload
from tests import scale
from tests.worlds import World

MOST = 5 * 2**30
TOO_LARGE = [MOST + 1, MOST * 2, 2**32 * 5, 2**53, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1, 2**64, 10**30, 10**400]
SIGNED = ["-1", "-0", f"-{MOST}", f"-{2**63}", f"-{2**63 + 1}", "+0", "+5", "--5", "+-5", "−5"]
PARTED = ["1.0", "1.5", "1,5", "1 000", "1_000", "1'000", "1e3", "1E3", "5/1", "5:5", "5;5", "1, 1", "5%"]
OTHER_SIGNS = ["0x10", "0o17", "0b11", "10h", "5GB", "5 GiB", "٥", "५", "５", "½", "²"]
WORDS = ["", "abc", "NaN", "nan", "inf", "-inf", "Infinity", "null", "None", "true", "unknown", "()", "*"]
CASES = (
    [(str(length), 413) for length in TOO_LARGE]
    + [(text, 400) for text in SIGNED + PARTED + OTHER_SIGNS + WORDS]
    + [(None, 400)]
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_length_that_cannot_be_takes_no_place(world: World) -> None:
    milestone, browser = world.milestone(world.project()), world.browser(world.owner)
    place = base64.b64encode(str(milestone.id).encode()).decode()
    usual = {"Tus-Resumable": "1.0.0", "X-CSRFToken": browser.csrf(), "Upload-Metadata": f"milestone {place}"}

    def create(length: str | None, more: dict[str, str]) -> int:
        said = {} if length is None else {"HTTP_UPLOAD_LENGTH": length.encode().decode("latin-1")}
        answer = browser.client.post("/uploads", headers=usual | more, environ_overrides=said)
        return int(answer.status_code)

    for length, status in CASES:
        assert (length, create(length, {})) == (length, status)
        assert (length, create(length, {"Upload-Defer-Length": "1"})) == (length, 400)
    assert world.session.scalar(select(func.count()).select_from(Upload)) == 0
    assert list(outside.of(world.session).storage.parts()) == []
    assert create("5", {}) == 201
    scale.figure("D6", "lengths that cannot be, alone and deferred", cases=2 * len(CASES))
