"""What kind of content a file has, judged by its first bytes and never by what the sender says."""

from __future__ import annotations

import re

import puremagic

HEAD_BYTES = 8192
UNKNOWN = "application/octet-stream"
TEXT = "text/plain"

# Where the library hesitates between several, or knows the content but no name for it.
_CERTAIN = (
    (b"ID3", "audio/mpeg"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-msdownload"),
    (b"PK\x05\x06", "application/zip"),
)
_ZIP = b"PK\x03\x04"
_IN_ZIP = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_MIMETYPE_ENTRY = b"mimetypeapplication/"
_NAME = re.compile(rb"application/[a-z0-9][a-z0-9.+-]{0,100}")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"


def media_type(head: bytes) -> str:
    """The media type of a file that begins with `head` (up to 8 KiB of it); octet-stream when nothing is certain."""
    head = head[:HEAD_BYTES]
    if head.startswith(_ZIP):
        return _zip(head)
    for start, kind in _CERTAIN:
        if head.startswith(start):
            return kind
    return _magic(head) or (TEXT if _is_text(head) else UNKNOWN)


def _magic(head: bytes) -> str:
    try:
        found = puremagic.from_string(head, mime=True) if head else ""
    except (puremagic.PureError, ValueError):
        return ""
    kind = str(found).strip().lower()
    return kind if "/" in kind and len(kind) <= 120 else ""


def _zip(head: bytes) -> str:
    """Office documents are ZIP files that name their parts early; OpenDocument and EPUB say their type outright."""
    at = head.find(_MIMETYPE_ENTRY, 30, 80)
    if at > 0:
        named = head[at + len(b"mimetype") :].partition(b"PK")[0].lower()
        # Whoever made the file wrote this, and it becomes a header.
        return named.decode() if _NAME.fullmatch(named) else "application/zip"
    if b"[Content_Types].xml" in head or b"_rels/" in head:
        return next((kind for part, kind in _IN_ZIP.items() if part in head), "application/zip")
    return "application/zip"


def _is_text(head: bytes) -> bool:
    if not head or head.translate(None, _CONTROLS) != head:
        return False
    for spare in range(4):
        # The head may end in the middle of a character.
        try:
            head[: len(head) - spare].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False
