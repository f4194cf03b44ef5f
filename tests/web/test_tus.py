"""tus 1.0.0 over HTTP (reliability.md D1, D6): every header, status and limit, as tus-js-client and tuspy see them."""

import base64
import hashlib
import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import time_machine
from sqlalchemy import func, select

from portal.adapters import clock, outside
from portal.models.deliverable import Deliverable, Upload, UploadState
from portal.rules.roles import Role
from portal.services import sittings
from tests.worlds import World

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}
GIB = 2**30
# What only reads headers is the same on both databases.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def b64(value):
    return base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode()


class Tus:
    """A client that speaks the protocol by hand."""

    def __init__(self, browser, milestone_id):
        self.browser, self.milestone_id, self.token = browser, milestone_id, browser.csrf()

    def call(self, method, address, body=b"", drop=(), **headers):
        given = TUS | {"X-CSRFToken": self.token} | {name.replace("_", "-"): value for name, value in headers.items()}
        given = {name: value for name, value in given.items() if name not in drop and value is not None}
        return self.browser.client.open(address, method=method, data=body, headers=given)

    def metadata(self, name="plan.pdf", milestone=None):
        return f"filename {b64(name)},filetype {b64('text/html')},milestone {b64(milestone or self.milestone_id)}"

    def create(self, length=10, name="plan.pdf", **headers):
        values = {"Upload_Length": str(length), "Upload_Metadata": self.metadata(name)} | headers
        return self.call("POST", "/uploads", **values)

    def begin(self, length=10, name="plan.pdf"):
        answer = self.create(length, name)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def patch(self, address, offset, body, **headers):
        return self.call("PATCH", address, body, **({"Upload_Offset": str(offset)} | BYTES | headers))

    def head(self, address, **headers):
        return self.call("HEAD", address, **headers)


@pytest.fixture
def milestone(world):
    return world.milestone(world.project())


@pytest.fixture
def tus(world, milestone):
    return Tus(world.browser(world.owner), milestone.id)


def refusal(answer):
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    return answer.status_code, json.loads(answer.text)["error"]["code"]


def files(world):
    world.session.rollback()
    return list(world.session.scalars(select(Deliverable).order_by(Deliverable.stored_at)))


@one_database
def test_the_server_says_what_it_speaks(tus):
    answer = tus.browser.client.options("/uploads")
    assert answer.status_code == 204
    told = {name: answer.headers[name] for name in dict(answer.headers) if name.startswith("Tus-")}
    assert told == {
        "Tus-Resumable": "1.0.0",
        "Tus-Version": "1.0.0",
        "Tus-Extension": "creation,checksum,expiration,termination",
        "Tus-Checksum-Algorithm": "sha256,sha1",
        "Tus-Max-Size": str(5 * GIB),
    }


@one_database
def test_it_says_so_to_everybody_and_for_any_upload_without_cors(world, tus):
    known, unknown = tus.begin(), f"/uploads/{uuid.uuid4()}"
    answers = [world.stranger().client.options(address) for address in ("/uploads", known, unknown)]
    assert {answer.status_code for answer in answers} == {204}
    assert not any(name.startswith("Access-Control") for answer in answers for name in dict(answer.headers))


@one_database
def test_a_place_is_reserved_and_its_address_told(tus):
    answer = tus.create()
    assert (answer.status_code, answer.text) == (201, "")
    assert answer.headers["Location"].startswith("/uploads/")
    assert (answer.headers["Upload-Offset"], answer.headers["Tus-Resumable"]) == ("0", "1.0.0")
    expires = parsedate_to_datetime(answer.headers["Upload-Expires"])
    assert abs(expires - datetime.now(UTC) - timedelta(hours=24)) < timedelta(minutes=1)


@one_database
def test_the_upload_says_where_it_stands(tus):
    address = tus.begin(name="图纸.pdf")
    answer = tus.head(address)
    assert answer.status_code == 200
    assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == ("0", "10")
    assert "no-store" in answer.headers["Cache-Control"]
    assert f"filename {b64('图纸.pdf')}" in answer.headers["Upload-Metadata"]
    assert answer.data == b""


def test_bytes_are_taken_and_the_last_ones_make_the_file(world, tus):
    address = tus.begin()
    first = tus.patch(address, 0, b"12345")
    assert (first.status_code, first.headers["Upload-Offset"], first.data) == (204, "5", b"")
    assert "Upload-Expires" in first.headers
    last = tus.patch(address, 5, b"67890")
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, "10")
    assert "Upload-Expires" not in last.headers
    [made] = files(world)
    assert (made.name, made.sha256) == ("plan.pdf", hashlib.sha256(b"1234567890").hexdigest())
    assert made.media_type == "text/plain"
    assert address == f"/uploads/{made.id}"


