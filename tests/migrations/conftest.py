"""Databases on every Postgres that Lictor promises to run on: the bundled one and, where it is installed, Postgres 15."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from lictor import migrations
from lictor.cli.embedded.binaries import PostgresBinaries
from lictor.cli.embedded.postgres import PostgresServer
from tests.migrations.builders import World

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
_TEMPLATE = "migrations_template"
_SHARED = "migrations_shared"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def oldest_postgres() -> Iterator[PostgresServer]:
    """A running Postgres 15, without fsync; gone after the session."""
    with tempfile.TemporaryDirectory(prefix="lictor-pg15-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o711)
        with PostgresServer(
            Path(directory) / "postgres",
            settings={"fsync": "off"},
            binaries=PostgresBinaries(directory=POSTGRES_15, major=15),
        ) as server:
            yield server


@pytest.fixture(
    params=[
        pytest.param("postgres", id="bundled"),
        pytest.param(
            "oldest_postgres",
            id="pg15",
            marks=pytest.mark.skipif(not POSTGRES_15.is_dir(), reason="Postgres 15 is not installed"),
        ),
    ]
)
def server(request: pytest.FixtureRequest) -> PostgresServer:
    """One running server after the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def empty(server: PostgresServer) -> Iterator[str]:
    """The DSN of a database that has never been migrated."""
    with _database(server, None) as dsn:
        yield dsn


@pytest.fixture
def migrated(server: PostgresServer) -> Iterator[str]:
    """The DSN of a freshly migrated database that belongs to one test."""
    if not server.database_exists(_TEMPLATE):
        server.create_database(_TEMPLATE)
        migrations.upgrade(server.dsn(_TEMPLATE))
    with _database(server, _TEMPLATE) as dsn:
        yield dsn


@pytest.fixture
def shared(server: PostgresServer) -> Iterator[str]:
    """The DSN of a migrated database without rows, which tests use one after the other.

    Making and dropping a database takes far longer than most tests.
    """
    dsn = server.dsn(_SHARED)
    if not server.database_exists(_SHARED):
        server.create_database(_SHARED)
        migrations.upgrade(dsn)
    yield dsn
    with psycopg.connect(dsn, autocommit=True) as db:
        for table in ("tenant", "log", "flow_run_state", "task_run_state", "utility.purge"):
            db.execute(f"DELETE FROM {table}")


@contextlib.contextmanager
def _database(server: PostgresServer, template: str | None) -> Iterator[str]:
    name = f"migrations_{next(_numbers)}"
    server.create_database(name, template=template)
    yield server.dsn(name)
    server.drop_database(name)


Connection = psycopg.Connection
Connect = Callable[[], Connection]


@pytest.fixture
def connect(shared: str) -> Iterator[Connect]:
    """Opens connections to `shared`, each statement a transaction unless the test says otherwise."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(psycopg.connect(shared, autocommit=True))


@pytest.fixture
def world(connect: Connect) -> World:
    """A tenant with a project, in a migrated database that has nothing else."""
    return World(connect())
