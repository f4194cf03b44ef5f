"""A studio with large files on its shelf, paid for, so that its client may fetch them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from benchmarks.harness import sizes
from portal.adapters import outside
from portal.models.deliverable import Deliverable
from portal.models.milestone import Milestone
from portal.models.receipt import ReceiptPdf
from tests.servers import Server
from tests.studios import Studio, opened
from tests.worlds import Entered, World


@dataclass(frozen=True)
class Shelf:
    """Where the portal answers, its process, the files' addresses there, and the names they have on disk."""

    url: str
    pid: int
    client: dict[str, str]
    addresses: list[str]
    archive: str
    files: Path
    names: list[str]


@contextmanager
def stocked(folder: Path, full: int, *hollow: int, environment: Mapping[str, str] | None = None) -> Iterator[Shelf]:
    """A file of `full` bytes of noise, if any, and one of zeros, which takes no room, for each further length."""
    wanted = [(full, sizes.noise)] * bool(full) + [(length, sizes.hollow) for length in hollow]
    made: list[tuple[str, Path]] = []

    def furnish(world: World, milestone: Milestone, entered: Entered) -> None:
        for number, (length, fill) in enumerate(wanted):
            file = world.store(milestone, f"file {number}.bin", b"x")
            path = outside.of(world.session).storage.path(file.id)
            path.chmod(0o600)
            fill(path, length)
            lengthen = Deliverable.__table__.update().where(Deliverable.id == file.id)
            world.session.execute(lengthen.values(bytes=length))
            world.session.commit()
            made.append((f"/deliverables/{file.id}/file", path))
        world.deliver(milestone, note="Here they are.")
        world.pay(milestone, entered)

    folder.mkdir()
    with opened(folder, furnish=furnish, environment=dict(environment or {}), kind=Server) as studio:
        storage = made[0][1].parents[1]
        _wait_for_papers(studio)
        yield Shelf(
            studio.server.url,
            studio.server.pid,
            studio.client,
            [address for address, _path in made],
            f"/milestones/{studio.milestone_id}/archive.zip",
            storage,
            [os.fspath(path.relative_to(storage)) for _address, path in made],
        )


def _wait_for_papers(studio: Studio) -> None:
    """Drawing the receipt brings a library into memory and takes a second; it is not what is measured."""
    for _ in range(600):
        with studio.look() as session:
            if session.scalar(select(ReceiptPdf.id)) is not None:
                return
        time.sleep(0.1)
    raise RuntimeError("The receipt was not drawn")
