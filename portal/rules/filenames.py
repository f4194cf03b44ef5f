"""Names of files as people gave them: data to show and to send, never a path (domain.md §12)."""

import re
import unicodedata
from urllib.parse import quote

LONGEST_BYTES = 255
NAMELESS = "file"
_LONGEST_EXTENSION = 32

# Direction marks can make "exe.pdf" of "fdp.exe"; the others are invisible.
# Joiners stay: emoji and Persian need them.
_INVISIBLE = frozenset("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
_DROPPED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_EDGES = "." + _BLANKS
_WINDOWS_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\.|$)", re.IGNORECASE)
_NOT_IN_FALLBACK = re.compile(r"[^A-Za-z0-9 !#$&+.^_`{}~()\[\]=,@-]")
_RFC_8187_SAFE = "!#$&+-.^_`|~"


def clean(name: str) -> str:
    """A name safe to keep and show: one path component, NFC, nothing invisible, 1 to 255 bytes of UTF-8.

    The extension survives shortening; a name of which nothing is left becomes "file".
    Cleaning twice changes nothing.
    """
    visible = "".join(char for char in name if not _is_dropped(char))
    component = _last_component(unicodedata.normalize("NFC", visible)) or NAMELESS
    if _WINDOWS_DEVICE.match(component):
        component = "_" + component
    return _shorten(component)


def content_disposition(name: str) -> str:
    """The RFC 6266 header value that makes a browser save the file under its cleaned name."""
    name = clean(name)
    return f"attachment; filename=\"{_ascii(name)}\"; filename*=UTF-8''{quote(name, safe=_RFC_8187_SAFE)}"


def _is_dropped(char: str) -> bool:
    return char in _INVISIBLE or unicodedata.category(char) in _DROPPED_CATEGORIES


def _last_component(name: str) -> str:
    components = (component.strip(_EDGES) for component in reversed(re.split(r"[/\\]", name)))
    return next((component for component in components if component), "")


def _shorten(name: str) -> str:
    if len(name.encode()) <= LONGEST_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    room = LONGEST_BYTES - len((dot + extension).encode())
    # Cutting in the middle of a character leaves bytes that "ignore" drops.
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(_EDGES) + dot + extension


def _ascii(name: str) -> str:
    stem, dot, extension = name.rpartition(".") if "." in name else (name, "", "")
    return (_ascii_part(stem) or NAMELESS) + dot + _ascii_part(extension)


def _ascii_part(text: str) -> str:
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    replaced = _NOT_IN_FALLBACK.sub("_", letters)
    return replaced if replaced.strip("_ ") else ""
