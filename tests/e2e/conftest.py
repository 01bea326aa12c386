"""A whole Lictor (`lictor up`) and a real, unmodified Prefect 1.4.1 beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx2
import pytest

from lictor.cli.demo import client
from tests.cli.lictor_process import LictorProcess, run_lictor

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="session")
def prefect() -> Path:
    """The directory with the programs of a real Prefect client: `prefect`, `python`."""
    return client.install()


class Lictor(Protocol):
    """Where a server and its database are."""

    @property
    def url(self) -> str: ...

    @property
    def database_url(self) -> str: ...


@dataclass(frozen=True)
class Stack:
    """The server that --stack names."""

    url: str
    database_url: str


@pytest.fixture(scope="module")
def lictor(request: pytest.FixtureRequest) -> Iterator[Lictor]:
    """A running Lictor with two API processes, on a fresh data directory; or what --stack names."""
    if url := request.config.getoption("--stack"):
        yield Stack(url, request.config.getoption("--stack-database"))
        return
    directory = Path(tempfile.mkdtemp(prefix="lictor-e2e-"))
    directory.chmod(0o711)
    process = LictorProcess(directory / "data", LICTOR_API_PROCESSES="2")
    try:
        process.ensure_up()
        yield process
    finally:
        process.kill()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def graphql(lictor: Lictor) -> Iterator[Callable[..., Any]]:
    """`graphql(document, **variables)` gives the data of the answer; errors fail the test."""
    with httpx2.Client(base_url=lictor.url, timeout=30, trust_env=False) as http:

        def ask(document: str, **variables: Any) -> Any:
            answer = http.post("/graphql", json={"query": document, "variables": variables}).json()
            assert "errors" not in answer, answer
            return answer["data"]

        yield ask


class Client:
    """Runs programs of the real client against one Lictor, with a home directory of its own."""

    def __init__(self, programs: Path, home: Path, url: str, scripts: Path = PROGRAMS) -> None:
        self.programs = programs
        self.scripts = scripts
        self.environment = client.client_environment(home, url)
        # As in an activated environment: old agents start flows by the bare name of `prefect`.
        self.environment["PATH"] = os.pathsep.join([str(programs), self.environment.get("PATH", os.defpath)])

    def __call__(self, *command: str, timeout: float = 120) -> str:
        """Run `prefect …`; returns what it printed. Fails the test unless it ends with status 0."""
        done = subprocess.run(
            [str(self.programs / "prefect"), *command],
            env=self.environment, capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        assert done.returncode == 0, f"prefect {' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *command: str, **more: Any) -> subprocess.Popen[str]:
        """Start a program of the client's environment and leave it running."""
        return subprocess.Popen(
            [str(self.programs / command[0]), *command[1:]], env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more,
        )  # fmt: skip

    def program(self, name: str, input: Any, timeout: float = 300) -> Any:
        """Run `<scripts>/<name>.py` with `input` as JSON; returns the JSON of its last line."""
        done = subprocess.run(
            [str(self.programs / "python"), str(self.scripts / f"{name}.py")],
            env=self.environment, input=json.dumps(input), capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        assert done.returncode == 0, f"{name}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def prefect_client(prefect: Path, lictor: Lictor, tmp_path: Path) -> Client:
    """The real client, pointed at `lictor`."""
    return Client(prefect, tmp_path / "home", lictor.url)


class Guarded(LictorProcess):
    """A Lictor that asks for API keys."""

    def api_answers(self) -> bool:
        """Whether the API is healthy: what needs the database would need a key."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=15) as answer:
                return answer.status == 200
        except OSError:
            return False

    def cli(self, *arguments: str) -> str:
        """What a `lictor` command on this data directory printed."""
        done = run_lictor(*arguments, LICTOR_DATA_DIR=str(self.instance.data_dir))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    directory = Path(tempfile.mkdtemp(prefix="lictor-cloud-"))
    directory.chmod(0o711)
    process = Guarded(directory / "data", LICTOR_AUTH="key", LICTOR_AUTH_CACHE_SECONDS="0")
    try:
        process.ensure_up()
        yield process
    finally:
        process.kill()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def key(guarded: Guarded) -> str:
    return guarded.cli("key", "create", "of the tests")


def cloud(prefect: Path, home: Path, url: str, **variables: str) -> Client:
    """The real client with `backend = cloud` at `url`, not logged in."""
    client = Client(prefect, home, url)
    del client.environment["PREFECT__SERVER__ENDPOINT"]
    client.environment |= {"PREFECT__BACKEND": "cloud", "PREFECT__CLOUD__API": url, **variables}
    return client


def failing(client: Client, *command: str) -> str:
    """What `prefect …` printed when it ended with a failure, as it has to."""
    done = subprocess.run(
        [str(client.programs / "prefect"), *command],
        env=client.environment, capture_output=True, text=True, timeout=120, input="",
    )  # fmt: skip
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def ask(guarded: Guarded, key: str) -> Iterator[Callable[..., Any]]:
    """`ask(document, tenant=…)` gives the data of the answer; errors fail the test."""
    with httpx2.Client(base_url=guarded.url, timeout=30, trust_env=False) as http:

        def post(document: str, tenant: str | None = None, **variables: Any) -> Any:
            headers = {
                "Authorization": f"Bearer {key}",
                **({"X-Prefect-Tenant-Id": tenant} if tenant else {}),
            }
            answer = http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
            assert "errors" not in answer.json(), answer.text
            return answer.json()["data"]

        yield post
