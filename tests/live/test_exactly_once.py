"""Each message once and in one order for both sides, through lost connections and killed servers (G4)."""

from __future__ import annotations

import random
import re
import threading
import time
from pathlib import Path

import pytest
import requests

from tests import scale
from tests.live import stages
from tests.live.people import Listener
from tests.live.stages import Stage

SEQ = re.compile(r'<article id="message-([0-9a-f-]+)"[^>]*data-seq="(\d+)"')
PATIENCE_SECONDS = 120


class Page:
    """What chat.js does, in Python: what is pushed is put in its place, what is missing is asked for."""

    def __init__(self, stage: Stage, who: str) -> None:
        self.stage, self.headers = stage, stage.people[who]
        self.lines: dict[int, str] = {}
        self.twice = 0
        self._guard = threading.Lock()
        self.socket = Listener(stage.url, self.headers, reconnection=True)
        self.socket.client.on("fragment", self._pushed)
        self.socket.client.on("connect", self.catch_up)

    def catch_up(self) -> None:
        """Everything after the last line, until there is no more."""
        address = f"{self.stage.url}/milestones/{self.stage.ids['milestone']}/messages"
        while True:
            last = max(self.lines, default=0)
            try:
                answer = requests.get(
                    f"{address}?after={last}", headers=self.headers | {"HX-Request": "true"}, timeout=30
                )
            except requests.RequestException:
                return
            if answer.status_code != 200 or not self._add(answer.text):
                return

    def drop(self) -> None:
        """The connection is lost, as in a tunnel."""
        connection = self.socket.client.eio.ws
        if connection is not None and connection.sock is not None:
            connection.sock.close()

    def _pushed(self, content: dict) -> None:
        if content["swap"] != "beforeend":
            return
        if content["seq"] > max(self.lines, default=0) + 1:
            self.catch_up()
        else:
            self._add(content["html"])

    def _add(self, html: str) -> int:
        found = [(int(seq), message) for message, seq in SEQ.findall(html)]
        with self._guard:
            for seq, message in found:
                self.twice += self.lines.get(seq, message) != message
                self.lines[seq] = message
        return len(found)


class Sender(threading.Thread):
    """Somebody who writes on whatever happens, and sends again with the same key what was not answered."""

    def __init__(self, stage: Stage, who: str, count: int) -> None:
        super().__init__()
        self.stage, self.who, self.count = stage, who, count
        self.again = 0

    def run(self) -> None:
        for number in range(self.count):
            self._say(f"{self.who} says {number}", f"{self.who}-key-{number:06}")

    def _say(self, body: str, key: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = self.stage.say(self.who, body, key=key)
            except requests.RequestException:
                self.again += 1
                time.sleep(0.2)
                continue
            if answer.status_code == 303:
                return
            assert answer.status_code in (429, 503), answer.text
            time.sleep(0.3)
        raise AssertionError(f"never said: {body}")


@pytest.mark.faults
# The client leaves its own socket to the garbage collector when its connection is lost.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_each_message_is_there_once_and_in_the_same_order_for_both(tmp_path: Path):
    count, drops, kills = scale.cases(60, full=1000), scale.cases(6, full=50), scale.cases(1, full=5)
    chance = scale.chance("exactly once")
    with stages.opened(tmp_path) as stage:
        pages = [Page(stage, "owner"), Page(stage, "cleo")]
        for page in pages:
            page.socket.connect()
        senders = [Sender(stage, "owner", count // 2), Sender(stage, "cleo", count - count // 2)]
        for sender in senders:
            sender.start()
        _disturb(stage, pages, senders, drops, kills, chance)
        for sender in senders:
            sender.join(PATIENCE_SECONDS * 4)
            assert not sender.is_alive()
        _settle(stage, pages)
        for page in pages:
            page.socket.leave()
        seen = [[page.lines[seq] for seq in sorted(page.lines)] for page in pages]
        assert [page.twice for page in pages] == [0, 0]
        assert seen[0] == seen[1]
        assert sorted(pages[0].lines) == list(range(1, len(pages[0].lines) + 1))
        said = _bodies(stage)
        expected = {f"{s.who} says {n}" for s in senders for n in range(s.count)}
        assert sorted(said) == sorted(expected)
        for sender in senders:
            mine = [body for body in said if body.startswith(sender.who)]
            assert mine == [f"{sender.who} says {n}" for n in range(sender.count)]
    scale.figure("G4", "messages through lost connections and kills", messages=count, drops=drops, kills=kills,
                 sent_again=sum(sender.again for sender in senders))  # fmt: skip


def _disturb(
    stage: Stage, pages: list[Page], senders: list[Sender], drops: int, kills: int, chance: random.Random
) -> None:
    events = ["drop"] * drops + ["kill"] * kills
    chance.shuffle(events)
    for event in events:
        if not any(sender.is_alive() for sender in senders):
            break
        time.sleep(chance.uniform(0.1, 0.6))
        if event == "drop":
            chance.choice(pages).drop()
        else:
            stage.studio.server.kill()
            stage.studio.server.start()


def _settle(stage: Stage, pages: list[Page]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for page in pages:
            page.catch_up()
        if pages[0].lines.keys() == pages[1].lines.keys() and pages[0].lines:
            return
        time.sleep(0.5)


def _bodies(stage: Stage) -> list[str]:
    answer = requests.get(
        f"{stage.url}/projects/{stage.ids['project']}/messages.json", headers=stage.people["owner"], timeout=60
    )
    return [line["body"] for line in answer.json()["messages"] if line["kind"] == "said"]
