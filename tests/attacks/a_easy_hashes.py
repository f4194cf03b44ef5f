"""Argon2 with as little work as it takes: for tests that count tries, and would else wait for each of them."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from portal.adapters import passwords
from portal.models.vendor import Member
from tests.worlds import PASSWORD, World

EASY = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def easy_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes made from here on, and the decoy, are cheap; nothing else changes."""
    monkeypatch.setattr(passwords, "_HASHER", EASY)
    monkeypatch.setattr(passwords, "_DECOY", EASY.hash("of nobody"))


def rehash(world: World) -> None:
    """Exchange the hash of the owner, made the usual way, for a cheap one of the same password."""
    mine = update(Member).where(Member.id == world.owner.member_id)
    world.session.execute(mine.values(password_hash=EASY.hash(PASSWORD)))
    world.session.commit()
