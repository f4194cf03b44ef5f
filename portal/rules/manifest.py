"""The manifest: the exact list of what was delivered, as text that is hashed, shown, approved and paid for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

HEADING = "Milepost manifest 1"


@dataclass(frozen=True, slots=True)
class Line:
    """One file: its name, size in bytes, SHA-256 (hex) and version."""

    name: str
    bytes: int
    sha256: str
    version: int


def text(milestone: str, lines: Sequence[Line], note: str) -> str:
    """The manifest of one submission. Names and note are JSON strings, so that no name can forge a line."""
    rows = [
        f"{line.sha256}  {line.bytes}  v{line.version}  {json.dumps(line.name, ensure_ascii=False)}" for line in lines
    ]
    told = [f"note  {json.dumps(note, ensure_ascii=False)}"] if note else []
    return "\n".join([HEADING, f"milestone  {milestone}", *rows, *told]) + "\n"
