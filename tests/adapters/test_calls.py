"""A call to an address somebody typed in: it ends in time, follows nothing, and goes into no private network."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.adapters import calls
from portal.adapters.calls import Answer, NoAnswer
from portal.rules.call_addresses import Address, read_address
from portal.rules.webhooks import Trouble
from tests import receivers
from tests.receivers import Behaviour, answers, receiving

HEADERS = {"Content-Type": "application/json"}


def call(url: str, *, private: bool = True, seconds: int = 10) -> Answer:
    return calls.post(read_address(url, private=True), b'{"a":1}', HEADERS, private=private, seconds=seconds)


def trouble(url: str, **how: bool | int) -> Trouble:
    with pytest.raises(NoAnswer) as failed:
        call(url, **how)  # type: ignore[arg-type]  # private and seconds, as they are
    return failed.value.trouble


def test_what_is_sent_arrives_as_it_is() -> None:
    with receiving(answers(201, "gut 好".encode())) as receiver:
        assert call(receiver.url) == Answer(201, "gut 好")
    (heard,) = receiver.heard
    assert (heard.path, heard.body) == ("/hook?key=abc", b'{"a":1}')
    assert heard.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert heard.headers["Content-Length"] == "7"


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (receivers.hangs, Trouble.SLOW),
        (receivers.drips, Trouble.SLOW),
        (receivers.hangs_up, Trouble.BROKEN),
        (receivers.talks_nonsense, Trouble.BROKEN),
    ],
)
def test_whoever_does_not_answer_properly_is_left_in_time(behave: Behaviour, why: Trouble) -> None:
    begun = time.monotonic()
    with receiving(behave) as receiver:
        assert trouble(receiver.url, seconds=1) is why
    assert time.monotonic() - begun < 3


def test_an_answer_without_end_is_read_for_a_moment_only() -> None:
    begun = time.monotonic()
    with receiving(receivers.babbles) as receiver:
        answer = call(receiver.url)
    assert answer.status == 200
    assert len(answer.text) == 500
    assert "\x00" not in answer.text
    assert time.monotonic() - begun < 3


def test_a_body_that_drips_changes_nothing_about_the_answer() -> None:
    with receiving(receivers.drips_its_body) as receiver:
        answer = call(receiver.url, seconds=1)
    assert (answer.status, answer.text[:5]) == (200, "zzzzz")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with receiving() as inside, receiving(answers(status, Location=inside.url)) as receiver:
        assert call(receiver.url).status == status
        assert inside.heard == []


def test_nobody_there_is_a_broken_connection() -> None:
    with receiving() as receiver:
        gone = receiver.url
    assert trouble(gone) is Trouble.BROKEN


def test_the_environment_sends_nothing_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert call(receiver.url).status == 200
        assert (len(proxy.heard), len(receiver.heard)) == (0, 1)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0", "2130706433", "0x7f.1"]
)
def test_private_networks_are_not_called(host: str) -> None:
    with receiving() as receiver:
        assert trouble(f"http://{host}:{receiver.port}/", private=False) is Trouble.PRIVATE
    assert receiver.heard == []


def names(*found: str) -> Callable[..., list[tuple[object, ...]]]:
    """A resolver that knows one answer."""
    return lambda _host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]


def test_a_name_with_one_private_address_among_others_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        monkeypatch.setattr(socket, "getaddrinfo", names("93.184.215.14", "127.0.0.1"))
        assert trouble(f"http://two.example:{receiver.port}/", private=False) is Trouble.PRIVATE
    assert receiver.heard == []


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means something else the second time it is asked for (DNS rebinding) is asked for once."""
    asked, connected = [], []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *given, **_: asked.append(given) or names("93.184.215.14")(*given)
    )
    monkeypatch.setattr(calls, "_to", lambda host, port, _seconds: connected.append((host, port)) or refuse())
    assert trouble("http://rebound.example/", private=False) is Trouble.BROKEN
    assert (len(asked), connected) == (1, [("93.184.215.14", 80)])


def refuse() -> socket.socket:
    raise ConnectionRefusedError(111, "Connection refused")


def test_where_the_first_address_is_dead_the_second_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        monkeypatch.setattr(socket, "getaddrinfo", names("127.0.0.2", "127.0.0.1"))
        assert call(f"http://two.example:{receiver.port}/").status == 200


def test_a_connection_that_broke_is_not_made_anew_behind_our_back(monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = calls._to, []
    monkeypatch.setattr(calls, "_to", lambda *given: made.append(given) or real(*given))
    with receiving(receivers.hangs_up) as receiver:
        assert trouble(receiver.url) is Trouble.BROKEN
    assert len(made) == 1


def test_a_name_nobody_knows_and_one_that_nobody_answers_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert trouble("http://nowhere.example/") is Trouble.UNKNOWN_NAME
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(20) and [])
    begun = time.monotonic()
    assert trouble("http://silent.example/", seconds=1) is Trouble.SLOW
    assert time.monotonic() - begun < 2
    released.set()


def certificate(folder: Path, name: str) -> Path:
    """A certificate of our own for `name`, its key in the same file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative: x509.GeneralName = (
        x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("name", ["127.0.0.1", "somebody.example"])
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(tmp_path: Path, name: str) -> None:
    with receiving(certificate=certificate(tmp_path, name)) as receiver:
        assert trouble(receiver.url) is Trouble.CERTIFICATE
    assert receiver.heard == []


def test_a_certificate_must_be_for_this_name_and_then_it_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, good in (("127.0.0.1", True), ("somebody.example", False)):
        path = certificate(tmp_path, name)
        trusting = ssl.create_default_context(cafile=str(path))
        monkeypatch.setattr(calls, "_context", lambda trusting=trusting: trusting)
        with receiving(certificate=path) as receiver:
            if good:
                assert call(receiver.url).status == 200
            else:
                assert trouble(receiver.url) is Trouble.CERTIFICATE


def test_a_server_without_tls_is_not_taken_for_one_with_it() -> None:
    with receiving() as receiver:
        assert trouble(receiver.url.replace("http:", "https:")) is Trouble.BROKEN


def test_a_target_that_hangs_in_the_middle_of_tls_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        assert trouble(f"https://127.0.0.1:{silent.getsockname()[1]}/", seconds=1) is Trouble.SLOW
        assert time.monotonic() - begun < 2


def test_no_line_end_gets_into_a_request() -> None:
    forged = Address("http", "127.0.0.1", 1, "/x HTTP/1.1\r\nHost: evil")
    with receiving() as receiver, pytest.raises(NoAnswer):
        calls.post(Address("http", "127.0.0.1", receiver.port, forged.path), b"", HEADERS, private=True)
    assert receiver.heard == []
