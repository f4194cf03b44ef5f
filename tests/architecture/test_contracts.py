"""Who may import whom, as pyproject.toml says under [tool.importlinter]."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-cache", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_every_import_contract_is_kept():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_contracts_of_the_architecture_are_there():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert [contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]] == [
        "one-direction",
        "pure-rules",
        "no-flask-below-web",
        "independent-blueprints",
        "services-without-cycles",
        "nobody-imports-the-top",
    ]


def test_a_rule_that_imports_a_service_and_flask_is_caught(tmp_path):
    """The control: the same contracts over a small tree with offences must fail, each by name."""
    for package in ("rules", "models", "access", "services", "queries", "adapters", "web", "blueprints"):
        write(tmp_path / "portal" / package / "__init__.py")
    for module in (
        "__init__",
        "db",
        "cli",
        "demo",
        "doctor",
        "green",
        "listeners",
        "patience",
        "server",
        "serving",
        "worker",
        "wsgi",
    ):
        write(tmp_path / "portal" / f"{module}.py")
    write(tmp_path / "portal/rules/money.py", "import portal.services.payments\nimport sqlalchemy\n")
    write(tmp_path / "portal/services/payments.py", "import portal.services.receipts\nimport portal.cli\n")
    write(tmp_path / "portal/services/receipts.py", "import portal.services.payments\nimport flask\n")
    write(tmp_path / "portal/blueprints/milestones.py", "import portal.blueprints.payments\n")
    write(tmp_path / "portal/blueprints/payments.py")
    write(tmp_path / "pyproject.toml", (ROOT / "pyproject.toml").read_text())

    done = lint(tmp_path)

    assert done.returncode == 1
    assert "Contracts: 0 kept, 6 broken." in done.stdout, done.stdout


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
