"""What SQLite writes ahead does not grow for ever, however many readers there always are."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from portal.adapters import write_ahead
from portal.db import make_engine

LARGEST = 8 << 20


def log_of(notebook: Engine) -> int:
    return Path(f"{notebook.url.database}-wal").stat().st_size


def write(notebook: Engine, count: int) -> None:
    """So many transactions of a hundred kilobytes."""
    with notebook.connect() as connection:
        for _ in range(count):
            connection.exec_driver_sql("INSERT INTO notes (said) VALUES (zeroblob(100000))")
            connection.commit()


def count(notebook: Engine) -> int:
    with notebook.connect() as connection:
        found: int = connection.exec_driver_sql("SELECT count(*) FROM notes").scalar_one()
        return found


def read(notebook: Engine, over: threading.Event, seconds: float, begin: float) -> None:
    """Transactions that read, one after the other, each that long."""
    time.sleep(begin)
    while not over.is_set():
        with notebook.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM notes").scalar_one()
            over.wait(seconds)


@contextmanager
def always_read(notebook: Engine) -> Iterator[None]:
    """There is no moment without a reader, and none of them reads for long."""
    over = threading.Event()
    readers = [threading.Thread(target=read, args=(notebook, over, 0.1, number * 0.025)) for number in range(4)]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        over.set()
        for reader in readers:
            reader.join()


def test_under_readers_that_take_turns_the_log_grows_until_it_is_shortened(notebook: Engine):
    with always_read(notebook):
        write(notebook, 200)
        before = log_of(notebook)
        assert before > LARGEST
        assert write_ahead.shorten(notebook, largest=LARGEST) == before
        assert log_of(notebook) == 0
        write(notebook, 1)
        assert 0 < log_of(notebook) < LARGEST
    assert count(notebook) == 201


def test_whoever_writes_is_not_kept_waiting_by_it(notebook: Engine):
    """Neither while a reader stays for longer than is waited, nor when it has gone."""
    with notebook.connect() as reader, ThreadPoolExecutor(1) as beside:
        assert reader.exec_driver_sql("SELECT count(*) FROM notes").scalar_one() == 0
        write(notebook, 120)
        shortening, slowest, written = beside.submit(write_ahead.shorten, notebook, largest=LARGEST), 0.0, 120
        while not shortening.done():
            begun = time.monotonic()
            write(notebook, 1)
            slowest, written = max(slowest, time.monotonic() - begun), written + 1
        assert shortening.result() is None
        assert written > 130
        assert slowest < write_ahead.PATIENCE_SECONDS / 2
        assert reader.exec_driver_sql("SELECT count(*) FROM notes").scalar_one() == 0
    assert write_ahead.shorten(notebook, largest=LARGEST)
    assert count(notebook) == written


def test_a_short_log_is_left_alone(notebook: Engine):
    write(notebook, 1)
    before = log_of(notebook)
    assert write_ahead.shorten(notebook) == 0
    assert log_of(notebook) == before


def test_where_nothing_is_written_ahead_there_is_nothing_to_shorten(tmp_path: Path):
    assert write_ahead.shorten(make_engine(f"sqlite:///{tmp_path}/none.db")) == 0
    assert write_ahead.shorten(make_engine("postgresql://nobody@127.0.0.1:1/none")) == 0
