"""The headers of the tus protocol, version 1.0.0 (resumable uploads): what may stand in them, and what is refused."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from portal.rules.errors import DomainError
from portal.rules.wording import N_

VERSION = "1.0.0"
EXTENSIONS = ("creation", "checksum", "expiration", "termination")
# The protocol asks for SHA-1 at least. It only finds damage on the way; what is kept and shown is always SHA-256.
CHECKSUM_BYTES = {"sha256": 32, "sha1": 20}
CONTENT_TYPE = "application/offset+octet-stream"

_NUMBER = re.compile(r"[0-9]{1,18}")
_METADATA_KEY = re.compile(r"[!-+\--~]+")
_LONGEST_METADATA = 8192


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request add up to: the algorithm as hashlib names it, and the digest."""

    algorithm: str
    digest: bytes


class BadTus(DomainError):
    """A header is missing or makes no sense (400)."""

    default_code = "bad_request"


class WrongVersion(DomainError):
    """The client speaks another version of the protocol (412)."""

    default_code = "wrong_version"


class WrongType(DomainError):
    """The bytes came under another content type than the protocol's (415)."""

    default_code = "wrong_type"


class Gone(DomainError):
    """The upload was cancelled, or nobody went on with it in time (410)."""

    default_code = "gone"


class Busy(DomainError):
    """Another request writes to this upload and did not let go in time (423)."""

    default_code = "busy"


class ChecksumMismatch(DomainError):
    """The bytes of this request are not those their checksum was made from (460)."""

    default_code = "checksum_mismatch"


def require_version(header: str | None) -> None:
    """Raises WrongVersion unless the client speaks ours."""
    if header != VERSION:
        raise WrongVersion(N_("This address speaks version %(version)s of the tus protocol."), version=VERSION)


def require_content_type(header: str | None) -> None:
    """Raises WrongType for anything but the protocol's own."""
    if (header or "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise WrongType(N_("Send the bytes as %(type)s."), type=CONTENT_TYPE)


def read_length(header: str | None, most: int) -> int | None:
    """Upload-Length in bytes, which may be 0; None when it is above `most`. Raises BadTus when it is no such number."""
    if header is None:
        raise BadTus(N_("Say how long the file is, in the header Upload-Length."))
    if not header.isascii() or not header.isdigit():
        raise BadTus(N_("The length of the file must be a whole number of bytes."))
    length = _number(header)
    return length if length is not None and length <= most else None


def read_offset(header: str | None) -> int:
    """Upload-Offset in bytes. Raises BadTus when it is missing or no number."""
    offset = _number(header or "")
    if offset is None:
        raise BadTus(N_("Say where these bytes begin, in the header Upload-Offset."))
    return offset


def read_checksum(header: str | None) -> Checksum | None:
    """What the request's bytes must add up to, or None when the client does not say. Raises BadTus otherwise."""
    if header is None:
        return None
    name, _, encoded = header.strip().partition(" ")
    algorithm = name.lower()
    if algorithm not in CHECKSUM_BYTES:
        raise BadTus(N_("The checksum must be made with %(names)s."), names=", ".join(CHECKSUM_BYTES))
    digest = _from_base64(encoded.strip())
    if digest is None or len(digest) != CHECKSUM_BYTES[algorithm]:
        raise BadTus(N_("The checksum is not a %(name)s in Base64."), name=algorithm)
    return Checksum(algorithm, digest)


def read_metadata(header: str | None) -> dict[str, str]:
    """Upload-Metadata: keys, each with a Base64 text or nothing, parted by commas. An empty header is legal.

    Bytes that are no UTF-8 are replaced. Raises BadTus for anything malformed, a repeated key, or too much of it.
    """
    text = (header or "").strip()
    if not text:
        return {}
    if len(text) > _LONGEST_METADATA:
        raise BadTus(N_("The header Upload-Metadata is too long."))
    found: dict[str, str] = {}
    for pair in text.split(","):
        key, _, encoded = pair.strip().partition(" ")
        value = _from_base64(encoded.strip())
        if not _METADATA_KEY.fullmatch(key) or key in found or value is None:
            raise BadTus(N_("The header Upload-Metadata is malformed."))
        found[key] = value.decode("utf-8", "replace")
    return found


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def _from_base64(text: str) -> bytes | None:
    # Python lets surplus padding through, even when told to validate.
    try:
        return base64.b64decode(text, validate=True) if len(text) % 4 == 0 else None
    except (binascii.Error, ValueError):
        return None
