"""The command: what it prints, what it returns, and that its failures are one sentence on standard error."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal import cli, config, create_app
from portal.models.client import Grant
from portal.models.entry import Entry
from portal.models.project import Project
from portal.models.vendor import Member
from portal.web.installation import installation
from tests.servers import ROOT, free_port, serving
from tests.worlds import PASSWORD, World

CHECKER = ROOT / "verify_milepost.py"
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}")


def portal(*arguments: str, instance: Path, typed: str = "", **environ: str) -> Result:
    """Run the command in this process."""
    others: dict[str, str | None] = {name: None for name in os.environ if name.startswith("PORT")}
    mine = others | {"PORTAL_INSTANCE": str(instance)} | environ
    return CliRunner().invoke(cli.main, arguments, input=typed, env=mine, prog_name="portal")


def failed(done: Result, status: int = 1) -> str:
    """The one sentence of a failure."""
    assert done.exit_code == status, done.output
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.strip().endswith((".", "!")), done.stderr
    return done.stderr.strip()


def worked(done: Result) -> str:
    assert done.exit_code == 0, done.output
    return done.stdout


def as_a_program(*arguments: str, instance: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would."""
    command = [sys.executable, "-m", "portal", *arguments]
    mine = os.environ | {"PORTAL_INSTANCE": str(instance)} | environ
    return subprocess.run(command, cwd=ROOT, env=mine, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An instance with a vendor and a project, made by the command and the services; the project's id."""
    instance = tmp_path_factory.mktemp("lived") / "instance"
    worked(portal("init", instance=instance))
    app = create_app(config.load({}, instance=instance))
    with installation(app).sessions() as session:
        world = World.founded(app, session)
        project = world.project()
        cleo = world.contact(project)
        world.pay(world.deliver(world.milestone(project), ("a.txt", b"all of it")), cleo)
        project_id = str(project.id)
    installation(app).engine.dispose()
    return instance, project_id


def test_without_a_command_it_says_what_there_is(tmp_path: Path) -> None:
    done = portal(instance=tmp_path)
    assert done.exit_code == 2
    for name in ("run", "init", "demo", "doctor", "db", "vendor", "grant", "verify", "export", "config", "worker"):
        assert re.search(rf"^  {name} ", done.stderr, re.MULTILINE), name


def test_init_makes_an_instance_of_this_user_and_may_be_repeated(tmp_path: Path) -> None:
    for _ in range(2):
        assert str(tmp_path / "new") in worked(portal("init", instance=tmp_path / "new"))
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert {path.name for path in (tmp_path / "new" / "keys").iterdir()} == {"session.key", "codes.key", "record.key"}


def test_a_vendor_is_made_with_a_password_from_standard_input_and_can_log_in(tmp_path: Path) -> None:
    worked(portal("init", instance=tmp_path))
    create = ["vendor", "create", "--name", "Vera Studio", "--email", "Vera@studio.example", "--password-stdin"]
    assert "vera@studio.example" in worked(portal(*create, instance=tmp_path, typed=PASSWORD + "\n"))
    assert "already logs in" in failed(portal(*create, instance=tmp_path, typed=PASSWORD + "\n"))
    assert "at least 12 characters" in failed(portal(*create, instance=tmp_path, typed="short\n"))
    app = create_app(config.load({}, instance=tmp_path))
    with installation(app).sessions() as session:
        world = World(app, session, None, "")  # type: ignore[arg-type]  # nobody of this world acts
        form = {"email": "vera@studio.example", "password": PASSWORD}
        assert world.stranger().post("/login", form).status_code == 303
        assert [member.name for member in session.scalars(select(Member))] == ["Vera Studio"]
    installation(app).engine.dispose()


def test_a_code_is_printed_once_opens_the_project_and_is_ended_by_its_id(lived: tuple[Path, str]) -> None:
    instance, project_id = lived
    issue = ["grant", "issue", "--project", project_id, "--name", "Li Wei", "--scope", "view", "--scope", "pay"]
    done = portal(*issue, instance=instance)
    code, grant_id = worked(done).strip(), done.stderr.split()[-1]
    assert CODE.fullmatch(code)
    app = create_app(config.load({}, instance=instance))
    with installation(app).sessions() as session:
        world = World(app, session, None, "")  # type: ignore[arg-type]  # nobody of this world acts
        assert world.stranger().post("/enter", {"code": code}).status_code == 303
        assert session.get_one(Grant, UUID(grant_id)).scopes_text == "view pay"
        assert worked(portal("grant", "revoke", grant_id, instance=instance)) == "The access has ended.\n"
        assert "already revoked" in failed(portal("grant", "revoke", grant_id, instance=instance))
        assert world.stranger().post("/enter", {"code": code}).status_code == 422
        session.rollback()
        by = [
            json.loads(body)["by"] for body in session.scalars(select(Entry.body).where(Entry.kind == "grant.revoked"))
        ]
        assert by == ["system"]
    installation(app).engine.dispose()


def test_a_project_is_named_by_its_id_or_its_title(lived: tuple[Path, str]) -> None:
    instance, project_id = lived
    by_title = worked(portal("export", "--project", "Cherry Harvest website", instance=instance))
    assert by_title == worked(portal("export", "--project", project_id, instance=instance))
    assert failed(portal("export", "--project", "Nothing", instance=instance)) == "There is no such project."


def test_an_exported_record_is_right_for_the_stand_alone_checker(lived: tuple[Path, str], tmp_path: Path) -> None:
    instance, project_id = lived
    record = tmp_path / "record.jsonl"
    record.write_text(worked(portal("export", "--project", project_id, instance=instance)), "utf-8")
    done = subprocess.run([sys.executable, "-I", str(CHECKER), str(record)], capture_output=True, text=True)
    assert (done.returncode, project_id in done.stdout) == (0, True)


def test_verify_says_that_all_is_right_and_what_is_not(lived: tuple[Path, str]) -> None:
    instance, project_id = lived
    assert worked(portal("verify", "--files", instance=instance)).startswith("Everything is right: 1 projects, ")
    app = create_app(config.load({}, instance=instance))
    with installation(app).sessions() as session:
        project = session.scalars(select(Project)).one()
        price, project.price_minor = project.price_minor, 1
        session.commit()
        done = portal("verify", "--project", project_id, instance=instance)
        project.price_minor = price
        session.commit()
    installation(app).engine.dispose()
    assert "2 things are not right" in failed(done) or "1 things are not right" in failed(done)
    assert f"{project_id}: price of the project" in done.stdout


def test_the_settings_in_force_are_shown_without_secrets(tmp_path: Path) -> None:
    shown = worked(portal("config", instance=tmp_path, PORTAL_SMTP_URL="smtp://me:hunter2@mail.example", PORT="8123"))
    assert "port = 8123\n" in shown
    assert "smtp_url = smtp://me:***@mail.example\n" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (["run"], {"PORTAL_COLOUR": "red"}, "There is no setting “colour”"),
        (["run"], {"PORT": "eighty"}, "port must be a whole number"),
        (["verify"], {"PORTAL_DATABASE_URL": "mysql://x/y"}, "database_url must begin with"),
        (["verify"], {"PORTAL_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "The database cannot be used"),
        (["verify"], {}, "portal db upgrade"),
        (["export", "--project", "x"], {}, "portal db upgrade"),
        (["init"], {"PORTAL_DATABASE_URL": "sqlite:////proc/none/portal.db"}, "The database cannot be used"),
        (["init"], {"PORTAL_INSTANCE": "/dev/null/instance"}, "cannot be used"),
    ],
)
def test_a_failure_is_one_sentence_on_standard_error(
    arguments: list[str], environ: dict[str, str], said: str, tmp_path: Path
) -> None:
    assert said in failed(portal(*arguments, instance=tmp_path, **environ))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command"),
        (["grant", "issue", "--project", "x"], "Missing option"),
        (["grant", "issue", "--project", "x", "--name", "y", "--scope", "fly"], "'fly' is not one of"),
        (["grant", "revoke", "12"], "not a valid UUID"),
        (["vendor", "create", "--name", "x", "--email", "y"], "Missing option '--password-stdin'"),
    ],
)
def test_a_slip_in_the_arguments_is_one_sentence_with_status_two(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    assert said in failed(portal(*arguments, instance=tmp_path), status=2)


def test_an_instance_that_cannot_be_written_to_is_named() -> None:
    said = failed(portal("init", instance=Path("/sys/milepost")))
    assert said.startswith("The instance /sys/milepost cannot be used: ")


def test_a_port_in_use_is_said_before_anything_is_served(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in ("run", "demo"):
            done = as_a_program(command, instance=tmp_path / command, PORT=port)
            sentence = f"Cannot listen on 127.0.0.1:{port}: address already in use. Choose another port with PORT=.\n"
            assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)
    assert not (tmp_path / "demo" / "portal.db").exists()


def test_run_upgrades_prints_address_and_token_and_serves(tmp_path: Path) -> None:
    with serving(tmp_path / "instance") as server:
        assert f"Milepost is at {server.url}" in server.log.read_text()
        assert len(server.setup_token()) >= 20
        with urlopen(f"{server.url}/setup") as answer:
            assert answer.status == 200


def test_demo_prints_the_way_in_twice_the_same(tmp_path: Path) -> None:
    printed = [demo_output(tmp_path / "instance") for _ in range(2)]
    assert printed[0] == printed[1]
    assert CODE.search(printed[0])
    assert "vera@stein-studio.example" in printed[0]


def demo_output(instance: Path) -> str:
    """What `portal demo` prints until it serves; without the address, whose port is another each time."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "portal", "demo"],
        cwd=ROOT,
        env=os.environ | {"PORTAL_INSTANCE": str(instance), "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    process.terminate()
    process.wait(timeout=40)
    process.stdout.close()
    return "".join(lines).replace(str(port), "PORT")
