"""Originals on their way out: ranges, conditions, the gate, the log, the ZIP, and files taken back."""

import hashlib
import io
import os
import re
import time
import uuid
import zipfile
from datetime import timedelta
from urllib.parse import unquote

import pytest
import structlog
from sqlalchemy import select

from portal.adapters import outside
from portal.models.deliverable import Deliverable, Download
from portal.models.payment import Payment
from portal.rules import filenames
from portal.rules.roles import Scope
from portal.services import deliverables, grants, milestones
from portal.web import archives, outflow
from portal.web.metering import FLUSH_SECONDS
from tests.worlds import World

# What only reads headers is the same on both databases.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CONTENT = bytes(range(256)) * 8 + b"the end"
SIZE = len(CONTENT)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def project(world):
    return world.project()


@pytest.fixture
def milestone(world, project):
    return world.milestone(project)


@pytest.fixture
def file(world, milestone):
    return world.store(milestone, "图纸 final.pdf", CONTENT)


@pytest.fixture
def entered(world, project):
    return world.contact(project)


@pytest.fixture
def member(world):
    return world.browser(world.owner)


@pytest.fixture
def paid(world, milestone, file, entered):
    """A client who has paid for the delivered file."""
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
    world.pay(milestone, entered)
    return world.entered(entered.code)


@pytest.fixture
def storage(world):
    return outside.of(world.session).storage


def address(file):
    return f"/deliverables/{file.id}/file"


def downloads(world):
    world.session.rollback()
    return list(world.session.scalars(select(Download).order_by(Download.started_at, Download.id)))


