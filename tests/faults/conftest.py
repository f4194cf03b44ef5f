"""The process that the servers of these tests are forked from is put out at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import warm


@pytest.fixture(scope="session", autouse=True)
def _stove() -> Iterator[None]:
    yield
    warm.put_out()
