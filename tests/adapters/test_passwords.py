"""Passwords: what is kept, and what a stranger can learn."""

from __future__ import annotations

from portal.adapters import passwords


def test_the_decoy_costs_what_a_real_hash_costs() -> None:
    assert not passwords._HASHER.check_needs_rehash(passwords._DECOY)
    assert not passwords.matches(None, "whatever a stranger types")


def test_a_hash_fits_its_own_password_only() -> None:
    kept = passwords.hash_password("paper lantern 42 rivers")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "paper lantern 42 rivers")
    assert not passwords.matches(kept, "paper lantern 42 river")
    assert not passwords.matches("not a hash", "paper lantern 42 rivers")


def test_a_hash_that_is_not_there_is_checked_all_the_same(monkeypatch) -> None:
    """A12: whoever types an address that nobody has waits as long as for one that somebody has."""
    checked: list[str] = []

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            checked.append(kept)
            return real.verify(kept, password)

    real = passwords._HASHER
    monkeypatch.setattr(passwords, "_HASHER", Counting())
    assert not passwords.matches(None, "whatever a stranger types")
    assert checked == [passwords._DECOY]
