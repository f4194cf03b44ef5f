"""Small pictures of pictures, drawn by a process of their own with limits: whatever a file does to it, we go on.

Run as a program it is that process: a picture on standard input, a WebP on standard output, nothing when it cannot.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import warnings
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps

WIDEST, HIGHEST = 640, 480
MOST_PIXELS = 60_000_000
SECONDS = 10
MEMORY_BYTES, OUTPUT_BYTES = 1 << 30, 4 << 20
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
# Each takes a core for a moment, so only so many at once.
_TURNS = threading.BoundedSemaphore(2)


def draw(picture: BinaryIO) -> bytes | None:
    """The picture as WebP of at most 640 × 480; None when it is none that can be drawn within the limits."""
    with _TURNS:
        try:
            done = subprocess.run(
                # By its file: by its name the whole portal would be loaded first, which takes longer than to draw.
                [sys.executable, "-I", __file__],
                stdin=picture, capture_output=True, timeout=SECONDS * 2, check=False, env={},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
    return done.stdout if done.returncode == 0 and done.stdout else None


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _drawn(content: bytes) -> bytes:
    with warnings.catch_warnings(), Image.open(BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        picture.draft("RGB", (WIDEST * 2, HIGHEST * 2))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((WIDEST, HIGHEST))
        out = BytesIO()
        upright.convert("RGBA" if "A" in upright.getbands() else "RGB").save(out, "WEBP", quality=80)
        return out.getvalue()


if __name__ == "__main__":
    _limit()
    sys.stdout.buffer.write(_drawn(sys.stdin.buffer.read()))
