"""The doctor: one line for each thing, and the very line that installs what is missing."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import create_engine, text

from portal import config, doctor, migrating
from portal.adapters import clock, pdf
from portal.doctor import Check, State
from portal.services import rereading
from portal.web.installation import installation
from tests.worlds import World


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """A healthy one."""
    migrating.upgrade(config.load({}, instance=tmp_path))
    return tmp_path


def examined(instance: Path, **environ: str) -> list[Check]:
    return list(doctor.examine({"PORTAL_INSTANCE": str(instance)} | environ))


def missing(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.state is State.MISSING]


def about(word: str, checks: list[Check]) -> Check:
    (found,) = [check for check in checks if word in check.says]
    return found


def test_a_healthy_machine_has_nothing_missing_but_what_this_machine_lacks(instance: Path) -> None:
    expected = pdf.missing()
    found = missing(examined(instance))
    assert [check for check in found if "PDF" not in check.says] == []
    assert bool(found) == bool(expected)


def test_every_line_says_one_thing(instance: Path) -> None:
    for check in examined(instance):
        assert str(check).startswith(check.state.value)
        assert "\n" not in check.says


@pytest.mark.parametrize("package", [*pdf.LIBRARIES])
def test_a_missing_library_is_named_with_the_line_that_installs_it(
    package: str, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pdf.LIBRARIES, package, "libnothing-of-the-kind.so.0")
    check = about("Receipts as PDF", examined(instance))
    assert (check.state, check.remedy) == (State.MISSING, f"apt-get install {package}")


def test_a_missing_chinese_font_is_named_with_the_line_that_installs_it(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "FONT_FOLDERS", ("/nowhere",))
    check = about("Chinese font", examined(instance))
    assert (check.state, check.remedy) == (State.MISSING, "apt-get install fonts-wqy-microhei")


def test_browser_files_that_were_not_installed_are_named(
    instance: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("portal")
    monkeypatch.setattr(doctor, "HERE", elsewhere)
    assert about("Browser files", examined(instance)).state is State.MISSING
    vendor = Path(pdf.__file__).parents[1] / "static" / "vendor"
    shutil.copytree(vendor, elsewhere / "static" / "vendor")
    assert about("Browser files", examined(instance)).state is State.OK
    (elsewhere / "static" / "vendor" / "htmx.min.js").unlink()
    check = about("Browser files", examined(instance))
    assert "htmx.min.js" in check.says
    assert "make install" in check.remedy


def test_a_bad_setting_is_a_finding_and_not_a_crash(instance: Path) -> None:
    check = about("Settings", examined(instance, PORT="eighty"))
    assert check.state is State.MISSING


def test_an_instance_without_a_database_is_told_to_begin_and_none_is_made(tmp_path: Path) -> None:
    check = about("no database yet", examined(tmp_path))
    assert (check.state, check.remedy) == (State.MISSING, "portal init")
    assert not (tmp_path / "portal.db").exists()


def test_an_old_schema_is_told_to_upgrade(instance: Path) -> None:
    engine = create_engine(f"sqlite:///{instance}/portal.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    engine.dispose()
    assert about("no tables yet, or old ones", examined(instance)).remedy == "portal db upgrade"


def test_a_database_that_does_not_answer_is_missing(instance: Path) -> None:
    checks = examined(instance, PORTAL_DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert about("The database cannot be used", checks).state is State.MISSING


@pytest.fixture
def mail_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_mail_server_is_tried_and_one_that_does_not_answer_is_missing(instance: Path, mail_server: int) -> None:
    url = f"smtp://127.0.0.1:{mail_server}"
    assert about("mail server", examined(instance, PORTAL_SMTP_URL=url)).state is State.OK
    check = about("mail server", examined(instance, PORTAL_SMTP_URL="smtp://me:hunter2@127.0.0.1:1"))
    assert check.state is State.MISSING
    assert "hunter2" not in str(check)


def test_without_a_mail_server_it_says_where_the_mails_are(instance: Path) -> None:
    check = about("No mail server", examined(instance))
    assert check.state is State.NOTE
    assert str(instance / "outbox") in check.says


def test_a_clock_that_stands_long_ago_is_missing(instance: Path) -> None:
    with time_machine.travel("2001-01-01 00:00:00+00:00", tick=False):
        assert about("The clock says", examined(instance)).state is State.MISSING


def test_keys_that_others_can_read_are_pointed_out(instance: Path) -> None:
    (instance / "keys").chmod(0o755)
    assert about("look into the keys", examined(instance)).remedy == f"chmod 700 {instance / 'keys'}"


def test_an_address_without_tls_is_pointed_out_unless_it_is_this_machine(instance: Path) -> None:
    assert "without TLS" not in str(examined(instance))
    assert about("without TLS", examined(instance, PORTAL_BASE_URL="http://portal.example")).state is State.NOTE
    assert "without TLS" not in str(examined(instance, PORTAL_BASE_URL="https://portal.example"))


def test_too_little_space_is_missing(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.LocalStorage, "room", lambda self: (1, 100 * doctor.GIB))
    assert about("Storage", examined(instance)).state is State.MISSING


def test_a_clock_behind_the_record_is_missing(app: Flask, world: World) -> None:
    world.project()
    engine = installation(app).engine
    assert list(doctor._newest_entry(engine)) == []
    with time_machine.travel(clock.now() - timedelta(hours=1), tick=False):
        assert [check.state for check in doctor._newest_entry(engine)] == [State.MISSING]


def test_a_stored_file_found_damaged_is_missing_until_it_is_whole_again(app: Flask, world: World) -> None:
    file = world.store(world.milestone(world.project()), "plan.pdf", b"the plan")
    engine = installation(app).engine
    assert list(doctor._damaged_files(engine)) == []
    for is_damaged, states in ((True, [State.MISSING]), (False, [])):
        rereading.mark(world.session, file_id=file.id, is_damaged=is_damaged)
        assert [check.state for check in doctor._damaged_files(engine)] == states
