"""Fixtures that every room's tests share: a real Postgres, a migrated database per test, a pool on it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator

import asyncpg
import psycopg
import psycopg.sql
import pytest

from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer

TEMPLATE = "lictor_template"
# What no run takes with it when it goes.
EMPTIED = ("log", "flow_run_state", "task_run_state")
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of tests/engine/conformance, which only an initial conftest may add."""
    group = parser.getgroup("conformance")
    group.addoption("--endpoint", help="judge the engine at this URL; without it, our own is started")
    group.addoption("--admin-secret", default="", help="the admin secret of --endpoint")
    group.addoption("--handler-url", help="where --endpoint reaches this machine for its actions")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running Postgres of our own, without fsync; gone after the session."""
    with PostgresServer.temporary() as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres: PostgresServer) -> str:
    """The name of a migrated database that others are copied from."""
    postgres.create_database(TEMPLATE)
    migrations.upgrade(postgres.dsn(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def fresh_database(postgres: PostgresServer, template_database: str) -> Iterator[str]:
    """The DSN of a newly made, migrated database that one test may do anything to."""
    name = f"fresh_{next(_numbers)}"
    postgres.create_database(name, template=template_database)
    yield postgres.dsn(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def reused_database(postgres: PostgresServer, template_database: str) -> str:
    """The name of the database that `database` hands from test to test."""
    postgres.create_database("reused", template=template_database)
    return "reused"


@pytest.fixture
def database(postgres: PostgresServer, reused_database: str) -> Iterator[str]:
    """The DSN of a migrated database without a row, for one test. Emptying it is far cheaper than making it."""
    yield postgres.dsn(reused_database)
    with psycopg.connect(postgres.dsn(reused_database), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        # Everything hangs under a tenant or a user; history goes with its runs by trigger.
        for table in (*EMPTIED, "tenant", "auth_user"):
            connection.execute(psycopg.sql.SQL("DELETE FROM {}").format(psycopg.sql.Identifier(table)))
        connection.execute("DELETE FROM utility.purge")


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A small connection pool on `database`, with the session settings that the services use."""
    async with asyncpg.create_pool(
        database, min_size=1, max_size=8, server_settings={"timezone": "UTC", "jit": "off"}
    ) as pool:
        yield pool