def test_after_the_end_it_says_that_all_is_there(tus):
    address = tus.begin(4)
    tus.patch(address, 0, b"1234")
    assert tus.head(address).headers["Upload-Offset"] == "4"
    assert tus.patch(address, 4, b"").status_code == 204


def test_an_empty_file_needs_no_bytes(world, tus):
    answer = tus.create(0, "empty.txt")
    assert answer.status_code == 201
    assert [(file.name, file.bytes) for file in files(world)] == [("empty.txt", 0)]
    assert tus.head(answer.headers["Location"]).headers["Upload-Length"] == "0"


def test_a_request_without_bytes_changes_nothing(tus):
    address = tus.begin()
    assert tus.patch(address, 0, b"").headers["Upload-Offset"] == "0"


@one_database
@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0", ""])
def test_another_version_is_refused_with_ours(tus, method, version):
    address = "/uploads" if method == "POST" else tus.begin()
    answer = tus.call(method, address, Tus_Resumable=version, Upload_Length="1", Upload_Offset="0", **BYTES)
    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


@one_database
@pytest.mark.parametrize(
    ("length", "status", "code"),
    [
        (None, 400, "bad_request"),
        ("", 400, "bad_request"),
        ("-1", 400, "bad_request"),
        ("+5", 400, "bad_request"),
        ("1.5", 400, "bad_request"),
        ("abc", 400, "bad_request"),
        ("0x10", 400, "bad_request"),
        ("1e3", 400, "bad_request"),
        ("1, 1", 400, "bad_request"),
        (str(5 * GIB + 1), 413, "too_large"),
        (str(2**63 - 1), 413, "too_large"),
        (str(2**63), 413, "too_large"),
        (str(2**64), 413, "too_large"),
        ("9" * 400, 413, "too_large"),
    ],
)
def test_a_length_that_cannot_be_is_refused(tus, length, status, code):
    assert refusal(tus.create(Upload_Length=length)) == (status, code)


@one_database
@pytest.mark.parametrize("headers", [{"Upload_Length": None}, {}])
def test_a_file_without_end_is_refused(tus, headers):
    assert refusal(tus.create(Upload_Defer_Length="1", **headers)) == (400, "bad_request")


@one_database
@pytest.mark.parametrize("length", [1, 5 * GIB])
def test_every_length_up_to_five_gibibytes_is_taken(app, tus, length, monkeypatch):
    monkeypatch.setattr(storage_of(app), "room", lambda: (100 * GIB, 200 * GIB))
    assert tus.create(length).status_code == 201


def storage_of(app):
    from portal.web.installation import installation

    with installation(app).sessions() as session:
        return outside.of(session).storage


@one_database
def test_no_metadata_at_all_is_legal_but_names_no_milestone(tus):
    for header in (None, ""):
        answer = tus.create(Upload_Metadata=header)
        assert refusal(answer) == (400, "bad_request")
        assert "milestone" in json.loads(answer.text)["error"]["message"]


@one_database
@pytest.mark.parametrize(
    "metadata",
    [
        "milestone",
        "milestone !!!",
        "milestone bm90IGEgdXVpZA==",
        f"milestone {b64('x')},milestone {b64('x')}",
        ",",
        "filename " + "QUFB" * 3000,
    ],
)
def test_metadata_that_makes_no_sense_is_refused(tus, metadata):
    assert refusal(tus.create(Upload_Metadata=metadata)) == (400, "bad_request")


def test_a_file_without_a_name_gets_one(world, tus):
    tus.create(0, Upload_Metadata=f"milestone {b64(tus.milestone_id)}")
    assert [file.name for file in files(world)] == ["file"]


@one_database
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\0b.txt", "ab.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("🍒 Kirsche.pdf", "🍒 Kirsche.pdf"),
        ("e\u0301te\u0301.txt", "été.txt"),
        ("NUL", "_NUL"),
        ("...", "file"),
        ('a";\r\nSet-Cookie: x=y.txt', 'a";Set-Cookie: x=y.txt'),
    ],
)
def test_names_are_data_and_never_a_path(world, tus, given, kept):
    assert tus.create(0, given).status_code == 201
    assert [file.name for file in files(world)] == [kept]


@one_database
@pytest.mark.parametrize(
    "kind", [None, "", "application/octet-stream", "text/plain", "application/x-www-form-urlencoded"]
)
def test_bytes_under_another_content_type_are_refused(tus, kind):
    address = tus.begin()
    assert refusal(tus.patch(address, 0, b"12345", Content_Type=kind)) == (415, "wrong_type")
    assert tus.head(address).headers["Upload-Offset"] == "0"


