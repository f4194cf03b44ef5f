"""What no client library sends, sent to a real server: answered or cut off, never failed at, and soon forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import scale
from tests.fuzz import asking, wire
from tests.studios import Studio, opened

pytestmark = pytest.mark.faults
MIB = 1 << 20


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with opened(tmp_path_factory.mktemp("wire")) as running:
        yield running


def host(studio: Studio) -> bytes:
    return f"Host: 127.0.0.1:{studio.server.port}\r\n".encode()


def owner(studio: Studio) -> bytes:
    return host(studio) + "".join(f"{name}: {value}\r\n" for name, value in studio.owner.items()).encode()


def odd_requests(known: bytes) -> dict[str, bytes]:
    """By name. `known` are the headers of the owner, Host among them."""
    get, post = b"GET /enter HTTP/1.1\r\n" + known, b"POST /projects HTTP/1.1\r\n" + known
    form, end = b"Content-Type: application/x-www-form-urlencoded\r\n", b"\r\n"
    parts = b"Content-Type: multipart/form-data; boundary=edge\r\n"
    chunked = b"Transfer-Encoding: chunked\r\n"
    h2c = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    upload = b"POST /uploads HTTP/1.1\r\n" + known + b"Tus-Resumable: 1.0.0\r\nUpload-Length: \xb2\r\n"
    static = b"GET /static/vendor/manifest.json HTTP/1.1\r\n" + known
    second = b"0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n"
    return {
        "nothing": b"", "only line ends": b"\r\n\r\n\r\n", "noise": bytes(range(256)),
        "a handshake": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/0.9": b"GET /\r\n", "HTTP/9.9": b"GET / HTTP/9.9\r\n\r\n",
        "no version": b"GET /enter\r\n\r\n",
        "a method of signs": b"G{}T / HTTP/1.1\r\n" + known + end,
        "a method in small letters": b"get /enter HTTP/1.1\r\n" + known + end,
        "a long method": b"X" * 5000 + b" / HTTP/1.1\r\n" + known + end,
        "TRACE": b"TRACE /enter HTTP/1.1\r\n" + known + end,
        "CONNECT": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + known + end,
        "a star": b"OPTIONS * HTTP/1.1\r\n" + known + end,
        "a whole address": b"GET http://evil.example/enter HTTP/1.1\r\n" + known + end,
        "two slashes": b"GET //evil.example/ HTTP/1.1\r\n" + known + end,
        "a long path": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + known + end,
        "a path of bytes": b"GET /\xff\xfe\xc3( HTTP/1.1\r\n" + known + end,
        "a query of bytes": b"GET /enter?\xff\xfe=\xc3( HTTP/1.1\r\n" + known + end,
        "a path with NUL": b"GET /a\0b HTTP/1.1\r\n" + known + end,
        "an escaped NUL": b"GET /enter?a=%00 HTTP/1.1\r\n" + known + end,
        "a path with a line end": b"GET /a\r\nX: b HTTP/1.1\r\n" + known + end,
        "blanks in the line": b"GET  /enter  HTTP/1.1\r\n" + known + end, "no host": b"GET /enter HTTP/1.1\r\n\r\n",
        "another host": b"GET /enter HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "two hosts": get + b"Host: evil.example\r\n" + end,
        "a host of brackets": b"GET /enter HTTP/1.1\r\nHost: [\r\n\r\n",
        "a header without a name": get + b": x\r\n" + end,
        "a header without a colon": get + b"nonsense\r\n" + end, "a header with NUL": get + b"X-A: a\0b\r\n" + end,
        "a folded header": get + b"X-A: a\r\n b\r\n" + end,
        "a header of bytes": get + b"Accept-Language: \xff\xfe\r\nUser-Agent: \xc3(\r\n" + end,
        "a name with a blank": get + b"X A : b\r\n" + end,
        "an underscore": get + b"X_Forwarded_For: 1.2.3.4\r\n" + end,
        "a large header": get + b"X-A: " + b"a" * 70_000 + b"\r\n" + end,
        "many headers": get + b"".join(b"X-%d: a\r\n" % at for at in range(1000)) + end,
        "bare line ends": get.replace(b"\r\n", b"\n") + b"\n",
        "an origin of brackets": post + b"Origin: http://[\r\nContent-Length: 0\r\n" + end,
        "an upgrade": get + b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + end,
        "an upgrade to h2c": get + h2c + end,
        "no length": post + form + end + b"a=b",
        "two lengths": post + form + b"Content-Length: 3\r\nContent-Length: 4\r\n" + end + b"a=bc",
        "a length below zero": post + form + b"Content-Length: -1\r\n" + end,
        "a length of letters": post + form + b"Content-Length: x\r\n" + end,
        "a signed length": post + form + b"Content-Length: +3\r\n" + end + b"a=b",
        "a length beyond all": post + form + b"Content-Length: " + b"9" * 30 + end + end,
        "length and chunks": post + form + b"Content-Length: 3\r\n" + chunked + end + second,
        "chunks of an odd kind": post + form + b"Transfer-Encoding: xchunked\r\n" + end,
        "chunks twice": post + form + chunked + chunked + end + b"0\r\n\r\n",
        "a chunk of letters": post + form + chunked + end + b"zz\r\na=b\r\n0\r\n\r\n",
        "a chunk below zero": post + form + chunked + end + b"-3\r\na=b\r\n0\r\n\r\n",
        "a chunk beyond all": post + form + chunked + end + b"f" * 20 + b"\r\na=b",
        "a chunk with words": post + form + chunked + end + b"3;a=b\r\na=b\r\n0\r\n\r\n",
        "chunks with an end": post + form + chunked + end + b"3\r\na=b\r\n0\r\nX-A: b\r\n\r\n",
        "a chunk cut off": post + form + chunked + end + b"ff\r\na=b",
        "a body cut off": post + form + b"Content-Length: 1000\r\n" + end + b"a=b",
        "parts cut off": post + parts + b"Content-Length: 500\r\n" + end + b"--edge\r\nContent-",
        "parts without an edge": post + b"Content-Type: multipart/form-data\r\nContent-Length: 3\r\n" + end + b"a=b",
        "more than announced": post + form + b"Content-Length: 1\r\n" + end + b"a=bbbb",
        "waiting to be asked": post + form + b"Expect: 100-continue\r\nContent-Length: 3\r\n" + end,
        "two at once": get + end + get + end,
        "an upload of chunks": upload + chunked + end + b"0\r\n\r\n",
        "a static file in pieces": static + b"Range: bytes=" + b"0-1," * 500 + end + end,
    }  # fmt: skip


def test_no_bytes_make_the_server_fail(studio: Studio) -> None:
    requests, answered = odd_requests(owner(studio)), 0
    for name, sent in requests.items():
        came = wire.send(studio.server, sent, hang_up=True)
        assert came.status != 500, name
        assert not any(word in came.data for word in (b"Traceback", b'File "', b"site-packages", b"portal/")), name
        if "content-security-policy" in came.headers:
            answered += 1
            assert {key: came.headers.get(key.lower()) for key in asking.ALWAYS} == asking.ALWAYS, name
    assert wire.send(studio.server, b"GET /readyz HTTP/1.1\r\n" + host(studio) + b"\r\n").status == 200
    assert odd_lines(studio.server.log) == []
    assert answered > len(requests) // 3
    scale.figure("fuzz", "odd bytes on a real connection", requests=len(requests), answered_by_the_portal=answered)


def odd_lines(log: Path) -> list[str]:
    """Lines of the log that are neither an event, nor the server's own words at the start or about a bad request."""
    found = [line for line in log.read_text("utf-8", "surrogateescape").splitlines() if line.strip()]
    return [
        line
        for line in found
        if not (_is_event(line) or line.startswith(("Milepost ", "Open ", "[20"))) or "\x1b" in line
    ]


