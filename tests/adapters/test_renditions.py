"""Small pictures of pictures, drawn in a process of their own."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from portal.adapters import renditions


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "photograph.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: turned by a quarter when shown
    exif[0x010F] = "a camera that tells whose it is"
    Image.new("RGB", (1600, 1000), "#c2410c").save(path, exif=exif)
    return path


def test_a_picture_is_drawn_small_upright_and_without_what_its_camera_wrote(photograph: Path):
    with photograph.open("rb") as file:
        drawn = renditions.draw(file)
    assert drawn is not None
    with Image.open(BytesIO(drawn)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (300, 480))
        assert not picture.getexif()
    assert b"camera" not in drawn


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, b"<svg xmlns='x'/>"])
def test_what_is_no_picture_is_not_drawn(tmp_path: Path, content: bytes):
    path = tmp_path / "file"
    path.write_bytes(content)
    with path.open("rb") as file:
        assert renditions.draw(file) is None


def test_the_process_that_draws_does_not_load_the_portal_first(photograph: Path):
    with photograph.open("rb") as file:
        command = [sys.executable, "-I", "-X", "importtime", renditions.__file__]
        done = subprocess.run(command, stdin=file, capture_output=True, check=True)
    loaded = [line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()]
    assert "PIL.Image" in loaded
    assert [name for name in loaded if name.partition(".")[0] in ("portal", "flask", "sqlalchemy")] == []
