"""Odd things that could stand in a request: what browsers never send, and what people who try doors do."""

from __future__ import annotations

import random

TEXTS = (
    "", " ", "\t", "a" * 300, "界" * 300, "x" * 10_050, "0", "-1", "1e999", "NaN", "9" * 40, "9" * 5000, "２", "½", "²",
    "1,5", "1.234,56", "١٢٣", "2026-02-30", "0000-00-00", "9999-12-31", "2026-03-31", "null", "None", "undefined",
    "[]", "{}", "%s%n%d", "%(name)s", "{{ 7 * 7 }}", "{% raw %}", "${7*7}", "<script>alert(1)</script>",
    "\"'><img src=x>",
    "' OR 1=1 --", "1; DROP TABLE vendors", "../../etc/passwd", "..\\..\\x", "file:///etc/passwd",
    "http://127.0.0.1:9/",
    "=1+1", "@SUM(A1)", "\r\nSet-Cookie: x=1", "a\r\nb", "a\0b", "\x01\x02\x7f", "\u202eabc", "\u2028\u2029", "\ufeff",
    "\ufffe\uffff", "🍒👨\u200d👩\u200d👧", "e\u0301" * 50, "\u0301" * 400, "ﷺ" * 60, "ß", "İ", "\U0010ffff", "en",
    "zh_Hans",
    "EUR", "KWD", "XXX", "Europe/Berlin", "../UTC", "owner", "on", "pay_to_unlock", "bank_transfer", "a@b.c",
    "a@b.c\nd@e.f",
    "00000000-0000-0000-0000-000000000000", "7777-7777-7777-7777", "DE02120300000000202051", "add",
    "remove:99999999999",
    "up:٣", "series:monthly", "pricing:amount", "starter:website", "equal", "redraw", "#11604A", "#zzzzzz",
)  # fmt: skip
BYTES = (
    b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"%", b"%zz", b"%00", b"%ff%fe", b"a%",
    b"%ed%a0%80", b"%c0%ae%c0%ae/", b"\x80" * 100, b"+", b"&&&===", b";", b"a=b=c", b"%e2%80%ae", b"\x00",
)  # fmt: skip
METHODS = (
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "X" * 40, "*"
)  # fmt: skip
TYPES = (
    None, "", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=\xff", "multipart/form-data", "multipart/form-data; boundary=",
    "multipart/form-data; boundary=edge", 'multipart/form-data; boundary="edge',
    "multipart/form-data; boundary=" + "b" * 300,
    "multipart/mixed; boundary=edge", "application/json", "text/plain", "text/html; charset=utf-7", "application/xml",
    "/",
    "a/b/c;;;=", "application/offset+octet-stream", "application/offset+octet-stream; charset=x", "\xff\xff", "*/*",
    "x" * 5000,
)  # fmt: skip
HEADERS = {
    "Accept": ("", "*/*", "application/json", "text/html;q=nan", "a/b;q=-1", ",,,;;;", "x" * 4000, "text/html;q=1e99",
    "*/*;q=\xff"),
    "Accept-Language": (
        "", "*", "zh", "zh-Hans-CN-x-y-z", "en;q=", "zh;q=nan", "en;q=1e999,zh;q=-5", "-", "_", "a" * 3000, "zh\xff",
        ",".join(["de"] * 900),
        "../../etc", "en-US-u-ca-buddhist", "i-klingon", "zh_Hans", "x;q=\xb2",
    ),
    "Accept-Encoding": ("gzip", "x;q=nan", "\xff"),
    "Range": (
        "bytes=0-", "bytes=-1", "bytes=-0", "bytes=9-1", "bytes=0-0,1-1", "bytes=" + "0-," * 900,
        "bytes=" + "9" * 200 + "-",
        "bytes=\xb2-3", "items=0-1", "=", "-", "bytes", "bytes=a-b", "bytes=0-1-2", "bytes=--1",
        "bytes=" + "9" * 5000 + "-",
    ),
    "If-Range": ('"x"', "W/\"x\"", "Mon, 99 Foo 0000", "\xff", '"' * 1001, "Mon, 01 Jan 99999 00:00:00 GMT", "0"),
    "If-None-Match": ("*", '"x"', '"' * 1001, "W/", 'W/"', ",,,", "\xff", 'W/"a", "b' * 300),
    "If-Match": ("*", '"x"', "\xff", "W/W/", ",", '"' * 999),
    "If-Modified-Since": ("Mon, 01 Jan 99999 00:00:00 GMT", "x", "0", "\xff", "Thu, 01 Jan 1970 00:00:00 +9999"),
    "If-Unmodified-Since": ("x", "\xff", "Fri, 31 Dec 9999 23:59:59 GMT"),
    "Cookie": (
        "milepost=", "milepost=x", "milepost=.eJw.x.y", "milepost=" + "a" * 4000, "milepost=\xff", "=;=;=",
        "milepost=a; milepost=b",
        "session=1", 'milepost="\\303\\050"', "remember_token=1|abc", "remember_token=\xff|",
        "remember_token=" + "1" * 500 + "|" + "0" * 128,
    ),
    "HX-Request": ("true", "false", "\xff", "true, true"),
    "HX-Target": ("x", "<b>", "\xff", "a" * 3000),
    "HX-Current-URL": ("javascript:alert(1)", "http://[", "\xff", "//evil.example", "http://a:b@c:d/"),
    "HX-Current-URL-URI-AutoEncoded": ("true",),
    "HX-Prompt": ("%ff%fe", "\xff", "x" * 3000),
    "HX-Prompt-URI-AutoEncoded": ("true",),
    "HX-Trigger": ("x", "\xff"),
    "HX-Trigger-Name": ("%ed%a0%80", "\xff"),
    "HX-Boosted": ("true", "1"),
    "HX-History-Restore-Request": ("true", "false"),
    "Origin": ("null", "", "http://[", "http://a:b:c", "//", "http://localhost\x0c", "\xff", "https://evil.example",
    "http://[::1", "http://℀.example".encode().decode("latin-1")),
    "Referer": ("http://[", "\xff", "x" * 3000, ""),
    "Sec-Fetch-Site": ("cross-site", "none", "\xff", ""),
    "X-Forwarded-For": ("", "1.2.3.4", "x", "::1%eth0", "1" * 3000, "\xff", "1.2.3.4, , ,", "256.0.0.1", "[::1]:80"),
    "X-Forwarded-Proto": ("https", "javascript", "\xff", "http,https"),
    "X-Forwarded-Host": ("evil.example", "\xff", "a:b:c"),
    "X-Forwarded-Port": ("x", "99999", "-1"),
    "X-Forwarded-Prefix": ("//evil", "\xff"),
    "Forwarded": ("for=unknown;host=evil.example", "\xff"),
    "X-HTTP-Method-Override": ("DELETE", "GET"),
    "X-CSRFToken": ("", "x", "\xff", "a" * 5000, "IjEi.x.y"),
    "X-CSRF-Token": ("x", "\xff"),
    "Host": ("evil.example", "", "localhost:99999", "localhost:", "[", "[::1]", "a b", "\xff",
    "localhost@evil.example", "LOCALHOST"),
    "User-Agent": ("", "\xff" * 400, "x" * 5000, "sqlmap/1.0", "() { :; }; echo",
    "\U0001f352".encode().decode("latin-1") * 90),
    "Transfer-Encoding": ("chunked", "gzip, chunked", "identity", "\xff"),
    "Expect": ("100-continue", "200-ok"),
    "Content-Encoding": ("gzip", "br"),
    "Authorization": ("Basic", "Basic \xff", "Basic " + "=" * 999, "Bearer x", "Digest x=", 'Digest username="'),
    "Tus-Resumable": ("1.0.0", "0.2.2", "", "\xff"),
    "Upload-Length": ("0", "10", "-1", "9" * 30, "9" * 5000, "\xb2", "1e3", " 1"),
    "Upload-Offset": ("0", "5", "-1", "9" * 30, "\xb9", ""),
    "Upload-Metadata": ("", "filename", "filename a", "filename ====", "filename /////w==,milestone eA==", ",",
    "a b,a b", "x " * 900, "\xff AA=="),
    "Upload-Checksum": ("sha256", "sha256 x", "md5 AAAA", "sha256 " + "A" * 44, "\xff \xff", "sha1 " + "=" * 28),
    "Upload-Defer-Length": ("1", "0", "\xff"),
    "Upload-Concat": ("partial", "final;/x /y"),
}  # fmt: skip
IDS = (
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "x", "..", ".", "", "%00", "%2e%2e",
    "1", "-1", "00000000-0000-0000-0000-00000000000g", "{00000000-0000-0000-0000-000000000000}", "0" * 32, "a" * 3000,
    "\xff",
    "00000000-0000-0000-0000-000000000000;x", "00000000-0000-0000-0000-000000000000%00",
    "００００００００-0000-0000-0000-000000000000", "\r\n", " ", "*",
)  # fmt: skip
NUMBERS = ("0", "1", "-1", "9" * 19, "9" * 40, "9" * 5000, "٣", "²", "1.5", "x", "")
ARGUMENTS = (
    "page", "q", "standing", "starter", "contact", "next", "v", "code", "locale", "sort", "csrf_token", "__proto__",
    "a[]",
    "grant", "\ufffd", "x" * 200,
)  # fmt: skip


def text(chance: random.Random) -> str:
    """One of the list, or a few signs from anywhere below the surrogates and above them."""
    if chance.random() < 0.8:
        return chance.choice(TEXTS)
    signs = (
        chance.choice((chance.randrange(0xD800), chance.randrange(0xE000, 0x110000)))
        for _ in range(chance.randrange(30))
    )
    return "".join(map(chr, signs))
