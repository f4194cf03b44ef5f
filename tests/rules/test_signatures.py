"""Signatures against values worked out with other programs (openssl), and against the ways robots' makers describe."""

from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
from urllib.parse import parse_qs

import pytest

from portal.rules import signatures


def openssl(key: str, message: bytes) -> bytes:
    """HMAC-SHA256 by a program that shares nothing with ours."""
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.encode().hex()}", "-binary"]
    return subprocess.run(command, input=message, capture_output=True, check=True).stdout


def test_ours_is_an_hmac_over_time_and_body() -> None:
    made = signatures.ours("mps_secret", 1_700_000_000, b'{"a":1}')
    assert made == "t=1700000000,v1=" + openssl("mps_secret", b'1700000000.{"a":1}').hex()


@pytest.mark.parametrize(("secret", "time", "body"), [("x", 1, b"b"), ("s", 2, b"b"), ("s", 1, b"c"), ("s", 1, b"b ")])
def test_another_secret_time_or_body_is_another_signature(secret: str, time: int, body: bytes) -> None:
    assert signatures.ours(secret, time, body).partition(",")[2] != signatures.ours("s", 1, b"b").partition(",")[2]


def test_dingtalk_signs_time_and_key_with_the_key() -> None:
    query = parse_qs(signatures.for_dingtalk("SECabc", 1_700_000_000_123), strict_parsing=True)
    wanted = base64.b64encode(openssl("SECabc", b"1700000000123\nSECabc")).decode()
    assert query == {"timestamp": ["1700000000123"], "sign": [wanted]}


def test_the_signature_in_an_address_has_no_sign_that_means_something_there() -> None:
    many = [signatures.for_dingtalk("SECabc", number) for number in range(200)]
    assert not any(char in query.partition("&sign=")[2] for query in many for char in "+/= ")


def test_feishu_signs_nothing_with_time_and_key() -> None:
    wanted = base64.b64encode(hmac.new(b"1700000000\nabc", b"", hashlib.sha256).digest()).decode()
    assert signatures.for_feishu("abc", 1_700_000_000) == {"timestamp": "1700000000", "sign": wanted}
    assert wanted == base64.b64encode(openssl("1700000000\nabc", b"")).decode()
