"""The programs Milepost is measured beside, each on a port of its own and in a folder that goes away."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.servers import ROOT, free_port

PEERS = ROOT / "benchmarks" / "peers"
START_SECONDS = 20
NGINX = """
daemon off; master_process on; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type application/octet-stream;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location /static-files/ {{ alias {files}/; }}
        location /_f/ {{ internal; alias {files}/; add_header Cache-Control "no-store, no-transform" always; }}
        location / {{ proxy_pass {upstream}; proxy_set_header Host $host:$server_port; }}
    }}
}}
"""


@dataclass(frozen=True)
class Peer:
    """Where it answers, and its process."""

    url: str
    pid: int


@contextmanager
def tus_server(folder: Path) -> Iterator[Peer]:
    """@tus/server with its file store, as its documentation shows it. `url` is where uploads are created."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    command = [program("node"), str(PEERS / "tus_server.mjs"), str(folder), str(port)]
    with _running(command, f"http://127.0.0.1:{port}/") as pid:
        yield Peer(f"http://127.0.0.1:{port}/files", pid)


@contextmanager
def chat_server() -> Iterator[str]:
    """A plain Socket.IO server in Node: its address."""
    port = free_port()
    with _running([program("node"), str(PEERS / "chat_server.mjs"), str(port)], f"http://127.0.0.1:{port}/"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def nginx(folder: Path, files: Path, upstream: str) -> Iterator[Peer]:
    """nginx in front of `upstream`, with `files` as static files under /static-files/ and for X-Accel-Redirect."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    settings = folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, files=files, port=port, upstream=upstream))
    # Started by root, its workers would be somebody else and could not read the files.
    as_me = ["-g", "user root;"] if Path("/proc/self").stat().st_uid == 0 else []
    command = [program("nginx"), "-p", str(folder), "-c", str(settings), "-e", str(folder / "error.log"), *as_me]
    with _running(command, f"http://127.0.0.1:{port}/static-files/") as pid:
        yield Peer(f"http://127.0.0.1:{port}", pid)


def program(name: str) -> str:
    """The path of a program. Raises RuntimeError where it is missing."""
    folders = [None, "/usr/sbin", str(ROOT / ".venv" / "bin")]
    found = next((path for folder in folders if (path := shutil.which(name, path=folder))), None)
    if found is None:
        raise RuntimeError(f"{name} is not on this machine, so this cannot be measured")
    return found


def versions() -> dict[str, str]:
    """What is measured beside, for the page of results."""
    said = {name: _said(name, flag) for name, flag in (("node", "-v"), ("nginx", "-v"), ("chromium", "--version"))}
    lock = json.loads((PEERS / "package-lock.json").read_text())["packages"]
    wanted = ("@tus/server", "@tus/file-store", "lighthouse")
    return said | {name: lock[f"node_modules/{name}"]["version"] for name in wanted}


def _said(name: str, flag: str) -> str:
    with suppress(RuntimeError, OSError):
        asked = subprocess.run([program(name), flag], capture_output=True, text=True)
        if found := re.search(r"\d+(\.\d+)+", asked.stdout + asked.stderr):
            return found[0]
    return "none"


@contextmanager
def _running(command: Sequence[str], probe: str) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=PEERS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(probe):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):
            return True
    except HTTPError:
        return True
    except OSError:
        return False
