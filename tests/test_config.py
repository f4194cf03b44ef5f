"""Settings: where they come from, what they may be, and that each bad one is refused with one sentence."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from portal import config
from portal.config import BadSetting

GIB = 2**30

BAD = {
    "unknown name": {"PORTAL_COLOUR": "red"},
    "misspelt name": {"PORTAL_DATABSE_URL": "sqlite:////tmp/x.db"},
    "other database": {"PORTAL_DATABASE_URL": "mysql://root@localhost/x"},
    "database without a scheme": {"PORTAL_DATABASE_URL": "portal.db"},
    "database with a port that is none": {"PORTAL_DATABASE_URL": "postgresql://host:port/x"},
    "database without a name": {"PORTAL_DATABASE_URL": "postgresql://localhost"},
    "SQLite beside the working folder": {"PORTAL_DATABASE_URL": "sqlite:///portal.db"},
    "SQLite in memory": {"PORTAL_DATABASE_URL": "sqlite://"},
    "storage elsewhere": {"PORTAL_STORAGE_URL": "ftp://files.example"},
    "storage beside the working folder": {"PORTAL_STORAGE_URL": "file:files"},
    "address without a scheme": {"PORTAL_BASE_URL": "portal.example.org"},
    "address of another kind": {"PORTAL_BASE_URL": "ftp://portal.example.org"},
    "address with a path": {"PORTAL_BASE_URL": "https://example.org/portal"},
    "address with a password": {"PORTAL_BASE_URL": "https://me:secret@example.org"},
    "address with an impossible port": {"PORTAL_BASE_URL": "https://example.org:99999"},
    "address that cannot be taken apart": {"PORTAL_BASE_URL": "https://["},
    "short secret": {"PORTAL_SECRET_KEY": "short"},
    "mail server of another kind": {"PORTAL_SMTP_URL": "https://mail.example.org"},
    "mail server without a host": {"PORTAL_SMTP_URL": "smtp://"},
    "mail server with an impossible port": {"PORTAL_SMTP_URL": "smtp://mail.example.org:mail"},
    "address for replies that is none": {"PORTAL_MAIL_REPLY_TO": "Milepost"},
    "sender that is no address": {"PORTAL_MAIL_FROM": "Milepost"},
    "sender with a line end": {"PORTAL_MAIL_FROM": "a@example.org\r\nBcc: b@example.org"},
    "too many proxies": {"PORTAL_TRUSTED_PROXIES": "6"},
    "proxies in words": {"PORTAL_TRUSTED_PROXIES": "one"},
    "another server": {"PORTAL_ACCEL": "apache"},
    "files larger than any": {"PORTAL_MAX_FILE_BYTES": str(5 * GIB + 1)},
    "a size with a unit": {"PORTAL_MAX_FILE_BYTES": "5GB"},
    "a size of nothing": {"PORTAL_MAX_FILE_BYTES": "0"},
    "too few threads": {"PORTAL_THREADS": "1"},
    "no workers": {"PORTAL_WORKERS": "0"},
    "a negative number": {"PORTAL_WORKERS": "-1"},
    "a number in other digits": {"PORTAL_WORKERS": "２"},
    "a number too long to be one": {"PORTAL_WORKERS": "9" * 5000},
    "port zero": {"PORT": "0"},
    "a yes that is no true": {"PORTAL_WEBHOOK_PRIVATE": "yes"},
    "a port beyond all": {"PORTAL_PORT": "70000"},
    "a port in words": {"PORT": "http"},
    "a host with a blank": {"PORTAL_HOST": "my host"},
    "allowed hosts with a scheme": {"PORTAL_ALLOWED_HOSTS": "https://portal.example.org"},
}
BAD_FILES = {
    "not TOML": "port = = 1",
    "unknown name": "colour = 'red'",
    "a table": "[server]\nport = 8000",
    "a fraction": "workers = 1.5",
    "yes or no": "accel = true",
    "a list of numbers": "allowed_hosts = [1, 2]",
    "a bad value": "threads = 3",
}


def refusal(environ: dict[str, str], instance: Path) -> str:
    with pytest.raises(BadSetting) as refused:
        config.load(environ, instance=instance)
    return str(refused.value)


def one_sentence(text: str) -> bool:
    return text.endswith((".", "!")) and "\n" not in text and len(text) < 300 and "Error" not in text


@pytest.mark.parametrize("case", BAD)
def test_a_bad_setting_is_refused_with_one_sentence_that_names_it(case: str, tmp_path: Path) -> None:
    said = refusal(BAD[case], tmp_path)
    name = next(iter(BAD[case])).removeprefix("PORTAL_").lower()
    assert one_sentence(said), said
    assert name in said


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_one_sentence(case: str, tmp_path: Path) -> None:
    (tmp_path / "portal.toml").write_text(BAD_FILES[case])
    assert one_sentence(refusal({}, tmp_path))


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "portal.toml").write_bytes("mail_from = 'ü@example.org'".encode("latin-1"))
    assert "not valid TOML" in refusal({}, tmp_path)


def test_an_instance_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        assert one_sentence(refusal({}, path))


def test_no_refusal_repeats_a_password(tmp_path: Path) -> None:
    for environ in (
        {"PORTAL_SMTP_URL": "imap://me:hunter2@mail.example.org"},
        {"PORTAL_DATABASE_URL": "mysql://me:hunter2@host/x"},
        {"PORTAL_SECRET_KEY": "hunter2"},
    ):
        assert "hunter2" not in refusal(environ, tmp_path)


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "portal.toml").write_text('port = 9000\nthreads = 32\nallowed_hosts = ["a.example", "b.example:81"]\n')
    read = config.load({"PORTAL_PORT": "9001"}, instance=tmp_path)
    assert (read.port, read.threads, read.workers) == (9001, 32, 1)
    assert read.allowed_hosts[:2] == ("a.example", "b.example:81")


def test_port_is_short_for_portal_port_and_wins(tmp_path: Path) -> None:
    read = config.load({"PORT": "9002", "PORTAL_PORT": "9001"}, instance=tmp_path)
    assert (read.port, read.base_url) == (9002, "http://127.0.0.1:9002")
    assert config.load({"PORT": ""}, instance=tmp_path).port == 8000


def test_true_in_the_file_is_true_in_the_environment(tmp_path: Path) -> None:
    assert config.load({}, instance=tmp_path).webhook_private is False
    (tmp_path / "portal.toml").write_text("webhook_private = true\n")
    read = config.load({}, instance=tmp_path)
    assert (read.webhook_private, dict(config.shown(read))["webhook_private"]) == (True, "true")
    assert config.load({"PORTAL_WEBHOOK_PRIVATE": "false"}, instance=tmp_path).webhook_private is False


def test_an_empty_value_counts_as_left_out(tmp_path: Path) -> None:
    assert config.load({"PORTAL_SMTP_URL": "", "PORTAL_ACCEL": ""}, instance=tmp_path).smtp_url is None


def test_the_instance_is_named_by_the_environment(tmp_path: Path) -> None:
    read = config.load({"PORTAL_INSTANCE": str(tmp_path / "mine")})
    assert read.instance == tmp_path / "mine"
    assert read.database_url == f"sqlite:///{tmp_path}/mine/portal.db"


def test_listening_everywhere_is_reached_at_home(tmp_path: Path) -> None:
    assert config.load({"PORTAL_HOST": "0.0.0.0"}, instance=tmp_path).base_url == "http://127.0.0.1:8000"
    assert config.load({"PORTAL_HOST": "::1"}, instance=tmp_path).base_url == "http://[::1]:8000"


def test_the_secret_is_made_once_and_kept_for_this_user_only(tmp_path: Path) -> None:
    first = config.load({}, instance=tmp_path)
    kept = tmp_path / "keys" / "session.key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert len(first.secret_key) == 32
    assert config.load({}, instance=tmp_path).secret_key == first.secret_key
    assert list(kept.parent.iterdir()) == [kept]


def test_a_secret_that_is_given_is_taken_and_none_is_made(tmp_path: Path) -> None:
    assert config.load({"PORTAL_SECRET_KEY": "x" * 32}, instance=tmp_path).secret_key == b"x" * 32
    assert not (tmp_path / "keys" / "session.key").exists()


def test_a_damaged_key_is_refused_instead_of_replaced(tmp_path: Path) -> None:
    config.load({}, instance=tmp_path)
    (tmp_path / "keys" / "session.key").write_bytes(b"")
    assert "is damaged" in refusal({}, tmp_path)
    assert (tmp_path / "keys" / "session.key").read_bytes() == b""


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    gate, seen = threading.Barrier(8), []

    def start() -> None:
        gate.wait()
        seen.append(config.keep_secret(tmp_path / "keys" / "codes.key"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_settings_are_shown_without_their_secrets(tmp_path: Path) -> None:
    environ = {
        "PORTAL_DATABASE_URL": "postgresql://me:hunter2@host/name",
        "PORTAL_SMTP_URL": "smtp://me:hunter2@mail.example.org",
        "PORTAL_SECRET_KEY": "hunter2" * 8,
    }
    text = str(config.shown(config.load(environ, instance=tmp_path)))
    assert "hunter2" not in text
    assert "postgresql://me:***@host/name" in text
    assert "smtp://me:***@mail.example.org" in text
