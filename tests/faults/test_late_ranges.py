"""A piece from the end of a large file costs what one from its beginning costs (V5): counted, not timed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.adapters import outside
from portal.models.deliverable import Deliverable
from tests.studios import Studio, opened
from tests.warm import WarmServer

MIB = 1 << 20
SIZE = 5 * 1024 * MIB
LATE = 4_900_000_000
ROUNDS = 30
pytestmark = pytest.mark.faults


@pytest.fixture
def large(tmp_path: Path) -> Iterator[tuple[Studio, str]]:
    """A running studio and the address of a stored file of 5 GiB that takes no room on the disk."""
    made: list[str] = []

    def furnish(world, milestone, _entered):
        file = world.store(milestone, "large.bin", b"x")
        path = outside.of(world.session).storage.path(file.id)
        path.chmod(0o600)
        os.truncate(path, SIZE)
        world.session.execute(Deliverable.__table__.update().values(bytes=SIZE))
        world.session.commit()
        made.append(f"/deliverables/{file.id}/file")

    with opened(tmp_path, furnish=furnish, kind=WarmServer) as studio:
        yield studio, made[0]


def spent(studio: Studio) -> tuple[int, float]:
    """Bytes the server has read by system calls, and seconds of processor it has used, so far."""
    read = cpu = 0
    children = Path(f"/proc/{studio.server.pid}/task/{studio.server.pid}/children").read_text().split()
    for pid in children:
        counts = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
        read += int(counts["rchar"])
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        cpu += int(fields[11]) + int(fields[12])
    return read, cpu / os.sysconf("SC_CLK_TCK")


def cost(studio: Studio, address: str, first: int) -> tuple[float, float]:
    """Bytes read and seconds used for 1 MiB from `first` on, the mean of many."""
    fetch(studio, address, first)
    read, cpu = spent(studio)
    for _ in range(ROUNDS):
        fetch(studio, address, first)
    read_after, cpu_after = spent(studio)
    return (read_after - read) / ROUNDS, (cpu_after - cpu) / ROUNDS


def fetch(studio: Studio, address: str, first: int) -> None:
    answer = studio.get(address, Range=f"bytes={first}-{first + MIB - 1}")
    assert answer.status_code == 206
    assert answer.content == bytes(MIB) or first == 0


def test_a_mebibyte_at_the_end_costs_what_one_at_the_beginning_costs(large):
    studio, address = large
    early_bytes, early_cpu = cost(studio, address, 0)
    late_bytes, late_cpu = cost(studio, address, LATE)
    print(f"1 MiB at 0: {early_bytes:.0f} bytes read, {early_cpu * 1000:.1f} ms of processor")
    print(f"1 MiB at 4.9 GB: {late_bytes:.0f} bytes read, {late_cpu * 1000:.1f} ms of processor")
    assert late_bytes < 2 * MIB
    assert abs(late_bytes - early_bytes) < MIB / 4
    # Reading up to the place would take a second of processor, not milliseconds.
    assert late_cpu < 3 * early_cpu + 0.01
