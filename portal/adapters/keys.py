"""Secrets of an installation that live outside its database: the pepper of access codes and the signing key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.config import Config, keep_secret


@dataclass(frozen=True, slots=True)
class Keys:
    """`codes` peppers digests of codes and tokens and encrypts what is sealed; `signer` signs heads and receipts."""

    codes: bytes
    signer: Ed25519PrivateKey

    def digest_token(self, token: str) -> bytes:
        """How a browser's token is kept: a keyed digest."""
        return hmac.new(self.codes, b"token:" + token.encode(), hashlib.sha256).digest()

    def digest_feed(self, token: str) -> bytes:
        """How the token of a calendar link is kept: a keyed digest, and never that of a browser's token."""
        return hmac.new(self.codes, b"feed:" + token.encode(), hashlib.sha256).digest()

    def seal(self, secret: bytes) -> bytes:
        """A secret that has to be known again, encrypted: whoever reads the database alone does not learn it."""
        return self._box().encrypt(secret)

    def unseal(self, sealed: bytes) -> bytes:
        """What was sealed here. Raises cryptography.fernet.InvalidToken for anything else."""
        return self._box().decrypt(sealed)

    def _box(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(hmac.new(self.codes, b"box", hashlib.sha256).digest()))

    def notice_token(self, kind: str, person_id: UUID) -> str:
        """The token in every mail to a person, made of "member" or "contact" and their id: it tells neither."""
        made = hmac.new(self.codes, b"notices:" + kind.encode() + person_id.bytes, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    def sign(self, message: bytes) -> str:
        """The Ed25519 signature of `message`, in hex."""
        return self.signer.sign(message).hex()

    def genuine(self, message: bytes, signature: str) -> bool:
        """Whether `signature` (hex) is ours."""
        try:
            self.signer.public_key().verify(bytes.fromhex(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True


def load(config: Config) -> Keys:
    """The keys of this instance, made once and kept in `instance/keys/`."""
    return Keys(
        codes=keep_secret(config.key_file("codes.key")),
        signer=Ed25519PrivateKey.from_private_bytes(keep_secret(config.key_file("record.key"))),
    )
