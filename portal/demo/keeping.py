"""The demo's own memory: what it printed the first time, so that it prints the same the next.

`demo.json` (mode 0600, in the instance) holds a password and access codes in the clear. Nothing else in Milepost keeps
either: the database has an Argon2 hash and keyed digests. Here it does no harm, because whoever can read the file can
read the invented data beside it anyway, and the demo refuses to load into an instance that holds a real studio.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field

from portal.config import Config

NAME = "demo.json"
SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]


@dataclass(frozen=True, slots=True)
class Memory:
    """How to get in. `loaded` turns true when the last story is told."""

    email: str
    password: str
    code: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    loaded: bool = False


def read(config: Config) -> Memory | None:
    """What an earlier run kept, if there was one."""
    path = config.instance / NAME
    return Memory(**json.loads(path.read_text("utf-8"))) if path.exists() else None


def write(config: Config, memory: Memory) -> None:
    """Keep it, readable by this user only."""
    path = config.instance / NAME
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(memory), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def new_password() -> str:
    """Eight random syllables: 49 bits, easy to type."""
    return "-".join("".join(secrets.choice(SYLLABLES) for _ in range(2)) for _ in range(4))


def set_aside_half_loaded(config: Config) -> bool:
    """Move what an interrupted loading left aside; deletes nothing. Only for the instance's own SQLite file."""
    if config.database_url != f"sqlite:///{config.instance / 'portal.db'}":
        return False
    aside = config.instance / f"interrupted-{secrets.token_hex(4)}"
    aside.mkdir()
    for path in (*config.instance.glob("portal.db*"), config.instance / "files", config.instance / NAME):
        if path.exists():
            path.rename(aside / path.name)
    return True
