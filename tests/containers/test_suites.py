"""Suites of other rooms, judged on the stack: the API with real clients, and the conformance of its Hasura.

Part of `make test-compose`. The same files start servers of their own elsewhere; here --stack and --endpoint name these.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import psycopg
import pytest

from lictor.cli.embedded.processes import free_port
from tests.containers.compose import ROOT, Compose, docker, until_well

pytestmark = [
    pytest.mark.skipif(not os.environ.get("LICTOR_TEST_COMPOSE"), reason="make test-compose runs these"),
    pytest.mark.timeout(3600),
]

API = (
    "tests/actions/gateway/test_statuses.py",
    "tests/actions/gateway/test_batches.py",
    "tests/actions/gateway/test_transport.py",
    "tests/e2e/test_client.py",
    "tests/e2e/test_race.py",
    "tests/e2e/test_bad_input.py",
    "tests/e2e/clients/test_1_4_1.py::TestClient",
)
"""What an API may be asked by real clients, by hand-made requests, and by what is wrong or large."""
OTHERWISE_SET = (
    # The tests' own gateway allows 7 levels, and has no web UI.
    "tests/actions/gateway/test_statuses.py::test_depth",
    "tests/actions/gateway/test_transport.py::test_a_browser_gets_a_page",
)


def judge(name: str, directory: Path, report: dict[str, Any], *arguments: str) -> None:
    """Run pytest with `arguments`; fails with the end of its output, and says in the report what it counted."""
    results = directory / "results.xml"
    environment = {
        variable: value
        for variable, value in os.environ.items()
        if not variable.startswith(("LICTOR_", "PYTEST_XDIST_", "HASURA_"))
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={results}"]
    done = subprocess.run([*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    [suite] = ElementTree.parse(results).getroot()
    counted = {what: int(suite.attrib[what]) for what in ("tests", "failures", "errors", "skipped")}
    assert counted["tests"] > counted["skipped"], "nothing was judged"
    report[name] = counted


def test_the_api_on_the_stack(stack: Compose, tmp_path: Path, report: dict[str, Any]) -> None:
    stack.until_ready()
    arguments = [*API, *(f"--deselect={one}" for one in OTHERWISE_SET)]
    judge(
        "suite: API",
        tmp_path,
        report,
        *arguments,
        f"--stack={stack.url}",
        f"--stack-database={stack.database_url}",
    )


@pytest.fixture
def hasura(stack: Compose) -> Iterator[tuple[str, str]]:
    """One more Hasura like the stack's, on a database of its own; its URL, and where it reaches this machine."""
    [model, *_] = stack.containers("hasura")
    network = f"{stack.project}_inside"
    [found] = json.loads(docker("network", "inspect", network))
    gateway = found["IPAM"]["Config"][0]["Gateway"]
    name = f"conformance_{uuid4().hex[:8]}"
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    # What null means in filters is Lictor's choice; the suite judges Hasura's own.
    told = [
        one
        for one in model["Config"]["Env"]
        if one.startswith("HASURA_GRAPHQL_") and "V1_BOOLEAN_NULL_COLLAPSE" not in one
    ]
    own = [
        f"HASURA_GRAPHQL_DATABASE_URL={stack.secret('lictor_database_url').removesuffix('/lictor')}/{name}",
        f"HASURA_GRAPHQL_ADMIN_SECRET={stack.secret('lictor_graphql_admin_secret')}",
    ]
    environment = [word for one in (*told, *own) for word in ("--env", one)]
    # Without the entrypoint, which reads the stack's own database from its secrets.
    image, command = model["Config"]["Image"], model["Config"]["Cmd"]
    container = docker(
        "run", "--detach", "--read-only", "--tmpfs", "/tmp", "--network", network, *environment,
        "--entrypoint", command[0], image, *command[1:],
    )  # fmt: skip
    try:
        [running] = json.loads(docker("inspect", container))
        url = f"http://{stack.address(running)}:8080"
        until_well(f"{url}/healthz")
        yield url, gateway
    except AssertionError:
        print(docker("logs", "--tail", "40", container))
        raise
    finally:
        docker("rm", "--force", container)
        with psycopg.connect(stack.database_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_conformance_of_its_hasura(
    stack: Compose, hasura: tuple[str, str], tmp_path: Path, report: dict[str, Any]
) -> None:
    url, gateway = hasura
    secret = stack.secret("lictor_graphql_admin_secret")
    handlers = f"http://{gateway}:{free_port(host=gateway)}"
    judge(
        "suite: conformance",
        tmp_path,
        report,
        "tests/engine/conformance",
        f"--endpoint={url}",
        f"--admin-secret={secret}",
        f"--handler-url={handlers}",
    )
