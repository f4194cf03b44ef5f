"""A server of its own for each journey."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Server, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A portal nobody has set up yet."""
    with serving(tmp_path / "instance") as up:
        yield up
