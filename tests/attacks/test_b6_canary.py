"""A word written everywhere in one studio is to be read nowhere in the other (reliability.md B6)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal.adapters import clock
from portal.notifications import dispatch
from tests import papers, scale
from tests.access.people import second_studio
from tests.attacks import pages, written
from tests.attacks.letters import Box
from tests.attacks.scene import Request, announcing, both_at_full_size, one_database
from tests.attacks.written import Written
from tests.worlds import Browser, World

pytestmark = pytest.mark.scaled
WORDS = ("Zimtstern", "Pfefferkorn")
SETTINGS = ("/settings", "/settings/payment", "/settings/members", "/settings/account", "/settings/notices",
            "/settings/mail")  # fmt: skip
HOME = ("/projects", "/projects?q=Zimtstern", "/projects?q=Pfefferkorn", "/projects/new")


def readers(world: World, story: Written, word: str) -> dict[str, Browser]:
    """Everybody who can be logged in on one side."""
    return {f"{word}'s owner": world.browser(world.owner), f"{word}'s contact": world.entered(*story.codes)}


def read(answer: Any) -> str:
    """All there is to be read in an answer: words of pages and papers, names and contents inside archives."""
    if answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-1"):
        return papers.text_of(answer.data)
    if answer.mimetype == "application/zip":
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            return "\n".join(f"{name} {archive.read(name)!r}" for name in archive.namelist())
    return str(answer.headers) + answer.data.decode(errors="replace")


def told(browser: Browser, story: Written, foreign: Written) -> dict[str, str]:
    """Every page the browser finds by links, and every address of both sides asked for by name."""
    starts = [*HOME, *SETTINGS, *story.addresses, *foreign.addresses]
    starts += [f"/milestones/{one}/archive.zip" for one in (*story.milestones, *foreign.milestones)]
    walked = pages.walk(browser, *starts)
    found = {address: read(answer) for address, answer in walked.answers.items()}
    if scale.FULL:
        fragments = pages.walk(browser, *walked.answers, headers={"HX-Request": "true"})
        found |= {f"{address} (htmx)": read(answer) for address, answer in fragments.answers.items()}
    return found


def hits(texts: dict[str, str], word: str) -> list[str]:
    """Where the word stands, but for the box that repeats what was searched for."""
    own = f"q={word}"
    return [address for address, text in texts.items() if word in text and own not in address and own not in text]


@both_at_full_size
def test_nothing_of_the_other_studio_is_to_be_read_anywhere(world: World) -> None:
    worlds = (world, second_studio(world.app, world.session))
    stories = [spread(one, word) for one, word in zip(worlds, WORDS, strict=True)]
    answers = 0
    for at, (word, foreign) in enumerate((WORDS, WORDS[::-1])):
        for name, browser in readers(worlds[at], stories[at], word).items():
            texts = told(browser, stories[at], stories[1 - at])
            answers += len(texts)
            assert hits(texts, foreign) == [], name
            assert len(hits(texts, word)) >= 15, f"a control: {name} reads their own word"
    scale.figure("B6", "a word of the other studio looked for", answers=answers, mails=mails(world), found=0)


def mails(world: World) -> int:
    """How many there are, digests of the next mornings among them; none of them has words of both studios."""
    box = Box()
    with time_machine.travel(clock.now() + timedelta(days=2)):
        dispatch.send_due(world.session, post=box, sender="milepost@portal.example")
    assert [letter for letter in box.letters if all(word in letter[1] for word in WORDS)] == []
    assert all(any(word in text for _, text in box.letters) for word in WORDS)
    return len(box.letters)


def spread(world: World, word: str) -> Written:
    """The story with the word in every field, and an upload of that name under way."""
    story = written.write(world, lambda field: f"{word} {field}")
    headers = announcing(story.milestones[1], f"{word}.mov", 10)
    assert Request(world.browser(world.owner), "POST", "/uploads", headers=headers, body=b"").send().status_code == 201
    return story


@one_database
def test_the_record_says_no_word_of_anybody(world: World) -> None:
    """What people wrote is personal: the exported record has numbers, ids and hashes only."""
    story = spread(world, WORDS[0])
    lines = world.browser(world.owner).get(f"/projects/{story.projects[0]}/record.jsonl").text.splitlines()
    assert len(lines) > 10
    assert all(json.loads(line) for line in lines)
    assert WORDS[0] not in "".join(lines)
