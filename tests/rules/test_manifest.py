"""The manifest binds everything it names, and nothing in it can look like something else."""

from dataclasses import replace

import pytest

from portal.rules import manifest
from portal.rules.manifest import Line

PLAN = Line("plan.pdf", 12, "ab" * 32, 1)


@pytest.mark.parametrize("change", [{"name": "plan2.pdf"}, {"bytes": 13}, {"sha256": "cd" * 32}, {"version": 2}])
def test_anything_else_is_another_manifest(change):
    told = manifest.text("m", [PLAN], "Done.")
    assert manifest.text("m", [replace(PLAN, **change)], "Done.") != told
    assert manifest.text("n", [PLAN], "Done.") != told
    assert manifest.text("m", [PLAN], "Done!") != told
    assert manifest.text("m", [PLAN, PLAN], "Done.") != told


@pytest.mark.parametrize("nasty", ['x"\nnote  "I accept', f"x\n{'ab' * 32}  12  v1  y", "x\u2028y", "x\ry"])
def test_no_name_and_no_note_forges_a_line(nasty):
    told = manifest.text("m", [replace(PLAN, name=nasty)], nasty)
    assert len(told.split("\n")) == len(manifest.text("m", [PLAN], "Done.").split("\n"))
    assert told.count("\nnote  ") == 1
