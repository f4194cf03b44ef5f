"""What SQLite writes ahead does not grow for ever, however many readers there always are."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from portal.adapters import write_ahead
from portal.db import make_engine

LARGEST = 8 << 20


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path}/portal.db")
    with made.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, said BLOB NOT NULL)")
        connection.commit()
    yield made
    made.dispose()


def log_of(engine: Engine) -> int:
    return Path(f"{engine.url.database}-wal").stat().st_size


def write(engine: Engine, count: int) -> None:
    """So many transactions of a hundred kilobytes."""
    with engine.connect() as connection:
        for _ in range(count):
            connection.exec_driver_sql("INSERT INTO notes (said) VALUES (zeroblob(100000))")
            connection.commit()


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        found: int = connection.exec_driver_sql("SELECT count(*) FROM notes").scalar_one()
        return found


def read(engine: Engine, over: threading.Event, seconds: float, begin: float) -> None:
    """Transactions that read, one after the other, each that long."""
    time.sleep(begin)
    while not over.is_set():
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM notes").scalar_one()
            over.wait(seconds)


@contextmanager
def always_read(engine: Engine) -> Iterator[None]:
    """There is no moment without a reader, and none of them reads for long."""
    over = threading.Event()
    readers = [threading.Thread(target=read, args=(engine, over, 0.1, number * 0.025)) for number in range(4)]
    for reader in readers:
        reader.start()
    yield
    over.set()
    for reader in readers:
        reader.join()


def test_under_readers_that_take_turns_the_log_grows_until_it_is_shortened(engine: Engine):
    with always_read(engine):
        write(engine, 200)
        before = log_of(engine)
        assert before > LARGEST
        assert write_ahead.shorten(engine, largest=LARGEST) == before
        assert log_of(engine) == 0
        write(engine, 1)
        assert 0 < log_of(engine) < LARGEST
    assert count(engine) == 201


def test_a_reader_that_stays_is_not_waited_for_and_writing_goes_on(engine: Engine):
    with engine.connect() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM notes").scalar_one() == 0
        write(engine, 120)
        begun = time.monotonic()
        assert write_ahead.shorten(engine, largest=LARGEST) is None
        assert time.monotonic() - begun < write_ahead.PATIENCE_SECONDS + 2
        write(engine, 1)
        assert reader.exec_driver_sql("SELECT count(*) FROM notes").scalar_one() == 0
    assert write_ahead.shorten(engine, largest=LARGEST)
    assert count(engine) == 121


def test_a_short_log_is_left_alone(engine: Engine):
    write(engine, 1)
    before = log_of(engine)
    assert write_ahead.shorten(engine) == 0
    assert log_of(engine) == before


def test_where_nothing_is_written_ahead_there_is_nothing_to_shorten(tmp_path: Path):
    assert write_ahead.shorten(make_engine(f"sqlite:///{tmp_path}/none.db")) == 0
    assert write_ahead.shorten(make_engine("postgresql://nobody@127.0.0.1:1/none")) == 0
