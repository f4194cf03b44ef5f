"""How what leaves the house is signed: our own way, and those of robots that ask for theirs (docs/webhooks.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote


def ours(secret: str, timestamp: int, body: bytes) -> str:
    """The value of `Milepost-Signature`: HMAC-SHA256 over "timestamp.body", with that time (Unix seconds)."""
    mac = hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={mac}"


def for_dingtalk(secret: str, milliseconds: int) -> str:
    """What DingTalk wants behind its address: the time and, signed with the key, the time and the key."""
    mac = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return f"timestamp={milliseconds}&sign={quote(base64.b64encode(mac), safe='')}"


def for_feishu(secret: str, seconds: int) -> dict[str, str]:
    """What Feishu wants in the body. Its key is time and secret together, and what is signed with it is nothing."""
    mac = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": str(seconds), "sign": base64.b64encode(mac).decode()}
