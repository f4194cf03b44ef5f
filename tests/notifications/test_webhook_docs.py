"""docs/webhooks.md says what is so: its script verifies a real delivery, its tables name what there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portal.notifications import robots
from portal.rules import webhooks as rules
from portal.rules.webhooks import Format, Happening
from tests.receivers import Heard, receiving
from tests.targets import add, call, story
from tests.worlds import World

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")


def script(folder: Path) -> Path:
    """The script as it stands on the page."""
    (found,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    path = folder / "verify.py"
    path.write_text(found)
    return path


def verdict(path: Path, secret: str, signature: str, body: bytes) -> bool:
    """What the script says, run by itself, without our packages."""
    ran = subprocess.run([sys.executable, "-I", "-S", path, secret, signature], input=body, capture_output=True)
    assert ran.stderr == b"", ran.stderr.decode()
    return ran.returncode == 0


def delivered(world: World) -> tuple[str, Heard]:
    """A secret, and something signed with it that came over the wire."""
    with receiving() as receiver:
        made = add(world, receiver.url, events=("project.started",))
        world.project()
        assert call(world) == 1
    return made.secret, receiver.heard[0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_script_of_the_page_verifies_a_real_delivery(world: World, tmp_path: Path) -> None:
    path, (secret, heard) = script(tmp_path), delivered(world)
    signature = heard.headers["Milepost-Signature"]
    assert verdict(path, secret, signature, heard.body)
    stamp = int(signature.removeprefix("t=").partition(",")[0])
    forged = {
        "another body": (secret, signature, heard.body + b" "),
        "the same JSON in other words": (secret, signature, json.dumps(json.loads(heard.body)).encode()),
        "another secret": (f"{secret}x", signature, heard.body),
        "no signature": (secret, "", heard.body),
        "half a signature": (secret, signature[:-1], heard.body),
        "no time": (secret, "v1=" + signature.partition("v1=")[2], heard.body),
        "another time": (secret, signature.replace(str(stamp), str(stamp + 1)), heard.body),
        "another version": (secret, signature.replace("v1=", "v0="), heard.body),
        "a time that is none": (secret, signature.replace(str(stamp), "now"), heard.body),
    }
    assert {name for name, given in forged.items() if verdict(path, *given)} == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_older_than_five_minutes_is_refused(world: World, tmp_path: Path) -> None:
    secret, heard = delivered(world)
    scope: dict[str, object] = {"__name__": "verify"}
    exec(script(tmp_path).read_text(), scope)
    is_genuine = scope["is_genuine"]
    signature, now = heard.headers["Milepost-Signature"], time.time()
    late = [is_genuine(secret, signature, heard.body, now + seconds) for seconds in (-310, -280, 0, 280, 310)]  # type: ignore[operator]  # of the page
    assert late == [False, True, True, True, False]


def test_the_script_is_about_ten_lines(tmp_path: Path) -> None:
    code = [line for line in script(tmp_path).read_text().splitlines() if line.strip() and '"""' not in line]
    assert len(code) <= 10


def test_the_page_names_every_event_every_format_and_every_limit() -> None:
    assert set(re.findall(r"^\| `([a-z.]+)` \| ", PAGE, re.MULTILINE)) >= set(Happening)
    assert set(re.findall(r"`(\w+)`", PAGE)) >= set(Format)
    for said in ("**three days**", f"**{rules.MOST_MISSES}** given up", "**10 seconds**", "last 50 deliveries"):
        assert said in PAGE


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_names_every_field_and_header_that_is_sent(world: World) -> None:
    with receiving() as receiver:
        add(world, receiver.url)
        story(world)
        world.say(world.owner, world.milestone(world.project()), "Hello.")
        call(world)
    fields = {name for heard in receiver.heard for name in heard.json}
    headers = {name for heard in receiver.heard for name in heard.headers if name.startswith("Milepost-")}
    assert {"message", "seq", "side", "author"} < fields
    assert {name for name in fields | headers if f"`{name}`" not in PAGE} == set()
    assert set(robots.SENTENCES) == set(Happening)
