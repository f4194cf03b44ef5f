"""Pictures strangers made, redrawn: what is kept is our own small PNG, never the bytes that were sent."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from portal.rules.errors import Invalid
from portal.rules.wording import N_

TYPE = "image/png"
MAX_BYTES = 8 * 1024 * 1024
MAX_KEPT_BYTES = 512 * 1024
# Four bytes each while it is redrawn: a hundred megabytes for a moment.
MAX_PIXELS = 25_000_000
SIDES = (512, 384, 256, 128)
# Chosen by what the bytes are, whatever the file is called. No other decoder ever sees them.
FORMATS = ("PNG", "JPEG", "WEBP")
# What Pillow raises for pictures that are broken or meant to break it.
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning)


def redraw(content: bytes) -> bytes:
    """A PNG of at most 512 pixels a side, upright, without metadata. Raises Invalid (field "logo") for no picture."""
    if len(content) > MAX_BYTES:
        raise Invalid(N_("This picture is too large. Use one of at most 8 MB."), field="logo", code="logo_too_large")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            return _drawn(picture)
    except _BROKEN:
        message = N_("This is not a picture we can read. Use a PNG, JPEG or WebP file.")
        raise Invalid(message, field="logo", code="logo_unreadable") from None


def _drawn(picture: Image.Image) -> bytes:
    # Known from the header: nothing is decoded before this is checked.
    if picture.width * picture.height > MAX_PIXELS:
        message = N_("This picture has too many pixels. Make it smaller, 512 by 512 is enough.")
        raise Invalid(message, field="logo", code="logo_too_many_pixels")
    drawn = ImageOps.exif_transpose(picture).convert("RGBA")
    for side in SIDES:
        drawn.thumbnail((side, side), Image.Resampling.LANCZOS)
        kept = io.BytesIO()
        drawn.save(kept, "PNG", optimize=True)
        if kept.tell() <= MAX_KEPT_BYTES:
            break
    return kept.getvalue()
