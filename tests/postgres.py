"""A real PostgreSQL server for the tests: one per session, on a Unix socket in a folder under /tmp.

Nothing of the machine's own server is touched: own data folder, no TCP port, no fsync, gone at the end.
Use from conftest.py:

    @pytest.fixture(scope="session")
    def postgres_server():
        with postgres.server_or_skip() as server:
            yield server

    @pytest.fixture(scope="module")
    def postgres_url(postgres_server):
        with postgres_server.database(template=migrated) as url:
            yield url
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests import emptying

Prepare = Callable[[str], object]

OPTIONS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "timezone": "UTC",
}


class Unavailable(Exception):
    """The reason why there is no server, as a sentence."""


@dataclass
class Server:
    """A running server. Databases are named by counting, so nothing here is shared between two tests."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _templates: dict[Prepare, str] = field(default_factory=dict)
    _laid: dict[str, emptying.Shape] = field(default_factory=dict)

    def url(self, name: str = "postgres") -> str:
        """As SQLAlchemy wants it; psycopg.connect takes the same."""
        return f"postgresql://postgres@/{name}?host={self.folder}"

    @contextmanager
    def database(self, *, template: Prepare | None = None) -> Iterator[str]:
        """A fresh database, dropped at the end. `template(url)` prepares it once (migrations, say);
        later databases with the same template are copies, which takes a few milliseconds."""
        name = self.create(template=template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def lay(self, name: str, *, template: Prepare) -> str:
        """The database of that name as good as new; its address. Emptied if it is there: copying takes far longer."""
        source, url = self._template(template), self.url(name)
        if name not in self._laid or not emptying.emptied(url, self._laid[name]):
            self.drop(name)
            self._copy(source, name)
            self._laid[name] = emptying.shape(url)
        return url

    def create(self, *, template: Prepare | None = None) -> str:
        source = self._template(template) if template else "template1"
        return self._create_from(source)

    def drop(self, name: str) -> None:
        """Also under connections that a killed process left behind."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _template(self, prepare: Prepare) -> str:
        if prepare not in self._templates:
            name = self._create_from("template1")
            prepare(self.url(name))
            self._templates[prepare] = name
        return self._templates[prepare]

    def _create_from(self, source: str) -> str:
        name = f"test_{next(self._numbers)}"
        self._copy(source, name)
        return name

    def _copy(self, source: str, name: str) -> None:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(create.format(sql.Identifier(name), sql.Identifier(source)))

    def _run(self, statement: sql.Composable) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def server_or_skip() -> Iterator[Server]:
    """For fixtures: skips by name, with the reason, where there is no server to start."""
    try:
        binaries, account = find_binaries(), server_account()
    except Unavailable as reason:
        pytest.skip(f"PostgreSQL: {reason}")
    with running(binaries, account) as server:
        yield server


@contextmanager
def running(binaries: Path, account: str | None) -> Iterator[Server]:
    # A socket's path may have 107 characters: the machine's temporary folder can be too deep.
    folder = Path(tempfile.mkdtemp(prefix="milepost-pg-", dir="/tmp"))
    try:
        if account:
            shutil.chown(folder, account)
        _initialize(binaries, folder, account)
        _control(binaries, folder, account, "start", "-l", str(folder / "log"), "-o", _server_options(folder))
        try:
            yield Server(folder)
        finally:
            _control(binaries, folder, account, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path:
    """The folder of initdb and pg_ctl: Debian's newest version, or wherever PATH has them."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _number(path.parent.name))
    for folder in reversed(versions):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise Unavailable("there is no initdb on this machine (Debian package: postgresql)")


def server_account() -> str | None:
    """PostgreSQL refuses to run as root, so root runs it as Debian's account; others run it as themselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise Unavailable("the tests run as root and there is no account 'postgres' to run it") from None


def _number(version: str) -> float:
    return float(version) if version.replace(".", "", 1).isdigit() else 0.0


def _initialize(binaries: Path, folder: Path, account: str | None) -> None:
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    _run_as(account, folder, str(binaries / "initdb"), *options, "--pgdata", str(folder / "data"))


def _control(binaries: Path, folder: Path, account: str | None, *command: str) -> None:
    _run_as(account, folder, str(binaries / "pg_ctl"), "-w", "-D", str(folder / "data"), *command)


def _server_options(folder: Path) -> str:
    return " ".join([f"-k {folder}", *(f"-c {name}='{value}'" for name, value in OPTIONS.items())])


def _run_as(account: str | None, folder: Path, *command: str) -> None:
    """Output goes to a file, not to a pipe: the server would keep a pipe open after pg_ctl has ended."""
    identity = {"user": account, "group": account, "extra_groups": []} if account else {}
    with (folder / "commands.log").open("ab") as log:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **identity)
    if done.returncode:
        logs = [path.read_text(errors="replace") for path in (folder / "commands.log", folder / "log") if path.exists()]
        raise RuntimeError(f"{Path(command[0]).name} failed:\n" + "\n".join(logs))
