"""Looking for a secret in everything an installation keeps, sends and shows: pages, mails, papers, archives, tables."""

from __future__ import annotations

import email
import email.policy
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_plus

from sqlalchemy import Engine, MetaData, select

from tests import papers


class Sweep:
    """The secrets by name, and what was looked through."""

    def __init__(self) -> None:
        self.secrets: dict[str, set[bytes]] = {}
        self.artefacts = 0

    def hide(self, name: str, secret: str, *spellings: str) -> None:
        """One more secret to look for, however it is spelled: with hyphens or without, capital or small."""
        spelled = {secret, secret.replace("-", ""), *spellings}
        self.secrets[name] = {text.encode() for each in spelled for text in (each, each.lower(), each.upper())}

    def hits(self, name: str, content: bytes) -> list[str]:
        """The secrets that stand in an artefact, as sentences."""
        self.artefacts += 1
        readable = list(readings(content))
        return [
            f"{secret} in {name}"
            for secret, spelled in self.secrets.items()
            if any(text in reading for text in spelled for reading in readable)
        ]


def readings(content: bytes) -> Iterator[bytes]:
    """The bytes themselves, and what a reader of that kind of file makes of them."""
    yield content
    yield unquote_plus(content.decode("latin-1")).encode("latin-1", "replace")
    if content.startswith(b"%PDF-1"):
        yield papers.text_of(content).encode()
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.namelist():
                yield entry.encode()
                yield from readings(archive.read(entry))
    if b"\nmessage-id:" in b"\n" + content[:2000].lower():
        yield from parts(content)


def parts(mail: bytes) -> Iterator[bytes]:
    """The headers and bodies of a mail, decoded."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    for part in message.walk():
        yield "\n".join(f"{name}: {value}" for name, value in part.items()).encode()
        body = part.get_payload(decode=True)
        if isinstance(body, bytes):
            yield body


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and its name."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(folder))
            yield f"the file {name}", name.encode() + b"\n" + path.read_bytes()
            yield f"the file {name} itself", path.read_bytes()


def tables(engine: Engine) -> Iterator[tuple[str, bytes]]:
    """Every row of every table there is, in the words of the database."""
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        for table in found.sorted_tables:
            for row in connection.execute(select(table)):
                cells = list(map(_bytes, row))
                yield f"the table {table.name}", b"\x1f".join(cells)
                yield from ((f"a paper in the table {table.name}", cell) for cell in cells if cell.startswith(b"%PDF-"))


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
