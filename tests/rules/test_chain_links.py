"""Records in which every hash is right for its own line, and yet the lines do not follow from each other."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from portal.rules import chain

CHECKER = Path(__file__).parents[2] / "verify_milepost.py"
PROJECT = "01900000-0000-7000-8000-000000000001"
Row = tuple[int, str, str, str]


def sealed(places: list[int], cut_off_at: int | None = None) -> list[Row]:
    """Entries with these numbers, each with its right hash; the link is lost where `cut_off_at` says."""
    rows: list[Row] = []
    for seq in places:
        prev = chain.GENESIS if not rows or seq == cut_off_at else rows[-1][3]
        body = chain.canonical({"kind": "noted", "n": seq})
        rows.append((seq, body, prev, chain.entry_hash(PROJECT, seq, body, prev)))
    return rows


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (sealed([1, 2, 3, 4, 5], cut_off_at=4), 4),
        (sealed([1, 2, 4, 5]), 3),
        (sealed([2, 3, 4]), 1),
        (sealed([1, 2, 2, 3]), 3),
    ],
)
def test_right_hashes_in_the_wrong_place_are_found_by_both(tmp_path, rows, wrong):
    found = chain.verify(PROJECT, rows)
    assert found is not None
    assert found.seq == wrong
    code, out = checked(tmp_path / "record.jsonl", rows)
    assert code == 1
    assert out.startswith(f"Entry {wrong} is wrong")


def test_the_same_in_the_right_place_is_right(tmp_path):
    """The control."""
    rows = sealed([1, 2, 3, 4, 5])
    assert chain.verify(PROJECT, rows) is None
    assert checked(tmp_path / "record.jsonl", rows)[0] == 0


def checked(path: Path, rows: list[Row]) -> tuple[int, str]:
    """What the second checker says."""
    lines = [{"format": "milepost-record-1", "project": PROJECT}]
    lines += [dict(zip(("seq", "body", "prev", "hash"), row, strict=True)) for row in rows]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    done = subprocess.run([sys.executable, str(CHECKER), str(path)], capture_output=True, text=True)
    return done.returncode, done.stdout
