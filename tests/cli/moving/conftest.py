"""Databases of Prefect Servers, and empty ones for Lictor."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from lictor.cli.embedded.postgres import PostgresServer
from lictor.cli.moving.prefect_revisions import HEAD
from tests.cli.moving.prefect_server import fill

_numbers = itertools.count(1)


@pytest.fixture
def empty_database(postgres: PostgresServer) -> Iterator[Callable[..., str]]:
    """Makes empty databases, gone after the test; or copies of one."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        made.append(f"moving_{next(_numbers)}")
        postgres.create_database(made[-1], template)
        return postgres.dsn(made[-1])

    yield make
    for name in made:
        postgres.drop_database(name)


@pytest.fixture
def prefect_server(empty_database: Callable[[], str]) -> Callable[..., str]:
    """Makes databases of Prefect Servers with so many runs, at a revision."""

    def make(runs: int = 60, revision: str = HEAD) -> str:
        dsn = empty_database()
        fill(dsn, runs, revision)
        return dsn

    return make


@pytest.fixture
def lictor_database(empty_database: Callable[..., str], template_database: str) -> Callable[[], str]:
    """Makes migrated databases without a row."""
    return lambda: empty_database(template_database)
