"""I11: a portal with a bad setting does not start; it says why in one sentence and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import scale
from tests.test_cli import failed, portal
from tests.test_config import BAD, BAD_FILES


def left_behind(instance: Path) -> list[str]:
    """Whatever there is now that a start makes, but for the file of settings."""
    return [str(path.relative_to(instance)) for path in instance.rglob("*") if path.name != "portal.toml"]


@pytest.mark.scaled
def test_a_bad_setting_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    for case, (name, environ) in enumerate(BAD.items()):
        instance = tmp_path / str(case)
        said = failed(portal("run", instance=instance, **environ))
        assert "Traceback" not in said, name
        assert left_behind(instance) == [], name
    for name, text in BAD_FILES.items():
        instance = tmp_path / name
        instance.mkdir()
        (instance / "portal.toml").write_text(text)
        failed(portal("run", instance=instance))
        assert left_behind(instance) == [], name
    assert len(BAD) + len(BAD_FILES) >= 25
    scale.figure("I11", "starts with a bad setting", settings=len(BAD) + len(BAD_FILES))
