"""Fixtures that every room's tests share: a real Postgres, a migrated database per test, a pool on it."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator

import asyncpg
import psycopg
import psycopg.sql
import pytest
from hypothesis import settings

from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer

# A red main is for a change that broke something: the examples of `make test` are the same each time. New ones are
# looked for by LICTOR_HYPOTHESIS=explore (CONTRIBUTING.md).
settings.register_profile("same", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile(os.environ.get("LICTOR_HYPOTHESIS", "same"))

TEMPLATE = "lictor_template"
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the tests that may judge a server that runs elsewhere; only an initial conftest may add some."""
    stack = parser.getgroup("a running Lictor")
    stack.addoption(
        "--stack", metavar="URL", help="tests of one server judge this one; else they start their own"
    )
    stack.addoption("--stack-database", metavar="DSN", help="the database of --stack")
    group = parser.getgroup("conformance")
    group.addoption("--endpoint", help="judge the engine at this URL; without it, our own is started")
    group.addoption("--admin-secret", default="", help="the admin secret of --endpoint")
    group.addoption("--handler-url", help="where --endpoint reaches this machine for its actions")


LONG = ("tests/chaos", "tests/e2e", "tests/ui", "tests/bench")
"""Rooms whose files take a minute each and mostly wait: begun first, so that none is left over at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files of `LONG` first; within a file, and otherwise, the order that chance has given."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(config.rootpath).as_posix()
        return next((place for place, room in enumerate(LONG) if path.startswith(room)), len(LONG))

    items.sort(key=place)


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


@pytest.fixture(scope="session")
def filled_by_tests(postgres: PostgresServer, reused_database: str) -> psycopg.sql.Composed:
    """A statement for the names of those tables that have rows now and had none when they were made."""
    with psycopg.connect(postgres.dsn(reused_database), autocommit=True) as connection:
        tables = connection.execute(
            "SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE nspname IN ('public', 'utility', 'ops') AND relkind IN ('r', 'p') AND NOT relispartition"
        ).fetchall()
        has_rows = psycopg.sql.SQL("SELECT {} AS name WHERE EXISTS (SELECT FROM {})")
        asked = [
            has_rows.format(name.as_string(connection), name)
            for name in (psycopg.sql.Identifier(*table) for table in tables)
        ]
        filled = {name for one in asked for (name,) in connection.execute(one)}
        return psycopg.sql.SQL(" UNION ALL ").join(
            one for table, one in zip(tables, asked, strict=True)
            if psycopg.sql.Identifier(*table).as_string(connection) not in filled
        )  # fmt: skip


@pytest.fixture
def database(
    postgres: PostgresServer, reused_database: str, filled_by_tests: psycopg.sql.Composed
) -> Iterator[str]:
    """The DSN of a migrated database without a row, for one test. Emptying it is far cheaper than making it."""
    yield postgres.dsn(reused_database)
    with psycopg.connect(
        postgres.dsn(reused_database, user="postgres", socket=True), autocommit=True
    ) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        # Neither triggers nor foreign keys: all of it goes.
        connection.execute("SET session_replication_role = replica")
        for (name,) in connection.execute(filled_by_tests).fetchall():
            connection.execute(psycopg.sql.SQL("DELETE FROM {}").format(psycopg.sql.SQL(name)))


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A small connection pool on `database`, with the session settings that the services use."""
    async with asyncpg.create_pool(
        database, min_size=1, max_size=8, server_settings={"timezone": "UTC", "jit": "off"}
    ) as pool:
        yield pool