@one_database
def test_the_whole_file_comes_sealed_and_named(member, file):
    answer = member.get(address(file))
    assert (answer.status_code, answer.data) == (200, CONTENT)
    told = dict(answer.headers)
    assert told["Content-Length"] == str(SIZE)
    assert told["ETag"] == f'"{DIGEST}"'
    assert told["Accept-Ranges"] == "bytes"
    assert told["Content-Disposition"] == filenames.content_disposition("图纸 final.pdf")
    assert told["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "no-store" in told["Cache-Control"]


@one_database
@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-199", 100, 199),
        (f"bytes={SIZE - 1}-{SIZE - 1}", SIZE - 1, SIZE - 1),
        (f"bytes=0-{SIZE - 1}", 0, SIZE - 1),
        ("bytes=5-", 5, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        ("bytes=-7", SIZE - 7, SIZE - 1),
        ("bytes=-99999", 0, SIZE - 1),
        ("bytes=10-99999999999999999999", 10, SIZE - 1),
        ("BYTES=1-2", 1, 2),
        (" bytes=1-2 ", 1, 2),
        ("bytes=00001-00002", 1, 2),
    ],
)
def test_a_range_is_exactly_its_bytes(member, file, header, first, last):
    answer = member.get(address(file), Range=header)
    assert (answer.status_code, answer.data) == (206, CONTENT[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.headers["ETag"] == f'"{DIGEST}"'


@one_database
@pytest.mark.parametrize(
    "header", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=99999999999999999999-", "bytes=-0"]
)
def test_a_range_behind_the_end_is_a_416_that_says_how_long_the_file_is(world, member, file, header):
    answer = member.get(address(file), Range=header)
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")
    assert CONTENT not in answer.data
    assert downloads(world) == []


@one_database
@pytest.mark.parametrize(
    "header",
    [
        "bytes=0-1,5-6", "bytes=0-,0-,0-", "bytes=" + ",".join(["0-1"] * 1000), "bytes=5-2", "bytes=-", "bytes=",
        "bytes", "items=0-5", "bytes=a-b", "bytes=0x0-0x5", "bytes=1.0-2", "bytes=--5", "bytes=-5-", "bytes=１-２",
        "bytes=+1-2", "bytes=1 - 2", "bytes = 1-2", "bytes=0-" + "9" * 400, "",
    ],
)  # fmt: skip
def test_any_other_range_header_gets_the_whole_file(member, file, header):
    answer = member.client.get(address(file), environ_overrides={"HTTP_RANGE": header.encode().decode("latin-1")})
    assert (answer.status_code, answer.data) == (200, CONTENT)


@one_database
@pytest.mark.parametrize("first", [0, 1, 2**32 - 1, 5 * 2**30 - 1])
def test_ranges_of_a_file_of_five_gibibytes_are_right_at_any_offset(world, member, milestone, storage, first):
    size = 5 * 2**30
    file = sparse(world, milestone, storage, size, {0: b"\1", 1: b"\2", 2**32 - 1: b"\3", size - 1: b"\4"})
    answer = member.get(address(file), Range=f"bytes={first}-{first}")
    expected = {0: b"\1", 1: b"\2", 2**32 - 1: b"\3", size - 1: b"\4"}[first]
    assert (answer.status_code, answer.data) == (206, expected)
    assert member.client.head(address(file)).headers["Content-Length"] == str(size)


def sparse(world, milestone, storage, size, marks):
    """A stored file that is large and takes no room."""
    file = world.store(milestone, "large.bin", b"x")
    path = storage.path(file.id)
    path.chmod(0o600)
    with path.open("r+b") as opened:
        opened.truncate(size)
        for at, content in marks.items():
            opened.seek(at)
            opened.write(content)
    world.session.execute(Deliverable.__table__.update().where(Deliverable.id == file.id).values(bytes=size))
    world.session.commit()
    return file


@one_database
def test_the_file_is_the_same_so_the_range_counts(member, file):
    same = f'"{DIGEST}"'
    assert member.get(address(file), Range="bytes=0-4", If_Range=same).status_code == 206
    modified = member.get(address(file)).headers["Last-Modified"]
    assert member.get(address(file), Range="bytes=0-4", If_Range=modified).status_code == 206


@one_database
@pytest.mark.parametrize("tag", ['"other"', f'W/"{DIGEST}"', DIGEST, "Mon, 01 Jan 2024 00:00:00 GMT", "nonsense"])
def test_the_file_may_be_another_so_all_of_it_comes(member, file, tag):
    answer = member.get(address(file), Range="bytes=0-4", If_Range=tag)
    assert (answer.status_code, answer.data) == (200, CONTENT)


@one_database
def test_who_has_it_already_gets_nothing_again(world, member, file):
    for tag in (f'"{DIGEST}"', f'W/"{DIGEST}"', f'"x", "{DIGEST}"', "*"):
        answer = member.get(address(file), If_None_Match=tag)
        assert (answer.status_code, answer.data) == (304, b"")
    assert member.get(address(file), If_None_Match='"other"').status_code == 200


@one_database
def test_who_wants_another_one_is_told(member, file):
    assert member.get(address(file), If_Match='"other"').status_code == 412
    assert member.get(address(file), If_Match=f'"{DIGEST}"', Range="bytes=0-4").status_code == 206


def test_head_tells_everything_and_sends_nothing(world, member, file):
    answer = member.client.head(address(file), headers={"Range": "bytes=0-4"})
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", str(SIZE))
    assert downloads(world) == []


@one_database
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<!DOCTYPE html><html><script>alert(1)</script>"),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("program.exe", b"MZ\x90\0"),
        ("run.js", b"alert(1)"),
        ("paper.pdf", b"%PDF-1.7"),
        ("page.pdf", b"<html><body>"),
        ('a";\r\nX: y.txt', b"x"),
    ],
)
def test_nothing_is_ever_shown_or_run(world, member, milestone, name, content):
    answer = member.get(address(world.store(milestone, name, content)))
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert parsed_name(disposition) == filenames.clean(name)
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def parsed_name(disposition):
    return unquote(disposition.partition("filename*=UTF-8''")[2])


@one_database
def test_an_empty_file_is_sent_as_one(world, member, milestone):
    file = world.store(milestone, "empty.txt", b"")
    answer = member.get(address(file))
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", "0")
    assert member.get(address(file), Range="bytes=0-").status_code == 416


