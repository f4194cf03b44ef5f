"""Digests that are worth nothing without the key, which is not in the database."""

from __future__ import annotations

import hashlib

from portal import config
from portal.adapters import keys
from portal.rules import codes


def test_the_digest_of_a_token_needs_the_key_and_is_never_that_of_a_code(tmp_path) -> None:
    ours, others = (keys.load(config.load({}, instance=tmp_path / name)) for name in ("ours", "others"))
    code = codes.generate()
    assert ours.digest_token(code) == ours.digest_token(code)
    assert ours.digest_token(code) != others.digest_token(code)
    assert ours.digest_token(code) != hashlib.sha256(code.encode()).digest()
    assert ours.digest_token(code) != codes.digest(code, ours.codes)


def test_a_signature_is_of_one_installation_and_one_message(tmp_path) -> None:
    ours, others = (keys.load(config.load({}, instance=tmp_path / name)) for name in ("ours", "others"))
    signed = ours.sign(b"head 1")
    assert ours.genuine(b"head 1", signed)
    assert not ours.genuine(b"head 2", signed)
    assert not others.genuine(b"head 1", signed)
    assert not ours.genuine(b"head 1", "no hex at all")
