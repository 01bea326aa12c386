"""Each release of the client in an environment of its own, and the database it wrote to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.rows import dict_row

from lictor.cli.demo.client import LOCK, pinned
from lictor.cli.embedded.postgres import PostgresServer
from lictor.cli.stack import DATABASE
from tests.cli.lictor_process import LictorProcess
from tests.e2e.clients import pythons
from tests.e2e.conftest import Client

pytest.register_assert_rewrite("tests.e2e.clients.behaviours")

HERE = Path(__file__).parent


class Release(NamedTuple):
    """A release of Prefect, the Pythons it works on (the best first), and its lock file."""

    version: str
    pythons: tuple[str, ...]
    lock: Path

    @classmethod
    def old(cls, version: str, *pythons: str) -> Release:
        return cls(version, pythons, HERE / "locks" / f"{version}.lock")


RELEASES = {
    release.version: release
    for release in (
        Release.old("0.13.19", "3.8", "3.9", "3.10", "3.11"),
        Release.old("0.14.22", "3.8", "3.9", "3.10", "3.11"),
        Release.old("0.15.13", "3.9", "3.8", "3.10", "3.11"),
        Release("1.4.1", ("3.11", "3.12", "3.13"), LOCK),
    )
}


@pytest.fixture(scope="module")
def release(request: pytest.FixtureRequest) -> Release:
    """The release that the test file names as VERSION."""
    return RELEASES[request.module.VERSION]


@pytest.fixture(scope="module")
def prefect(release: Release) -> Path:
    """The directory with that release's programs. Without a Python for it the tests are skipped, or fail in CI."""
    if python := pythons.find(release.pythons):
        return pinned(release.lock, python).install()
    reason = f"Prefect {release.version} needs Python {' or '.join(release.pythons)}; none was found here"
    if os.environ.get("LICTOR_REQUIRE_TOOLS"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def prefect_client(prefect: Path, lictor: LictorProcess, tmp_path: Path) -> Client:
    """That release, pointed at `lictor`; its programs are those of this directory."""
    return Client(prefect, tmp_path / "home", lictor.url, HERE / "programs")


@pytest.fixture
def rows(lictor: LictorProcess) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """`rows(sql, *values)` gives what the database itself holds."""
    server = PostgresServer(lictor.instance.data_dir / "postgres")
    with psycopg.connect(server.dsn(DATABASE), autocommit=True, row_factory=dict_row) as connection:
        yield lambda sql, *values: connection.execute(sql, values).fetchall()
