"""Mail to a real SMTP server of our own, and into the folder."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import threading
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from portal import config
from portal.adapters import mail
from portal.db import new_id


class Sink:
    """Keeps what arrives; answers as it is told."""

    def __init__(self) -> None:
        self.arrived: list[bytes] = []
        self.to_data = "250 OK"
        self.to_recipient = "250 OK"
        self.users: list[str] = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, _server, _session, envelope) -> str:
        if self.to_data.startswith("250"):
            self.arrived.append(envelope.content)
        return self.to_data

    def authenticate(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.users.append(data.login.decode())
        return AuthResult(success=data.password == b"p@ss word", handled=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def sink():
    yield from running()


def running(**options):
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    handler.url = f"127.0.0.1:{controller.port}"
    yield handler
    controller.stop()


def server(url: str) -> mail.Server:
    return mail.Server(url, known_as="portal.example")


def letter(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Zahlung eingegangen 款项已到账"
    message["From"] = Address("Milepost", addr_spec="milepost@portal.example")
    message["To"] = Address("Cleo 陈", addr_spec="cleo@cherry.example")
    message["Message-ID"] = f"<{new_id()}@portal.example>"
    for name, value in headers.items():
        del message[name]
        message[name] = value
    message.set_content("Grüße, 您好。\n" + "a very long line " * 100)
    message.add_alternative("<p>Grüße, 您好。</p>", subtype="html")
    return message


def read(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def test_a_mail_arrives_as_it_was_written(sink):
    sent = letter()
    server(f"smtp://{sink.url}").send(sent)
    arrived = read(sink.arrived[0])
    assert [str(arrived[name]) for name in ("Subject", "To", "Message-ID")] == [
        str(sent[name]) for name in ("Subject", "To", "Message-ID")
    ]
    assert arrived.get_body(("plain",)).get_content().startswith("Grüße, 您好。\r\na very")
    assert arrived.get_body(("html",)).get_content().strip() == "<p>Grüße, 您好。</p>"


@pytest.mark.parametrize(("answer", "kind"), [("550 no such person", mail.Refused), ("450 try later", OSError)])
def test_a_refusal_for_good_is_told_from_one_for_now(sink, answer, kind):
    sink.to_recipient = answer
    with pytest.raises(kind, match=answer.split()[0]):
        server(f"smtp://{sink.url}").send(letter())
    sink.to_recipient, sink.to_data = "250 OK", answer
    with pytest.raises(kind, match=answer.split()[0]):
        server(f"smtp://{sink.url}").send(letter())
    assert sink.arrived == []


def test_nobody_at_home_is_no_refusal():
    with pytest.raises(ConnectionRefusedError):
        server(f"smtp://127.0.0.1:{free_port()}").send(letter())


def test_a_server_that_says_nothing_is_given_up_after_a_while(monkeypatch):
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OSError, match="timed out"):
        server(f"smtp://127.0.0.1:{silent.getsockname()[1]}").send(letter())


def test_a_server_that_hangs_at_goodbye_has_taken_the_mail(monkeypatch):
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.5)
    lines = {"EHLO": b"250 hi", "MAIL": b"250 ok", "RCPT": b"250 ok", "DATA": b"354 go", ".": b"250 taken"}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        talker = threading.Thread(target=talk, args=(listening, lines))
        talker.start()
        server(f"smtp://127.0.0.1:{listening.getsockname()[1]}").send(letter())
        talker.join()


def talk(listening: socket.socket, lines: dict[str, bytes]) -> None:
    """An SMTP server of five words that never answers QUIT."""
    connection, _ = listening.accept()
    with connection, connection.makefile("rwb") as wire:
        wire.write(b"220 here\r\n")
        wire.flush()
        while line := wire.readline():
            word = line.decode("utf-8", "replace").strip().partition(" ")[0].upper()
            if answer := lines.get(word):
                wire.write(answer + b"\r\n")
                wire.flush()


def test_name_and_password_may_hold_any_character():
    for sink in running(authenticator=(handler := Sink()).authenticate, auth_require_tls=False):
        server(f"smtp://vera%40studio:p%40ss%20word@{sink.url}").send(letter())
        assert (handler.users, len(sink.arrived)) == (["vera@studio"], 1)
        with pytest.raises(OSError, match="535"):
            server(f"smtp://vera:wrong@{sink.url}").send(letter())


def test_starttls_is_used_and_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    for sink in running(tls_context=context):
        with pytest.raises(ssl.SSLCertVerificationError):
            server(f"smtp+starttls://{sink.url}").send(letter())
        assert sink.arrived == []


def test_starttls_is_not_skipped_where_the_server_has_none(sink):
    with pytest.raises(OSError, match="STARTTLS"):
        server(f"smtp+starttls://{sink.url}").send(letter())
    assert sink.arrived == []


def self_signed(folder: Path) -> tuple[str, str]:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return str(folder / "cert.pem"), str(folder / "key.pem")


def test_an_address_the_server_cannot_write_to_is_refused_for_good():
    for sink in running(enable_SMTPUTF8=False):
        with pytest.raises(mail.Refused):
            server(f"smtp://{sink.url}").send(letter(To="陈@cherry.example"))
        assert sink.arrived == []


def test_without_a_server_mails_are_files_in_the_order_of_time(tmp_path):
    office = mail.post_office(config.load({}, instance=tmp_path))
    sent = [letter() for _ in range(3)]
    for message in sent:
        office.send(message)
    files = sorted((tmp_path / "outbox").iterdir())
    assert [file.suffix for file in files] == [".eml"] * 3
    assert [read(file.read_bytes())["Message-ID"] for file in files] == [str(message["Message-ID"]) for message in sent]
    assert files[0].stat().st_mode & 0o777 == 0o600


def test_a_mail_sent_twice_is_one_file(tmp_path):
    office, message = mail.Folder(tmp_path), letter()
    office.send(message)
    office.send(message)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_strange_message_id_names_no_file(tmp_path):
    mail.Folder(tmp_path / "outbox").send(letter(**{"Message-ID": "<../../etc/passwd@x>"}))
    assert [path.parent.name for path in tmp_path.rglob("*.eml")] == ["outbox"]


@pytest.mark.parametrize("settings", [{}, {"PORTAL_SMTP_URL": "smtp+starttls://mail.example"}])
def test_the_settings_choose_the_post_office(tmp_path, settings):
    office = mail.post_office(config.load(settings, instance=tmp_path))
    assert isinstance(office, mail.Server if settings else mail.Folder)
    assert not settings or (office.host, office.port) == ("mail.example", 587)