@one_database
def test_a_cut_file_is_not_handed_out_and_the_log_knows(world, member, file, storage):
    storage.path(file.id).chmod(0o600)
    os.truncate(storage.path(file.id), 5)
    with structlog.testing.capture_logs() as told:
        answer = member.get(address(file))
    assert answer.status_code == 503
    assert CONTENT[:5] not in answer.data
    assert [entry["event"] for entry in told] == ["stored_file_broken"]
    assert downloads(world) == []


def test_a_file_that_shrinks_while_it_leaves_ends_the_connection(world, milestone, storage, small_pieces):
    """A reader must not take half a file for the whole one."""
    large = world.store(milestone, "large.bin", b"x" * 1000)
    answer = world.browser(world.owner).client.get(address(large), buffered=False)
    pieces = iter(answer.response)
    next(pieces)
    storage.path(large.id).chmod(0o600)
    os.truncate(storage.path(large.id), 5)
    with pytest.raises(BrokenPipeError):
        list(pieces)
    answer.close()


# --- the gate -------------------------------------------------------------------------------------


def masked(answer):
    """The page without its CSRF token, which is signed with the second it was made in."""
    return re.sub(rb"[\w.-]{80,}", b"", answer.data)


def every_way_in(milestone, file):
    return [address(file), f"/milestones/{milestone.id}/archive.zip"]


def test_before_delivery_the_client_sees_no_file_at_all(world, milestone, file, entered):
    client = world.entered(entered.code)
    answers = [client.get(way) for way in every_way_in(milestone, file)]
    missing = client.get(f"/deliverables/{uuid.uuid4()}/file")
    assert [answer.status_code for answer in answers] == [404, 404]
    assert masked(answers[0]) == masked(missing)


def test_delivered_and_unpaid_is_locked_with_what_is_missing(world, milestone, file, entered):
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
    client = world.entered(entered.code)
    for way in every_way_in(milestone, file):
        for headers in ({}, {"Range": "bytes=0-0"}, {"If_None_Match": f'"{DIGEST}"'}):
            answer = client.get(way, **headers)
            assert answer.status_code == 403
            assert "1,500.00" in answer.text
            assert "ETag" not in answer.headers
        assert client.client.head(way).status_code == 403
    assert downloads(world) == []


def test_knowing_the_hash_passes_no_closed_gate(world, milestone, file, entered):
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
    client = world.entered(entered.code)
    for headers in ({"If_None_Match": f'"{file.sha256}"'}, {"If_Match": '"another"'}, {"If_None_Match": "*"}):
        assert client.get(address(file), **headers).status_code == 403
        assert client.client.head(address(file), headers={"If-None-Match": f'"{file.sha256}"'}).status_code == 403


def test_a_reported_payment_opens_nothing_and_a_part_of_it_neither(world, milestone, file, entered):
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
    client, payment = world.entered(entered.code), world.report(milestone, entered)
    assert client.get(address(file)).status_code == 403
    world.confirm(payment, payment.amount_minor - 1)
    assert client.get(address(file)).status_code == 403


def test_a_paid_file_opens_and_a_reversed_payment_locks_it_again(world, milestone, file, entered, paid):
    assert paid.get(address(file)).data == CONTENT
    payment = world.session.scalars(select(Payment)).one()
    from portal.services import payments

    payments.reverse(world.session, actor=world.owner, payment=payment, reason="Came back.", ticket=world.ticket())
    assert [paid.get(way).status_code for way in every_way_in(milestone, file)] == [403, 403]


def test_a_released_file_opens_unpaid(world, milestone, file, entered):
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
    milestones.release(world.session, actor=world.owner, milestone=milestone, confirm=milestone.title)
    client = world.entered(entered.code)
    assert [client.get(way).status_code for way in every_way_in(milestone, file)] == [200, 200]


