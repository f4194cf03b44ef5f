"""One running server for the tests of a file: what they do to each other is told in their names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import stages
from tests.live.stages import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Two studios and everybody in them, on a server of threads."""
    with stages.opened(tmp_path_factory.mktemp("live")) as made:
        yield made
