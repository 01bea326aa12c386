"""Each release of the client in an environment of its own, and the database it wrote to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.rows import dict_row

from lictor.cli.demo.client import LOCK, pinned
from tests.e2e.clients import pythons
from tests.e2e.conftest import Client, Lictor
from tests.tools import unavailable

pytest.register_assert_rewrite("tests.e2e.clients.behaviours", "tests.e2e.clients.cloud")

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
    python = pythons.find(release.pythons)
    if not python:
        unavailable(
            f"Prefect {release.version} needs Python {' or '.join(release.pythons)}; none was found here"
        )
    return pinned(release.lock, python).install()


@pytest.fixture
def prefect_client(prefect: Path, lictor: Lictor, tmp_path: Path) -> Client:
    """That release, pointed at `lictor`; its programs are those of this directory."""
    return Client(prefect, tmp_path / "home", lictor.url, HERE / "programs")


@pytest.fixture
def rows(lictor: Lictor) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """`rows(sql, *values)` gives what the database itself holds."""
    with psycopg.connect(lictor.database_url, autocommit=True, row_factory=dict_row) as connection:
        yield lambda sql, *values: connection.execute(sql, values).fetchall()