def test_a_contact_who_may_only_pay_does_not_download(world, project, milestone, file, entered, paid):
    payer = world.contact(project, frozenset({Scope.PAY}), name="Pia Payer")
    browser = world.entered(payer.code)
    assert [browser.get(way).status_code for way in every_way_in(milestone, file)] == [403, 403]


def test_the_vendor_always_has_its_own_files(world, member, milestone, file):
    assert [member.get(way).status_code for way in every_way_in(milestone, file)] == [200, 200]


def test_strangers_foreign_vendors_and_other_clients_find_nothing(app, world, milestone, file, entered, paid):
    other = World.founded(app, world.session, "Other Studio")
    outsider = other.browser(other.owner)
    neighbour = world.entered(world.contact(world.project(title="Another one"), name="Nina Nebenan").code)
    for way in [*every_way_in(milestone, file), f"/milestones/{milestone.id}/manifest.txt"]:
        unknown = way.replace(str(file.id), str(uuid.uuid4())).replace(str(milestone.id), str(uuid.uuid4()))
        for browser in (outsider, neighbour):
            theirs, nobodys = browser.get(way), browser.get(unknown)
            assert (theirs.status_code, masked(theirs)) == (404, masked(nobodys))
        assert world.stranger().get(way).status_code == 303


def test_a_revoked_code_is_out_at_the_next_request(world, entered, file, paid):
    from portal.models.client import Grant

    assert paid.get(address(file)).status_code == 200
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(Grant, entered.grant_id))
    assert paid.get(address(file)).status_code == 303


def test_a_removed_file_is_nowhere(world, member, file):
    deliverables.remove(world.session, actor=world.owner, deliverable=world.session.get_one(Deliverable, file.id))
    assert member.get(address(file)).status_code == 404


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(outflow, "FIRST_BYTES", 16)
    monkeypatch.setattr(outflow, "READ_BYTES", 16)
    monkeypatch.setattr(outflow, "CHECK_BYTES", 64)
    monkeypatch.setattr(archives, "CHECK_BYTES", 64)
    monkeypatch.setattr(archives, "READ_BYTES", 16)


@pytest.mark.parametrize("kind", ["file", "archive"])
@pytest.mark.parametrize("end", ["revoked", "rotated", "reversed", "left"])
def test_a_running_download_stops_at_its_next_piece(world, milestone, entered, file, paid, small_pieces, kind, end):
    from portal.models.client import Grant
    from portal.services import payments

    way = every_way_in(milestone, file)[kind == "archive"]
    answer = paid.client.get(way, buffered=False)
    pieces = iter(answer.response)
    got = next(pieces)
    grant = world.session.get_one(Grant, entered.grant_id)
    if end == "revoked":
        grants.revoke(world.session, actor=world.owner, grant=grant)
    elif end == "rotated":
        grants.rotate(world.session, actor=world.owner, grant=grant)
    elif end == "reversed":
        payment = world.session.scalars(select(Payment)).one()
        payments.reverse(world.session, actor=world.owner, payment=payment, reason="Gone.", ticket=world.ticket())
    else:
        paid.post("/leave")
    rest = []
    with pytest.raises(BrokenPipeError):
        rest.extend(pieces)
    answer.close()
    assert downloads(world)[-1].sent_bytes < len(got) + 300


def test_a_member_who_is_logged_out_meanwhile_is_stopped_too(world, member, file, small_pieces):
    answer = member.client.get(address(file), buffered=False)
    pieces = iter(answer.response)
    next(pieces)
    member.post("/logout")
    with pytest.raises(BrokenPipeError):
        list(pieces)
    answer.close()


# --- the log --------------------------------------------------------------------------------------


def test_each_download_is_logged_with_who_what_and_how_much(world, file, entered, paid):
    assert paid.get(address(file)).data == CONTENT
    [row] = downloads(world)
    key = entered.actor.keys[0]
    assert (row.what, row.deliverable_id, row.actor_kind, row.actor_id) == ("file", file.id, "contact", key.contact_id)
    assert (row.first_byte, row.sent_bytes) == (0, SIZE)
    assert row.ended_at >= row.started_at


