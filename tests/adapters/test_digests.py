"""The hash on a thread of its own is the hash of what was written, whatever happens to the buffers afterwards."""

import hashlib
import random

import pytest

from portal.adapters.digests import AHEAD, WORTH_HANDING_OVER, DigestBeside


def pieces(count):
    chance = random.Random(count)
    return [chance.randbytes(chance.choice((1, 5000, WORTH_HANDING_OVER, 1 << 20))) for _ in range(count)]


def hashed(content, buffers):
    """Each piece is put into the next of so many buffers, over what was there."""
    taken = [memoryview(bytearray(1 << 20)) for _ in range(buffers)]
    with DigestBeside(hashlib.sha256()) as digest:
        for number, piece in enumerate(content):
            buffer = taken[number % buffers][: len(piece)]
            buffer[:] = piece
            digest.update(buffer)
    return digest.state.hexdigest()


@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_the_hash_is_that_of_all_pieces_in_their_order(count):
    content = pieces(count)
    assert hashed(content, AHEAD + 1) == hashlib.sha256(b"".join(content)).hexdigest()


def test_the_state_may_be_asked_for_in_between():
    content = pieces(9)
    with DigestBeside(hashlib.sha256()) as digest:
        for number, piece in enumerate(content, start=1):
            digest.update(memoryview(piece))
            assert digest.state.copy().hexdigest() == hashlib.sha256(b"".join(content[:number])).hexdigest()


def test_fewer_buffers_would_not_do():
    """The control: one buffer less, and a piece is written over before it was hashed."""
    content = [bytes([number]) * (1 << 20) for number in range(30)]
    assert hashed(content, AHEAD + 1) == hashlib.sha256(b"".join(content)).hexdigest()
    assert hashed(content, 1) != hashlib.sha256(b"".join(content)).hexdigest()
