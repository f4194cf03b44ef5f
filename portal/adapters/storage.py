"""Files on the local disk: parts on their way in, stored files that never change, small proofs, and a quarantine.

    incoming/<upload>.part     being written; 0600, held by one writer at a time (flock)
    files/<aa>/<file>          stored for good; <aa> are the last two digits of the id, since the first follow the clock
    proofs/<id>                what came with a form: proofs of payment, small attachments of messages
    renditions/<id>            small pictures of pictures; may be deleted at any time
    quarantine/                what nobody knows; never deleted by us

What a caller was told is on disk is on disk: the bytes are synced before, and so are the folders that name them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from portal.adapters.digests import RunningDigests
from portal.adapters.failpoints import failpoint
from portal.adapters.parts import COPY_BYTES, Held, Missing, Part, hold

__all__ = ["Damaged", "Found", "Held", "LocalStorage", "Missing", "Part"]

PART = ".part"


class Damaged(Exception):
    """The stored file does not have the size it was stored with."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something lying in a folder: the id its name says, if it says one, and when its bytes changed (seconds, UTC)."""

    path: Path
    id: UUID | None
    size: int
    modified: float


class LocalStorage:
    """The folder behind `file:` storage."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.digests = RunningDigests()
        self.incoming, self.files = root / "incoming", root / "files"
        self.proofs, self.quarantine = root / "proofs", root / "quarantine"
        self.renditions = root / "renditions"

    def prepare(self) -> None:
        """Make the folders that are missing."""
        for folder in (self.root, self.incoming, self.files, self.proofs, self.renditions, self.quarantine):
            folder.mkdir(parents=True, exist_ok=True, mode=0o750)

    def room(self) -> tuple[int, int]:
        """Free bytes for us, and bytes of the whole disk."""
        self.prepare()
        state = os.statvfs(self.root)
        return state.f_bavail * state.f_frsize, state.f_blocks * state.f_frsize

    def create_part(self, upload_id: UUID) -> None:
        """An empty part, its name on disk too. Raises FileExistsError for a known id."""
        self.prepare()
        os.close(os.open(self._part(upload_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _sync_folder(self.incoming)
        failpoint("upload.created")

    def open_part(self, upload_id: UUID) -> Part:
        """The part, held. Raises Held when another writer has it, Missing when there is none."""
        return hold(self._part(upload_id))

    def detach_part(
        self,
        upload_id: UUID,
        length: int,
        *,
        exchange: Callable[[Callable[[], object]], object] = lambda rename: rename(),
        pulse: Callable[[], object] = lambda: None,
    ) -> None:
        """Replace the part by a copy of its first `length` bytes, out of reach of the writer that holds the old one.

        Copying may take long: `pulse` is called between two pieces. `exchange` is handed what puts the copy in place
        of the part, and does that only if it still should be.
        """
        path = self._part(upload_id)
        copy = path.with_suffix(f".{secrets.token_hex(4)}.copy")
        try:
            with path.open("rb") as old, copy.open("xb") as new:
                _copy(old, new, length, pulse)
                os.fsync(new.fileno())
            exchange(lambda: copy.rename(path))
        finally:
            copy.unlink(missing_ok=True)
        _sync_folder(self.incoming)

    def discard_part(self, upload_id: UUID) -> None:
        """Give the space of an upload back. Nothing happens when it has none."""
        self._part(upload_id).unlink(missing_ok=True)

    def has_part(self, upload_id: UUID) -> bool:
        """Whether bytes of this upload are on their way in."""
        return self._part(upload_id).exists()

    def keep(self, upload_id: UUID, file_id: UUID) -> None:
        """Make a stored file of a whole and synced part; may be repeated. Raises Missing when neither is there."""
        part, target = self._part(upload_id), self.path(file_id)
        if not target.parent.exists():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            _sync_folder(self.files)
        failpoint("upload.complete")
        if not target.exists():
            try:
                part.chmod(0o440)
                part.rename(target)
            except FileNotFoundError:
                if not target.exists():
                    raise Missing(part.name) from None
        failpoint("upload.renamed")
        _sync_folder(target.parent)
        _sync_folder(self.incoming)
        failpoint("upload.kept")

    def path(self, file_id: UUID) -> Path:
        """Where a stored file is, or would be."""
        return self.files / str(file_id)[-2:] / str(file_id)

    def accel_path(self, file_id: UUID) -> str:
        """The internal address nginx knows a stored file by."""
        return f"/_f/{str(file_id)[-2:]}/{file_id}"

    def open(self, file_id: UUID, size: int) -> BinaryIO:
        """A stored file, unbuffered. Raises Missing, or Damaged when it does not have `size` bytes."""
        return _open(self.path(file_id), size)

    def discard(self, file_id: UUID) -> None:
        """Delete a stored file that was taken back. Nothing happens when it is gone."""
        self.path(file_id).unlink(missing_ok=True)

    def keep_small(self, proof_id: UUID, content: bytes) -> None:
        """Store a proof: on disk when this returns."""
        self.prepare()
        part, target = self.incoming / f"{proof_id}.proof", self.proofs / str(proof_id)
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        failpoint("proof.synced")
        part.rename(target)
        _sync_folder(self.proofs)
        failpoint("proof.kept")

    def open_small(self, proof_id: UUID, size: int) -> BinaryIO:
        """A proof. Raises Missing, or Damaged when it does not have `size` bytes."""
        return _open(self.proofs / str(proof_id), size)

    def rendition(self, file_id: UUID) -> bytes | None:
        """The small picture of a file, empty when none could be drawn; None when nobody tried yet."""
        try:
            return (self.renditions / str(file_id)).read_bytes()
        except FileNotFoundError:
            return None

    def keep_rendition(self, file_id: UUID, content: bytes) -> None:
        """Keep a small picture; whole or not at all, and no matter if a power cut takes it."""
        self.prepare()
        part = self.renditions / f"{file_id}.{secrets.token_hex(4)}"
        part.write_bytes(content)
        part.replace(self.renditions / str(file_id))

    def parts(self) -> Iterator[Found]:
        """Everything in the incoming folder."""
        return _list(self.incoming, "*")

    def stored(self) -> Iterator[Found]:
        """Everything in the folders of stored files."""
        return _list(self.files, "*/*")

    def small(self) -> Iterator[Found]:
        """Everything in the folder of proofs."""
        return _list(self.proofs, "*")

    def set_aside(self, path: Path) -> Path:
        """Move something unexplained to the quarantine; where it is now."""
        self.prepare()
        target = self.quarantine / f"{path.name}.{secrets.token_hex(4)}"
        path.rename(target)
        _sync_folder(self.quarantine)
        return target

    def _part(self, upload_id: UUID) -> Path:
        return self.incoming / f"{upload_id}{PART}"


def _open(path: Path, size: int) -> BinaryIO:
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        raise Missing(path.name) from None
    if os.fstat(file.fileno()).st_size != size:
        file.close()
        raise Damaged(path.name)
    return file


def _copy(old: BinaryIO, new: BinaryIO, length: int, pulse: Callable[[], object]) -> None:
    while length > 0 and (piece := old.read(min(COPY_BYTES, length))):
        new.write(piece)
        length -= len(piece)
        pulse()
    new.flush()


def _list(folder: Path, pattern: str) -> Iterator[Found]:
    for path in sorted(folder.glob(pattern)):
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()
            if stat.S_ISREG(state.st_mode):
                yield Found(path, _id_in(path.name), state.st_size, state.st_mtime)


def _id_in(name: str) -> UUID | None:
    try:
        return UUID(name.removesuffix(PART))
    except ValueError:
        return None


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