def test_a_download_that_is_cut_counts_what_left(world, member, file, small_pieces):
    answer = member.client.get(address(file), buffered=False)
    pieces = iter(answer.response)
    got = b"".join(next(pieces) for _ in range(3))
    answer.close()
    [row] = downloads(world)
    assert len(got) <= row.sent_bytes <= len(got) + 16
    assert row.ended_at is not None


def test_a_resumed_download_is_one_row_that_adds_up(world, member, file):
    first, rest = (member.get(address(file), Range=f"bytes={part}").data for part in ("0-999", "1000-"))
    assert first + rest == CONTENT
    settle(world, SIZE)
    [row] = downloads(world)
    assert (row.first_byte, row.sent_bytes) == (0, SIZE)


def test_a_range_out_of_the_blue_is_a_row_of_its_own(world, member, file):
    assert member.get(address(file), Range="bytes=1000-1099").data == CONTENT[1000:1100]
    [row] = downloads(world)
    assert (row.first_byte, row.sent_bytes) == (1000, 100)


def test_two_people_are_two_rows(world, member, file):
    other = world.browser(world.member())
    member.get(address(file), Range="bytes=5-9")
    other.get(address(file), Range="bytes=5-9")
    assert len(downloads(world)) == 2


def settle(world, sent):
    deadline = time.monotonic() + 10 * FLUSH_SECONDS
    while sum(row.sent_bytes for row in downloads(world)) < sent and time.monotonic() < deadline:
        time.sleep(0.05)


# --- all of it ------------------------------------------------------------------------------------


def test_the_archive_holds_every_file_and_its_length_is_known(world, member, milestone, file):
    world.store(milestone, "second.txt", b"two")
    answer = member.get(f"/milestones/{milestone.id}/archive.zip")
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == {
        "图纸 final.pdf": CONTENT,
        "second.txt": b"two",
    }
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert parsed_name(answer.headers["Content-Disposition"]) == "Cherry Harvest website - 1 Step 1.zip"


def test_the_archive_of_a_client_is_what_was_delivered(world, member, milestone, file, paid):
    answer = paid.get(f"/milestones/{milestone.id}/archive.zip")
    assert zipfile.ZipFile(io.BytesIO(answer.data)).namelist() == ["图纸 final.pdf"]
    [row] = downloads(world)
    assert (row.what, row.deliverable_id, row.sent_bytes) == ("archive", None, len(answer.data))


def test_head_of_the_archive_tells_its_length(world, member, milestone, file):
    told = member.client.head(f"/milestones/{milestone.id}/archive.zip")
    assert told.data == b""
    whole = member.get(f"/milestones/{milestone.id}/archive.zip")
    assert told.headers["Content-Length"] == str(len(whole.data))
    assert len(downloads(world)) == 1


@one_database
def test_an_archive_with_a_broken_file_is_not_begun(world, member, milestone, file, storage):
    storage.discard(file.id)
    assert member.get(f"/milestones/{milestone.id}/archive.zip").status_code == 503


def test_a_milestone_without_files_has_no_archive(world, member, milestone):
    assert member.get(f"/milestones/{milestone.id}/archive.zip").status_code == 404


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.txt", "b.txt"], ["a.txt", "b.txt"]),
        (["a.txt", "A.TXT"], ["a.txt", "A (2).TXT"]),
        (["a.txt", "a (2).txt", "A.txt"], ["a.txt", "a (2).txt", "A (3).txt"]),
        (["plan", "PLAN"], ["plan", "PLAN (2)"]),
        (["é", "e\u0301"], ["é", "e\u0301 (2)"]),
    ],
)
def test_names_in_an_archive_are_distinct_on_every_disk(names, expected):
    assert archives.distinct(names) == expected


def test_the_manifest_is_the_text_that_was_hashed_and_open_before_payment(world, milestone, file, entered):
    way = f"/milestones/{milestone.id}/manifest.txt"
    client = world.entered(entered.code)
    assert client.get(way).status_code == 404
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="Here it is.")
    answer = client.get(way)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert hashlib.sha256(answer.data).hexdigest() == milestone.manifest_sha256
    assert DIGEST in answer.text


