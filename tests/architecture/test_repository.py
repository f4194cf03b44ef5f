"""What the repository itself may not hold."""

import re

import pytest

from tests.architecture import reading
from tests.architecture.reading import ROOT, at

# In pieces, so that this file does not accuse itself.
HOSTS = [
    "registry." + "npmjs.org",
    "registry." + "yarnpkg.com",
    "files." + "pythonhosted.org",
    "pypi." + "org/simple",
]
FOLDERS = [
    "/" + "root/",
    "/" + "opt/pypi",
    "/" + "opt/wheels",
    "/" + r"home/\w+/",
    "/" + r"Users/\w+/",
    "/" + "work/",
]
HOST = re.compile("|".join(re.escape(host) for host in HOSTS))
MACHINE = re.compile(r"(?<![\w.<>{}])(?:" + "|".join(FOLDERS) + ")")
MADE_HERE = re.compile(r"^(?:\.venv|node_modules|instance[^/]*|portal/static/vendor)/|\.(?:mo|pot|pyc|db|pem|key|log)$")


def test_no_file_names_a_registry_or_a_folder_of_somebody():
    found = []
    for path in reading.tracked_files():
        text = path.read_text(errors="ignore")
        for pattern in (HOST, MACHINE):
            found += [f"{at(path, text.count(chr(10), 0, m.start()) + 1)} {m[0]}" for m in pattern.finditer(text)]
    assert found == []


def test_what_is_made_here_is_not_tracked():
    names = [str(path.relative_to(ROOT)) for path in reading.tracked_files()]
    assert [name for name in names if MADE_HERE.search(name)] == []


@pytest.mark.parametrize(
    "line",
    [HOSTS[0], f'"resolved": "https://{HOSTS[0]}/x.tgz"', "see /" + "home/ada/notes", "cd /" + "root/x"],
)
def test_the_patterns_see_their_offences(line):
    """The control: patterns that match nothing here would match nothing anywhere."""
    assert HOST.search(line) or MACHINE.search(line)


def test_the_locks_hold_hashes_and_no_addresses():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9][\w.-]*==", text, re.MULTILINE)
        assert len(pins) > 30
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text
    for name in ("package-lock.json", "benchmarks/peers/package-lock.json"):
        assert '"resolved"' not in (ROOT / name).read_text()


def test_both_locks_agree_on_every_version():
    def pinned(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    runtime, development = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {name: development.get(name) for name in runtime} == runtime
