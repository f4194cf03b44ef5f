"""The production server as `portal run` starts it: answers, does jobs, believes no proxy, ends when told."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from portal import config, server
from tests.servers import ROOT, Server, serving


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server") / "instance") as made:
        yield made


def test_it_is_ready_and_shows_the_set_up_page(running: Server):
    assert requests.get(f"{running.url}/readyz", timeout=10).text == "ready\n"
    answer = requests.get(f"{running.url}/", timeout=10)
    assert (answer.url, answer.status_code) == (f"{running.url}/setup", 200)


def test_headers_of_a_proxy_nobody_declared_change_nothing(running: Server):
    lies = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "9.9.9.9"}
    answer = requests.get(f"{running.url}/", headers=lies, timeout=10, allow_redirects=False)
    assert answer.headers["Location"] == "/setup"
    assert "Strict-Transport-Security" not in answer.headers


def test_a_host_that_is_not_ours_is_refused(running: Server):
    assert requests.get(f"{running.url}/", headers={"Host": "evil.example"}, timeout=10).status_code == 400


def test_it_opens_no_control_socket_and_holds_the_lock_of_the_jobs(running: Server):
    assert [path.name for path in running.instance.rglob("*") if path.is_socket()] == []
    assert "jobs_begin" in running.log.read_text()


def test_the_queue_is_emptied(running: Server):
    end = time.monotonic() + 30
    while (left := queued(running.instance / "jobs.db")) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == 0


def queued(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM task").fetchone()[0])
    finally:
        connection.close()


def test_it_ends_at_once_when_told_and_with_status_0(tmp_path):
    made = Server(tmp_path / "instance")
    made.start()
    process, started = made._process, time.monotonic()
    os.kill(made.pid, signal.SIGTERM)
    assert process.wait(timeout=25) == 0
    assert time.monotonic() - started < 15
    assert "Traceback" not in made.log.read_text()


def test_a_request_under_way_is_finished_before_it_ends(tmp_path):
    """The end of the request comes after the server was told to end."""
    made = Server(tmp_path / "instance")
    made.start()
    with socket.create_connection(("127.0.0.1", made.port), timeout=30) as wire:
        wire.sendall(f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{made.port}\r\nContent-Length: 8\r\n\r\n".encode())
        time.sleep(0.5)
        threading.Timer(0.2, os.kill, (made.pid, signal.SIGTERM)).start()
        time.sleep(1)
        wire.sendall(b"email=x\n")
        assert wire.recv(100).startswith(b"HTTP/1.1 400")
    assert made._process.wait(timeout=40) == 0


def test_a_body_that_arrives_slower_than_the_watchdog_is_waited_for(tmp_path):
    """The watchdog looks at the worker's main thread, not at the threads that receive."""
    environment = {"PYTHONPATH": str(short_watchdog(tmp_path))}
    made = Server(tmp_path / "instance", environment)
    made.start()
    try:
        with socket.create_connection(("127.0.0.1", made.port), timeout=30) as wire:
            wire.sendall(f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{made.port}\r\nContent-Length: 12\r\n\r\n".encode())
            for _ in range(12):
                wire.sendall(b"x")
                time.sleep(0.4)
            assert wire.recv(100).startswith(b"HTTP/1.1 400")
    finally:
        made.stop()
    assert "TIMEOUT" not in made.log.read_text()


def short_watchdog(folder: Path) -> Path:
    """Makes the server's silence two seconds, by way of Python's own start-up hook."""
    (folder / "sitecustomize.py").write_text("import portal.server\nportal.server.SILENCE_SECONDS = 2\n")
    return folder


def test_what_gunicorn_is_told_follows_the_settings(tmp_path):
    settings = config.load({"PORTAL_THREADS": "7", "PORTAL_WORKERS": "2", "PORT": "8123"}, instance=tmp_path)
    told = server.options(settings)
    assert (told["bind"], told["threads"], told["workers"]) == (["127.0.0.1:8123"], 7, 2)
    assert (told["forwarded_allow_ips"], told["control_socket_disable"]) == ("", True)


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_address_of_ipv6_is_bracketed(tmp_path, host):
    settings = config.load({"PORTAL_HOST": host, "PORT": "8123"}, instance=tmp_path)
    assert server.options(settings)["bind"] == ["[::1]:8123"]


def test_a_worker_of_its_own_begins_and_ends(tmp_path):
    environment = os.environ | {"PORTAL_INSTANCE": str(tmp_path / "instance")}
    command = [sys.executable, "-m", "portal", "worker"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout.readline().startswith("Doing the jobs")
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=40)
    assert process.returncode == 0, said
    assert [json.loads(line)["event"] for line in said.splitlines()] == ["jobs_begin"]


def test_two_worker_processes_share_one_instance(tmp_path):
    with serving(tmp_path / "instance", {"PORTAL_WORKERS": "2"}) as made:
        answers = {requests.get(f"{made.url}/healthz", timeout=10).status_code for _ in range(20)}
        time.sleep(1)
        assert made.log.read_text().count("jobs_begin") == 1
    assert answers == {200}