# --- files taken back -----------------------------------------------------------------------------


def delete(browser, file):
    return browser.client.delete(f"/deliverables/{file.id}", headers={"X-CSRFToken": browser.csrf()})


def test_a_file_is_taken_back_by_delete(world, member, milestone, file):
    answer = delete(member, file)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "files-changed")
    world.session.rollback()
    assert milestones.live_files(world.session, milestone) == []


def test_a_form_does_the_same_and_leads_back(world, member, milestone, file):
    answer = member.post(f"/deliverables/{file.id}/removal")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/milestones/{milestone.id}")
    again = member.post(f"/deliverables/{file.id}/removal")
    assert (again.status_code, again.headers["Location"]) == (303, f"/milestones/{milestone.id}")


def test_a_delivered_file_is_not_taken_back(world, member, milestone, file):
    milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
    assert delete(member, file).status_code == 409
    assert member.get(address(file)).status_code == 200


def test_clients_and_strangers_take_nothing_back(world, member, file, paid):
    assert delete(paid, file).status_code == 404
    assert delete(world.stranger(), file).status_code == 303
    assert member.client.delete(f"/deliverables/{file.id}").status_code == 400


# --- proofs ---------------------------------------------------------------------------------------


@pytest.fixture
def proof(world, milestone, entered, file):
    from portal.services.payments import KeptProof

    def keep(name, kind, content):
        milestones.submit(world.session, actor=world.owner, milestone=milestone, note="")
        kept = KeptProof(uuid.uuid4(), name, kind, len(content), hashlib.sha256(content).hexdigest())
        outside.of(world.session).storage.keep_small(kept.id, content)
        return f"/payments/{report_with(world, milestone, entered, kept)}/proof"

    return keep


def report_with(world, milestone, entered, kept):
    from portal.adapters import clock
    from portal.models.payment import PaymentMethod
    from portal.services import payments

    said = payments.Report(milestone.amount_minor, clock.today("Europe/Berlin"), PaymentMethod.BANK_TRANSFER, "ref")
    return payments.report(
        world.session, actor=entered.actor, milestone=milestone, said=said, ticket=world.ticket(), proof=kept
    )


@one_database
@pytest.mark.parametrize(
    ("kind", "shown"),
    [("image/png", "inline"), ("image/jpeg", "inline"), ("image/webp", "inline"), ("application/pdf", "attachment"),
     ("image/svg+xml", "attachment"), ("text/html", "attachment")],
)  # fmt: skip
def test_a_proof_is_seen_by_both_parties_and_only_pictures_in_the_page(world, member, entered, proof, kind, shown):
    way = proof("proof.bin", kind, b"paid")
    for browser in (member, world.entered(entered.code)):
        answer = browser.get(way)
        assert (answer.status_code, answer.data, answer.headers["Content-Type"]) == (200, b"paid", kind)
        assert answer.headers["Content-Disposition"].partition(";")[0] == shown
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert [row.what for row in downloads(world)] == ["proof", "proof"]


def test_nobody_else_sees_a_proof(app, world, project, entered, proof):
    way = proof("proof.png", "image/png", b"paid")
    other = World.founded(app, world.session, "Other Studio")
    viewer = world.contact(project, frozenset({Scope.VIEW}), name="Vito Viewer")
    assert world.entered(viewer.code).get(way).status_code == 403
    assert other.browser(other.owner).get(way).status_code == 404
    assert world.stranger().get(way).status_code == 303


def test_a_download_older_than_a_day_ends_with_its_code(world, entered, file, paid, small_pieces):
    import time_machine

    from portal.adapters import clock

    answer = paid.client.get(address(file), buffered=False)
    pieces = iter(answer.response)
    next(pieces)
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False), pytest.raises(BrokenPipeError):
        list(pieces)
    answer.close()