def _is_event(line: str) -> bool:
    try:
        return json.loads(line)["event"] != "request_failed"
    except (ValueError, TypeError, KeyError):
        return False


def big_bodies() -> dict[str, tuple[str, bytes]]:
    """By name: a content type, and a body that is large or odd."""
    form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"
    edge = b"--edge\r\nContent-Disposition: form-data; name="
    field = edge + b'"a"\r\n\r\nb\r\n'
    file = edge + b'"logo"; filename="a.png"\r\n\r\n'
    return {
        "a form of 13 MiB": (form, b"a=" + b"b" * 13 * MIB), "parts of 13 MiB": (parts,
        file + b"b" * 13 * MIB + b"\r\n--edge--\r\n"),
        "a field of 600 KiB": (form, b"a=" + b"b" * 600 * 1024), "a part of 600 KiB": (parts,
        edge + b'"a"\r\n\r\n' + b"b" * 600 * 1024 + b"\r\n--edge--"),
        "10 000 fields": (form, b"&".join(b"f%d=x" % at for at in range(10_000))), "10 000 parts": (parts,
        field * 10_000 + b"--edge--\r\n"),
        "6 000 000 fields": (form, b"a&" * 6 * MIB), "401 parts": (parts, field * 401 + b"--edge--\r\n"),
        "100 000 parts": (parts, field * 100_000 + b"--edge--\r\n"),
        "only joints": (form, b"&" * 500 * 1024), "only per cents": (form, b"%" * 500 * 1024), "deep names": (form,
        b"a" + b"[a]" * 150_000 + b"=b"),
        "a file of 11 MiB": (parts, file + b"b" * 11 * MIB + b"\r\n--edge--\r\n"), "an edge that never comes": (parts,
        b"-" * 11 * MIB),
        "a name of 1 MiB": (parts, edge + b'"' + b"a" * MIB + b'"\r\n\r\nb\r\n--edge--'),
        "10 000 headers in a part": (parts, edge + b'"a"\r\n' + b"X: y\r\n" * 10_000 + b"\r\nb\r\n--edge--"),
        "half edges": (parts, field + b"\r\n--edg" * 200_000), "deep JSON": ("application/json", b"[" * MIB),
        "JSON of 13 MiB": ("application/json", b"[" + b"1," * 6 * MIB),
        "packed nothing": (form + "\r\nContent-Encoding: gzip", b"\x1f\x8b\x08" + bytes(MIB)),
        "another sign set": (form + "; charset=utf-16", b"\xff\xfe" * 100_000),
    }  # fmt: skip


def test_large_and_odd_bodies_are_refused_within_a_second_and_cost_no_memory(studio: Studio) -> None:
    """The second is of processor time, so that other work on the machine does not count."""
    bodies = big_bodies()
    for path in ("/projects", "/projects/new", "/enter"):
        wire.send(studio.server, f"GET {path} HTTP/1.1\r\n".encode() + owner(studio) + b"\r\n")
    before, slowest = wire.memory(studio.server), 0.0
    for name, (kind, body) in bodies.items():
        head = f"POST /projects HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n".encode()
        begun = wire.worked(studio.server)
        came = wire.send(studio.server, head + owner(studio) + b"\r\n", body, silence=0.3)
        slowest = max(slowest, took := wire.worked(studio.server) - begun)
        assert came.status in (400, 413, 422), (name, came.data[:200])
        assert took < 1, name
    grown = wire.memory(studio.server, "VmHWM") - before
    assert grown < 50 * MIB
    assert len(bodies) >= 20
    scale.figure(
        "I2",
        "large and odd bodies",
        bodies=len(bodies),
        slowest_seconds=round(slowest, 2),
        grown_mib=round(grown / MIB),
    )
