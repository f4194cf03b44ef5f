"""What mail servers say, and what Python says about them, told in plain words."""

from __future__ import annotations

import pytest

from portal.rules import mail_errors
from portal.rules.mail_errors import Cause


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("550 5.1.1 <x@y.example>: Recipient address rejected: User unknown in virtual mailbox table", Cause.NOBODY),
        ("550 no such person", Cause.NOBODY),
        ("550-5.1.1 The email account that you tried to reach does not exist.", Cause.NOBODY),
        ("552 5.2.2 Mailbox full", Cause.FULL),
        ("SMTPRecipientsRefused: {'x@y.example': (452, b'4.2.2 The email account is over quota')}", Cause.FULL),
        ("554 5.7.1 Message rejected as spam", Cause.REFUSED),
        ("550 5.7.26 This mail is unauthenticated", Cause.REFUSED),
        ("SMTPDataError: (451, b'4.7.1 Greylisting in action, please come back later')", Cause.BUSY),
        ("SMTPSenderRefused: (421, b'Too many connections', 'a@b.example')", Cause.BUSY),
        ("SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed')", Cause.LOGIN),
        ("ConnectionRefusedError: [Errno 111] Connection refused", Cause.UNREACHABLE),
        ("TimeoutError: timed out", Cause.UNREACHABLE),
        ("gaierror: [Errno -2] Name or service not known", Cause.UNREACHABLE),
        ("SMTPServerDisconnected: Connection unexpectedly closed", Cause.UNREACHABLE),
        ("SSLCertVerificationError: certificate verify failed", Cause.UNREACHABLE),
        ("The address cannot be written to: a local part may not begin with a dot", Cause.ADDRESS),
        ("KeyError: 'milestone'", Cause.UNKNOWN),
        ("", Cause.UNKNOWN),
    ],
)
def test_what_was_said_has_a_cause(said: str, cause: Cause) -> None:
    assert mail_errors.cause(said) is cause


def test_every_cause_is_a_sentence() -> None:
    assert all(cause.label.endswith(".") for cause in Cause)
