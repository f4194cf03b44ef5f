"""The record of a project: a chain of hashes in which no entry can change unnoticed (domain.md §10)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.rules.wording import N_

GENESIS = "00" * hashlib.sha256().digest_size
_ENTRY_TAG = b"milepost-v1"
_COMMITMENT_TAG = b"milepost-commitment-v1"
_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a record stops being right: the first bad `seq`, and why (an English msgid)."""

    seq: int
    reason: str


def canonical(body: Mapping[str, object]) -> str:
    """The one JSON text for `body`: sorted keys, no spaces, real characters instead of escapes.

    Raises TypeError for anything but str, int, bool, None, list and dict (floats have no one spelling) and
    ValueError for text that has no UTF-8 form.
    """
    plain = dict(body)
    _refuse_ambiguous(plain)
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    text.encode("utf-8")  # UnicodeEncodeError, a ValueError, for lone surrogates
    return text


def entry_hash(project_id: str, seq: int, body: str, prev: str) -> str:
    """SHA-256, hex, of the tag and the four fields, each as UTF-8 behind its length in 8 big-endian bytes.

    `project_id` is the lower-case UUID with hyphens, `seq` goes in as decimal digits, `prev` as hex digits.
    """
    return _digest(_ENTRY_TAG, project_id, str(seq), body, prev)


def commitment(salt: str, value: str) -> str:
    """SHA-256, hex, that stands for `value` in the record; with the salt erased it says nothing any more."""
    return _digest(_COMMITMENT_TAG, salt, value)


def verify(
    project_id: str, rows: Iterable[tuple[int, str, str, str]], *, heads: Mapping[int, str] | None = None
) -> Finding | None:
    """The first thing wrong with `rows` of (seq, body, prev, hash), ordered by seq; None when all is right.

    `heads` are hashes by seq known from elsewhere (a receipt, a mail): only they show a cut-off end or a
    chain rewritten as a whole.
    """
    anchors = heads or {}
    last, prev = 0, GENESIS
    for row in rows:
        reason = _wrong(project_id, row, expected=last + 1, prev=prev, anchors=anchors)
        if reason:
            return Finding(last + 1, reason)
        last, prev = row[0], row[3]
    if any(seq > last for seq in anchors):
        return Finding(last + 1, N_("The record ends too early: a later head is known."))
    return None


def head_text(seq: int, entry: str) -> str:
    """The message that is signed for a head; its hash already binds the project and everything before."""
    return f"milepost-v1 head {seq}:{entry}"


def _wrong(
    project_id: str, row: tuple[int, str, str, str], *, expected: int, prev: str, anchors: Mapping[int, str]
) -> str | None:
    seq, body, claimed_prev, claimed = row
    if seq != expected:
        return N_("This entry is missing, repeated or out of order.")
    if claimed_prev != prev:
        return N_("This entry does not follow from the one before.")
    try:
        if entry_hash(project_id, seq, body, claimed_prev) != claimed:
            return N_("The contents of this entry do not match its hash.")
    except UnicodeEncodeError:
        return N_("The contents of this entry do not match its hash.")
    if anchors.get(seq, claimed) != claimed:
        return N_("This entry, or one before it, was rewritten: a different head is known.")
    return None


def _digest(tag: bytes, *fields: str) -> str:
    digest = hashlib.sha256(tag)
    for field in fields:
        data = field.encode("utf-8")
        digest.update(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
    return digest.hexdigest()


def _refuse_ambiguous(value: object) -> None:
    match value:
        case None | str() | int():
            return
        case list():
            for item in value:
                _refuse_ambiguous(item)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"a record's keys are text, not {type(key).__name__}")
                _refuse_ambiguous(item)
        case _:
            raise TypeError(f"a record cannot hold {type(value).__name__}")
