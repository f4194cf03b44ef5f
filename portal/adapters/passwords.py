"""Passwords: Argon2id, and a look at what everybody else uses."""

from __future__ import annotations

import re

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST_JUDGED = 72
STRONG_ENOUGH = 3

_HASHER = PasswordHasher()
# Checked against when there is no such member, so that a stranger learns nothing from the time it takes: the hash of a
# random password nobody knows, with the hasher's own parameters.
_DECOY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZSByYW5kb20gc2FsdA$qkZCpHoRlcLXPUNmeAc3EmFb0cBnSIEy3f7gTvPDnAs"


def hash_password(password: str) -> str:
    """The Argon2id hash to keep. Takes about a fifth of a second: call it outside of transactions."""
    return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether `password` fits the kept hash; takes as long when there is none."""
    try:
        return _HASHER.verify(kept or _DECOY, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_guessable(password: str, *personal: str) -> bool:
    """Whether guessing programs find it soon: leaked, patterned, or of the person's own words (zxcvbn below 3)."""
    # Its word lists take a second to load, and are needed when somebody chooses a password, which is seldom.
    from zxcvbn import zxcvbn

    verdict = zxcvbn(password[:LONGEST_JUDGED], user_inputs=[word for text in personal for word in _own_words(text)])
    return int(verdict["score"]) < STRONG_ENOUGH


def _own_words(text: str) -> list[str]:
    """What somebody would make a password of: the text, its words, and the words run together."""
    words = re.findall(r"\w+", text)
    return list(dict.fromkeys(word for word in (text, *words, "".join(words)) if word))
