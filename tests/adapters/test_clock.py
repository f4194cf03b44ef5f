"""The clock, and the one place that may set it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from portal.adapters import clock
from tests.architecture import reading

NEW_YEAR = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)


def test_within_the_block_it_is_that_moment_and_after_it_the_present_again():
    with clock.at(NEW_YEAR):
        assert clock.now() == NEW_YEAR
        assert clock.today("America/New_York").isoformat() == "2025-12-31"
        assert clock.today("Asia/Shanghai").isoformat() == "2026-01-01"
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_present_comes_back_after_a_failure_too():
    with pytest.raises(KeyError), clock.at(NEW_YEAR):
        raise KeyError
    assert clock.now() > NEW_YEAR


def test_other_threads_keep_the_real_time():
    seen = []
    with clock.at(NEW_YEAR):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0] != NEW_YEAR


@pytest.mark.parametrize("moment", [NEW_YEAR.replace(tzinfo=None), datetime.now(UTC) + timedelta(hours=1)])
def test_neither_a_naive_moment_nor_the_future_can_be_told(moment):
    with pytest.raises(ValueError, match="aware instants"), clock.at(moment):
        pass


def test_only_the_demo_sets_the_clock():
    users = {
        path.relative_to(reading.PORTAL).parts[0]
        for path in reading.python_files()
        for _, name in reading.calls(path)
        if name == "clock.at"
    }
    assert users <= {"demo"}
