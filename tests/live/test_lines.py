"""Frames arrive whole and in order, whoever writes them and however slowly they are read."""

from __future__ import annotations

import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from queue import Queue

import engineio
import pytest
from engineio.socket import Socket

from portal.live.lines import Line, Lines, Taken

HEAD = struct.Struct("!III")
NOBODY = 1000
# Says nothing, but is written by the one who writes what queued, with whatever waits there.
NUDGE = HEAD.pack(NOBODY, 0, 0)
Pair = tuple[Line, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A line, and the browser's end of it; little fits in between."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        theirs.settimeout(20)
        yield Line(ours), theirs


def frame_of(speaker: int, number: int, length: int) -> bytes:
    return HEAD.pack(speaker, number, length) + bytes([number % 251]) * length


def frames_of(reader: socket.socket, count: int) -> list[tuple[int, int]]:
    """Speaker and number of so many frames, as they come; each is as it was written, and nudges are none."""
    found: list[tuple[int, int]] = []
    with reader.makefile("rb") as stream:
        while len(found) < count:
            speaker, number, length = HEAD.unpack(stream.read(HEAD.size))
            assert stream.read(length) == bytes([number % 251]) * length
            found += [] if speaker == NOBODY else [(speaker, number)]
    return found


def test_a_frame_there_is_room_for_leaves_at_once(pair: Pair):
    line, browser = pair
    assert line.offer(frame_of(0, 1, 100)) is Taken.WHOLLY
    assert frames_of(browser, 1) == [(0, 1)]


def test_whoever_offers_never_waits_whatever_time_limit_the_connection_had():
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.settimeout(5)
        line = Line(ours)
        begun = time.monotonic()
        # The rest of the first is in the way of the second, and the connection in that of a whole new line.
        assert line.offer(frame_of(0, 1, 5_000_000)) is Taken.PARTLY
        assert line.offer(frame_of(0, 2, 1)) is Taken.NOT
        assert Line(ours).offer(frame_of(0, 3, 1)) is Taken.NOT
        assert time.monotonic() - begun < 2


def test_the_rest_of_a_frame_leaves_before_whatever_is_written_next(pair: Pair):
    line, browser = pair
    assert line.offer(frame_of(0, 1, 500_000)) is Taken.PARTLY
    assert line.offer(frame_of(0, 2, 1)) is Taken.NOT
    with ThreadPoolExecutor(1) as beside:
        found = beside.submit(frames_of, browser, 2)
        line.send(frame_of(0, 2, 1))
        line.arrived()
        assert found.result(20) == [(0, 1), (0, 2)]
    assert line.offer(frame_of(0, 3, 1)) is Taken.WHOLLY


GREEN = """
from gevent import monkey
monkey.patch_all()
import gevent, socket, sys
from portal.live.lines import Line

ours, theirs = socket.socketpair()
ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
line, frame = Line(ours), b"x" * 500_000
assert line.offer(frame).name == "PARTLY"
writing = gevent.spawn(line.send, frame)
gevent.sleep(0.1)
got = 0
while got < 2 * len(frame):
    theirs.settimeout(5)
    got += len(theirs.recv(65536))
writing.get(timeout=5)
print("whole")
"""


def test_a_green_connection_that_takes_a_part_gets_the_whole():
    ran = subprocess.run([sys.executable, "-c", GREEN], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "whole\n", ran.stderr


def test_nothing_overtakes_what_had_to_queue(pair: Pair):
    line, browser = pair
    line.queue()
    assert line.offer(frame_of(0, 2, 1)) is Taken.NOT
    line.send(frame_of(0, 1, 1))
    line.arrived()
    assert line.offer(frame_of(0, 3, 1)) is Taken.NOT
    line.send(frame_of(0, 2, 1))
    line.arrived()
    line.send(frame_of(0, 3, 1))
    line.arrived()
    assert line.offer(frame_of(0, 4, 1)) is Taken.WHOLLY
    assert frames_of(browser, 4) == [(0, 1), (0, 2), (0, 3), (0, 4)]


def test_nothing_is_written_at_once_to_a_connection_that_failed(pair: Pair):
    line, browser = pair
    browser.close()
    assert line.offer(frame_of(0, 1, 1)) is Taken.NOT
    with pytest.raises(BrokenPipeError):
        line.send(frame_of(0, 1, 1))
    assert line.offer(frame_of(0, 2, 1)) is Taken.NOT


def test_whoever_writes_to_a_socket_that_ended_is_let_go_at_the_second_look(pair: Pair):
    line, _browser = pair
    engine = engineio.Server(async_mode="threading")
    lines = Lines(engine)
    ended = engine.sockets["ended"] = Socket(engine, "ended")
    lines.add("ended", line)
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(line.send, frame_of(0, 1, 500_000))
        lines.shut_left()
        ended.closed = True
        lines.shut_left()
        with pytest.raises(TimeoutError):
            writing.result(0.3)
        lines.shut_left()
        with pytest.raises(BrokenPipeError):
            writing.result(5)


def test_what_many_say_at_once_arrives_whole_and_in_the_order_of_each(pair: Pair):
    line, browser = pair
    speakers, each = 6, 150
    queue: Queue[bytes | None] = Queue()

    def write() -> None:
        while (frame := queue.get()) is not None:
            line.send(frame)
            if frame != NUDGE:
                line.arrived()

    def speak(speaker: int) -> None:
        lengths = random.Random(speaker)
        for number in range(each):
            frame = frame_of(speaker, number, lengths.choice((1, 60, 900, 20_000)))
            taken = line.offer(frame)
            if taken is not Taken.WHOLLY:
                queue.put(frame if taken is Taken.NOT else NUDGE)

    with ThreadPoolExecutor(speakers + 2) as beside:
        written, found = beside.submit(write), beside.submit(frames_of, browser, speakers * each)
        list(beside.map(speak, range(speakers)))
        told = found.result(30)
        queue.put(None)
        written.result(30)
    for speaker in range(speakers):
        assert [number for who, number in told if who == speaker] == list(range(each))