@one_database
@pytest.mark.parametrize("offset", [None, "", "-1", "1.0", "x", "9" * 40])
def test_an_offset_that_is_none_is_refused(tus, offset):
    address = tus.begin()
    assert refusal(tus.patch(address, 0, b"12345", Upload_Offset=offset)) == (400, "bad_request")


@pytest.mark.parametrize("offset", [0, 4, 6, 10, 11])
def test_an_offset_beside_the_acknowledged_one_is_a_conflict(tus, offset):
    address = tus.begin()
    tus.patch(address, 0, b"12345")
    assert refusal(tus.patch(address, offset, b"x")) == (409, "conflict")
    assert tus.head(address).headers["Upload-Offset"] == "5"


def test_more_bytes_than_announced_are_too_large(tus):
    address = tus.begin(4)
    assert refusal(tus.patch(address, 0, b"12345")) == (413, "too_large")
    assert tus.head(address).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_right_checksum_is_taken(tus, algorithm):
    address = tus.begin()
    checksum = f"{algorithm} {b64(hashlib.new(algorithm, b'12345').digest())}"
    assert tus.patch(address, 0, b"12345", Upload_Checksum=checksum).status_code == 204


def test_a_wrong_checksum_is_a_460_and_nothing_is_kept(tus):
    address = tus.begin()
    checksum = f"sha256 {b64(hashlib.sha256(b'54321').digest())}"
    answer = tus.patch(address, 0, b"12345", Upload_Checksum=checksum)
    assert refusal(answer) == (460, "checksum_mismatch")
    assert tus.head(address).headers["Upload-Offset"] == "0"
    assert tus.patch(address, 0, b"12345").status_code == 204


@one_database
@pytest.mark.parametrize("checksum", ["sha256", "sha256 x", "md5 " + b64(bytes(16)), "", "crc32 AAAA"])
def test_a_checksum_we_do_not_make_is_refused(tus, checksum):
    assert refusal(tus.patch(tus.begin(), 0, b"12345", Upload_Checksum=checksum)) == (400, "bad_request")


def test_a_cancelled_upload_is_gone(world, tus):
    address = tus.begin()
    assert tus.call("DELETE", address).status_code == 204
    assert tus.head(address).status_code == 410
    assert refusal(tus.patch(address, 0, b"x")) == (410, "gone")
    assert refusal(tus.call("DELETE", address)) == (410, "gone")
    world.session.rollback()
    assert world.session.scalars(select(Upload.state)).all() == [UploadState.CANCELLED]


def test_a_stored_file_is_not_cancelled_by_this(world, tus):
    address = tus.begin(1)
    tus.patch(address, 0, b"x")
    assert refusal(tus.call("DELETE", address)) == (409, "conflict")
    assert len(files(world)) == 1


def test_an_upload_nobody_goes_on_with_is_gone_after_a_day(world, tus):
    address = tus.begin()
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        later = Tus(world.browser(world.owner), tus.milestone_id)
        assert later.head(address).status_code == 410
        assert refusal(later.patch(address, 0, b"x")) == (410, "gone")
        for n in range(5):
            assert later.create(name=f"new {n}").status_code == 201


def test_foreign_and_missing_uploads_answer_alike(app, world, tus):
    other = World.founded(app, world.session, "Other Studio")
    theirs = Tus(other.browser(other.owner), other.milestone(other.project()).id).begin()
    for method in ("HEAD", "PATCH", "DELETE"):
        answers = [
            tus.call(method, address, b"" if method != "PATCH" else b"x", Upload_Offset="0", **BYTES)
            for address in (theirs, f"/uploads/{uuid.uuid4()}")
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].data == answers[1].data
    assert tus.call("PATCH", "/uploads/not-a-uuid", b"x", **BYTES).status_code == 404


def test_a_foreign_milestone_is_a_missing_one(app, world, tus):
    other = World.founded(app, world.session, "Other Studio")
    theirs = other.milestone(other.project()).id
    answers = [
        tus.create(Upload_Metadata=tus.metadata(milestone=milestone_id)) for milestone_id in (theirs, uuid.uuid4())
    ]
    assert [refusal(answer) for answer in answers] == [(404, "not_found")] * 2
    assert answers[0].data == answers[1].data


def test_a_colleague_may_go_on_with_an_upload(world, tus):
    address = tus.begin()
    tus.patch(address, 0, b"12345")
    colleague = Tus(world.browser(world.member(Role.MEMBER)), tus.milestone_id)
    assert colleague.patch(address, 5, b"67890").status_code == 204


