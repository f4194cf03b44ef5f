"""A code is shown once, and then stands nowhere: not in tables, files, mails, papers, pages, cookies, or logs (A5)."""

from __future__ import annotations

import io
import time
import traceback
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from portal.adapters import clock
from portal.models.milestone import Milestone
from portal.models.sitting import Bucket
from portal.models.vendor import Member
from portal.rules import codes
from portal.web.installation import installation
from tests import scale
from tests.attacks import a_instances, a_sweep
from tests.attacks.a_story import Story, renamed
from tests.attacks.a_sweep import Sweep
from tests.studios import Studio, opened
from tests.worlds import Entered, World, fresh_session

MAILS = 3
KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


def furnish(world: World, milestone: Milestone, _entered: Entered) -> None:
    world.deliver(milestone, ("plan.txt", b"the plan"))


@pytest.mark.faults
@pytest.mark.timeout(180)
@pytest.mark.parametrize("kind", KINDS[: scale.cases(1, full=2)])
def test_a_code_is_nowhere_but_on_the_page_that_shows_it(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    sweep = Sweep()
    with a_instances.prepared(kind, request, tmp_path), opened(tmp_path, furnish=furnish) as studio:
        story = Story(studio, sweep)
        code = story.invite()
        story.enter(code)
        story.pay(code)
        story.look_around()
        story.enrol()
        story.end(code)
        wait_for_mails(studio)
        studio.server.stop()
        hits = [*story.hits, *left_behind(studio, sweep)]
    scale.figure("A5", f"artefacts swept for codes and passwords, {kind}", artefacts=sweep.artefacts,
                 secrets=len(sweep.secrets), hits=len(hits))  # fmt: skip
    assert sorted(set(hits)) == [], sorted(set(hits))
    assert len(sweep.secrets) == 3


def wait_for_mails(studio: Studio) -> None:
    """Until the mails of the story are written."""
    deadline = time.monotonic() + 90
    while len(list((studio.server.instance / "outbox").glob("*.eml"))) < MAILS:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def left_behind(studio: Studio, sweep: Sweep) -> list[str]:
    """Hits in all that the server keeps: its folder with mails, jobs and files, its log, and each row of its tables."""
    log = studio.server.log.read_bytes()
    assert b"database_unavailable" in log or b"request_failed" in log
    kept = [("the log", log), *a_sweep.files(studio.server.instance), *a_sweep.tables(installation(studio.app).engine)]
    return [hit for name, content in kept for hit in sweep.hits(name, content)]


def mail(code: str) -> bytes:
    message = EmailMessage()
    message["Message-ID"] = "<1@portal.example>"
    message["Subject"] = "你好"
    message.set_content(f"你好 {code}", cte="base64")
    return message.as_bytes(policy=SMTP)


def archive(code: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("letter.eml", mail(code))
    return content.getvalue()


@pytest.mark.parametrize(
    "wrap", [str.encode, mail, archive, lambda code: f"/enter?code={code.replace('-', '%2D')}".encode()]
)
@pytest.mark.parametrize("spell", [str, str.lower, lambda code: code.replace("-", "")])
def test_the_sweep_sees_a_code_however_it_is_wrapped(wrap, spell) -> None:
    """The control."""
    sweep, code = Sweep(), codes.display(codes.generate())
    sweep.hide("the code", code)
    assert sweep.hits("it", wrap(spell(code))) == ["the code in it"]
    assert sweep.hits("it", wrap(codes.display(codes.generate()))) == []


def test_the_sweep_sees_a_code_in_any_table(app: Flask) -> None:
    """The control, in both databases."""
    sweep, code = Sweep(), codes.generate()
    sweep.hide("the code", codes.display(code))
    with fresh_session(app) as session:
        session.add(Bucket(name=f"account:{code.lower()}", millitokens=0, filled_ms=int(clock.now().timestamp())))
        session.commit()
    found = [hit for name, row in a_sweep.tables(installation(app).engine) for hit in sweep.hits(name, row)]
    assert found == ["the code in the table buckets"]


def test_what_a_failed_statement_was_given_is_in_no_log(app: Flask) -> None:
    """A failure is logged with its traceback; what somebody typed, or a hash of it, is none of a log's business."""
    secret = "paper-lantern-42-rivers"
    engine = installation(app).engine
    with renamed(engine, "members"), fresh_session(app) as session:
        with pytest.raises(DBAPIError) as failure:
            session.execute(update(Member).values(password_hash=secret))
        assert "members" in str(failure.value)
        assert secret not in "".join(traceback.format_exception(failure.value))
