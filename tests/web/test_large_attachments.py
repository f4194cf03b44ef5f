"""Large attachments over HTTP: announced for a conversation, named by a message, downloaded in ranges."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.db import new_id
from portal.models.client import write_scopes
from portal.models.deliverable import Upload
from portal.models.message import Attachment, Message
from portal.rules.roles import Scope
from portal.services import grants
from tests.worlds import Browser, World

CONTENT = bytes(range(256)) * 8
ONE_SENTENCE = "One of the attached files is not here any more, or not whole. Remove it and attach it again."


@pytest.fixture
def scene(world: World):
    project = world.project()
    step, cleo = world.milestone(project), world.contact(project)
    return world, step, world.entered(cleo.code), cleo


def b64(text: object) -> str:
    return base64.b64encode(str(text).encode()).decode()


def ask(browser: Browser, method: str, address: str, body: bytes = b"", **headers: str) -> Any:
    given = {"Tus-Resumable": "1.0.0", "X-CSRFToken": browser.csrf()}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.client.open(address, method=method, data=body, headers=given)


def announce(browser: Browser, metadata: str, length: int = len(CONTENT)) -> Any:
    return ask(browser, "POST", "/uploads", Upload_Length=str(length), Upload_Metadata=metadata)


def begin(browser: Browser, thread_id: object, name: str = "film.mov", length: int = len(CONTENT)) -> str:
    answer = announce(browser, f"filename {b64(name)},conversation {b64(thread_id)}", length)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def send(browser: Browser, address: str, offset: int, body: bytes) -> Any:
    kind = {"Content_Type": "application/offset+octet-stream"}
    return ask(browser, "PATCH", address, body, Upload_Offset=str(offset), **kind)


def ready(browser: Browser, thread_id: object, name: str = "film.mov") -> str:
    """A whole upload: its id."""
    address = begin(browser, thread_id, name)
    assert send(browser, address, 0, CONTENT).status_code == 204
    return address.rsplit("/", 1)[1]


def say(browser: Browser, thread_id: object, *uploads: str, body: str = "Look", key: str = "", **headers: str) -> Any:
    form = {"body": body, "client_key": key or uuid.uuid4().hex, "upload": list(uploads)}
    return browser.post(f"/milestones/{thread_id}/messages", form, **headers)


def kept(world: World) -> list[Attachment]:
    world.session.rollback()
    return list(world.session.scalars(select(Attachment).order_by(Attachment.name)))


def said(world: World) -> int:
    return world.session.scalar(select(func.count()).select_from(Message).where(Message.author_id.is_not(None))) or 0


def test_a_client_uploads_in_pieces_sends_it_and_the_vendor_downloads_any_range(scene):
    world, step, cleo, _ = scene
    address = begin(cleo, step.id, "样片.mov")
    assert send(cleo, address, 0, CONTENT[:1000]).headers["Upload-Offset"] == "1000"
    stands = ask(cleo, "HEAD", address)
    assert (stands.headers["Upload-Offset"], stands.headers["Upload-Length"]) == ("1000", "2048")
    assert stands.headers["Upload-Metadata"] == f"filename {b64('样片.mov')},conversation {b64(step.id)}"
    assert send(cleo, address, 1000, CONTENT[1000:]).headers["Upload-Offset"] == "2048"
    assert ask(cleo, "HEAD", address).headers["Upload-Offset"] == "2048"
    upload_id = address.rsplit("/", 1)[1]
    assert cleo.get(f"/attachments/{upload_id}/file").status_code == 404
    assert say(cleo, step.id, upload_id).status_code == 303
    [file] = kept(world)
    assert (str(file.id), file.is_small) == (upload_id, False)
    vera = world.browser(world.owner)
    whole = vera.get(f"/attachments/{upload_id}/file")
    assert (whole.data, whole.headers["Accept-Ranges"]) == (CONTENT, "bytes")
    assert "attachment" in whole.headers["Content-Disposition"]
    part = vera.get(f"/attachments/{upload_id}/file", Range="bytes=100-199")
    assert (part.status_code, part.data) == (206, CONTENT[100:200])
    assert part.headers["Content-Range"] == "bytes 100-199/2048"
    assert vera.get(f"/attachments/{upload_id}/file", Range="bytes=9000-").status_code == 416
    assert ask(cleo, "HEAD", address).status_code == 410
    assert ask(cleo, "DELETE", address).status_code == 409


def test_unpaid_or_not_it_is_open_to_who_may_read_the_message_and_to_nobody_else(scene):
    world, step, cleo, _ = scene
    upload_id = ready(cleo, step.id)
    say(cleo, step.id, upload_id)
    viewer = world.entered(world.contact(step.project, frozenset({Scope.VIEW}), "Vic View").code)
    payer = world.entered(world.contact(step.project, frozenset({Scope.PAY}), "Pam Pay").code)
    neighbour = world.entered(world.contact(world.project(title="Next door"), name="Nina Next").code)
    address = f"/attachments/{upload_id}/file"
    assert [who.get(address).status_code for who in (viewer, payer, neighbour)] == [200, 403, 404]


@pytest.mark.parametrize(
    "metadata", ["filename {name}", "filename {name},milestone {id},conversation {id}", "conversation eA==", ""]
)
def test_it_has_to_be_said_for_which_of_the_two_it_is(scene, metadata):
    world, step, _, _ = scene
    answer = announce(world.browser(world.owner), metadata.format(name=b64("a"), id=b64(step.id)))
    assert answer.status_code == 400
    assert "“conversation”" in answer.json["error"]["message"]


def foreign(world, step, _cleo):
    return ready(world.browser(world.owner), step.id)


def of_another_conversation(world, step, cleo):
    return ready(cleo, step.project_id)


def unfinished(_world, step, cleo):
    return begin(cleo, step.id).rsplit("/", 1)[1]


def sent_before(_world, step, cleo):
    upload_id = ready(cleo, step.id)
    assert say(cleo, step.id, upload_id).status_code == 303
    return upload_id


def missing(_world, _step, _cleo):
    return str(new_id())


def no_name_at_all(_world, _step, _cleo):
    return "../../etc/passwd"


WRONG = [foreign, of_another_conversation, unfinished, sent_before, missing, no_name_at_all]


@pytest.mark.parametrize("is_fragment", [True, False])
@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_a_message_that_names_a_wrong_upload_is_refused_in_one_sentence_and_comes_back(scene, make, is_fragment):
    world, step, cleo, _ = scene
    wrong, mine = make(world, step, cleo), ready(cleo, step.id, "mine.mov")
    before, headers = said(world), {"HX_Request": "true"} if is_fragment else {}
    answer = say(cleo, step.id, mine, wrong, body="What I wrote", key="the-key-of-this", **headers)
    assert answer.status_code == 422
    assert answer.text.count(ONE_SENTENCE) == 1
    assert "What I wrote" in answer.text
    assert 'value="the-key-of-this"' in answer.text
    assert said(world) == before
    assert say(cleo, step.id, mine, body="What I wrote", key="the-key-of-this", **headers).status_code in (
        200,
        204,
        303,
    )
    assert "mine.mov" in [file.name for file in kept(world)]


def test_sent_twice_it_is_said_once(scene):
    world, step, cleo, _ = scene
    upload_id = ready(cleo, step.id)
    answers = [say(cleo, step.id, upload_id, key="the-same-key-again") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert len(kept(world)) == 1


def test_whoever_is_out_can_do_nothing_with_it(scene):
    world, step, cleo, entered = scene
    upload_id, address = ready(cleo, step.id), begin(cleo, step.id)
    token = cleo.csrf()
    grants.revoke(world.session, actor=world.owner, grant=world.session.get_one(grants.Grant, entered.grant_id))
    cleo._token = token
    for method in ("HEAD", "PATCH", "DELETE"):
        assert ask(cleo, method, address).status_code == 401
    assert say(cleo, step.id, upload_id).status_code == 303
    assert said(world) == 0
    # Entered again, it is the same person, and everything goes on.
    fresh = world.entered(world.contact(step.project).code)
    assert ask(fresh, "HEAD", address).status_code == 200
    assert say(fresh, step.id, upload_id).status_code == 303


def test_a_scope_that_ends_ends_what_was_begun(scene):
    world, step, cleo, entered = scene
    address = begin(cleo, step.id)
    world.session.rollback()
    grant = world.session.get_one(grants.Grant, entered.grant_id)
    grant.scopes_text = write_scopes(frozenset({Scope.PAY}))
    world.session.commit()
    assert [ask(cleo, method, address).status_code for method in ("HEAD", "DELETE")] == [403, 403]
    assert send(cleo, address, 0, CONTENT).status_code == 403


def test_an_upload_without_a_token_of_the_form_is_not_begun(scene):
    world, step, cleo, _ = scene
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": f"conversation {b64(step.id)}"}
    assert cleo.client.post("/uploads", headers=headers).status_code == 400
    assert world.session.scalar(select(func.count()).select_from(Upload)) == 0


def test_the_form_says_without_scripts_how_much_it_carries_and_where_large_files_go(scene):
    _, step, cleo, _ = scene
    page = cleo.get(f"/milestones/{step.id}/messages").text
    assert "the files of one message may have 10 MB together" in page
    assert f'data-conversation="{step.id}"' in page