def test_strangers_are_told_to_log_in_and_contacts_that_there_is_nothing(world, tus, milestone):
    address, entered = tus.begin(), world.contact(milestone.project)
    stranger = Tus(world.stranger(), milestone.id)
    assert stranger.head(address).status_code == 401
    assert stranger.create().status_code == 401
    assert stranger.patch(address, 0, b"x").status_code == 401
    contact = Tus(world.entered(entered.code), milestone.id)
    assert [contact.head(address).status_code, contact.create().status_code] == [404, 404]


@one_database
def test_nothing_is_changed_without_the_token_of_this_session(world, tus):
    address = tus.begin()
    for drop in ("X-CSRFToken",):
        assert tus.create(drop=(drop,)).status_code == 400
        assert tus.patch(address, 0, b"x", drop=(drop,)).status_code == 400
        assert tus.call("DELETE", address, drop=(drop,)).status_code == 400
    assert tus.head(address).headers["Upload-Offset"] == "0"


@one_database
def test_nothing_is_taken_from_another_origin(tus):
    assert tus.create(Origin="https://evil.example").status_code == 400
    assert tus.create(Sec_Fetch_Site="cross-site").status_code == 400


@one_database
def test_another_method_is_not_hidden_in_a_header(tus):
    address = tus.begin()
    answer = tus.call("POST", address, b"12345", X_HTTP_Method_Override="PATCH", Upload_Offset="0", **BYTES)
    assert answer.status_code == 405
    assert tus.head(address).headers["Upload-Offset"] == "0"


def test_a_member_who_logged_out_cannot_go_on(world, tus):
    address = tus.begin()
    actor_sitting = world.session.scalars(select_newest_sitting()).one()
    sittings.log_out(world.session, sitting_id=actor_sitting)
    assert tus.patch(address, 0, b"x").status_code == 401


def select_newest_sitting():
    from portal.models.sitting import Sitting

    return select(Sitting.id).order_by(Sitting.created_at.desc()).limit(1)


def test_the_sixth_file_is_refused_with_a_sentence(tus):
    for n in range(5):
        tus.begin(1, f"file {n}")
    answer = tus.create(1, "file 6")
    assert refusal(answer) == (409, "too_many_files")
    assert "5 files" in json.loads(answer.text)["error"]["message"]


def test_twenty_who_race_for_the_last_place_get_it_once(world, tus):
    for n in range(4):
        tus.begin(1, f"file {n}")
    barrier, statuses = threading.Barrier(20), []
    clients = [Tus(world.browser(world.owner), tus.milestone_id) for _ in range(20)]

    def race(client):
        barrier.wait()
        statuses.append(client.create(1, "racer").status_code)

    threads = [threading.Thread(target=race, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 19


def test_a_full_disk_is_a_507_and_takes_no_place(app, world, tus, monkeypatch):
    monkeypatch.setattr(storage_of(app), "room", lambda: (6 * GIB, 100 * GIB))
    assert refusal(tus.create(2 * GIB)) == (507, "no_space")
    world.session.rollback()
    assert world.session.scalar(select(func.count()).select_from(Upload)) == 0
    assert list(storage_of(app).parts()) == []


def test_a_closed_milestone_takes_no_files(world, tus, milestone):
    world.deliver(milestone, note="All done by hand.")
    assert refusal(tus.create()) == (409, "conflict")


@one_database
def test_a_body_larger_than_a_form_may_be_is_taken(world, tus):
    content = bytes(range(256)) * 4096 * 13
    address = tus.begin(len(content), "large.bin")
    assert tus.patch(address, 0, content).status_code == 204
    assert files(world)[0].sha256 == hashlib.sha256(content).hexdigest()


@one_database
def test_a_form_as_large_as_a_file_is_still_refused(tus):
    form = {"file": (b"x" * (13 << 20)).decode()}
    answer = tus.browser.client.post("/uploads", data=form, headers=TUS | {"X-CSRFToken": tus.token})
    assert answer.status_code == 413


@one_database
def test_a_form_with_a_file_larger_than_forms_carry_is_refused(tus):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="film.bin"\r\n\r\n'
    answer = tus.browser.client.post(
        "/uploads", data=head + b"x" * (13 << 20) + b"\r\n--b--\r\n", headers=TUS | {"X-CSRFToken": tus.token},
        content_type="multipart/form-data; boundary=b",
    )  # fmt: skip
    assert answer.status_code == 413


@one_database
def test_refusals_speak_the_readers_language(world, tus):
    answer = tus.create(Upload_Length="x", Accept_Language="en")
    assert "whole number" in json.loads(answer.text)["error"]["message"]
