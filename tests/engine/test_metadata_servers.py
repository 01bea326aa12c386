"""Servers of the metadata API beside one another and one after the other: stored metadata, versions, changes under load."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine.server import ServerSettings
from tests.engine.conftest import METADATA
from tests.engine.serving import Admin, administered
from tests.engine.shop import AUTHOR, BOTH, SUCCESS, TRACK, document, shop_settings


@pytest.fixture
async def settings(postgres: PostgresServer) -> AsyncIterator[ServerSettings]:
    async with shop_settings(postgres) as settings:
        yield settings


@pytest.fixture
async def admin(settings: ServerSettings) -> AsyncIterator[Admin]:
    async with administered(settings) as admin:
        yield admin


# --- resource versions, storing, other servers ------------------------------------------------------------


async def test_an_older_resource_version_is_a_conflict(admin):
    await admin.does("pg_track_table", {"table": "author"})
    conflict = {
        "path": "$",
        "error": "metadata resource version referenced (1) did not match current version",
        "code": "conflict",
    }
    for kind, args in (("replace_metadata", BOTH), ("reload_metadata", {}), ("bulk", TRACK[1:])):
        assert await admin.metadata(kind, args, resource_version=1) == (409, conflict)
    assert await admin.tracked() == ["author"]
    await admin.does("replace_metadata", BOTH, resource_version=2)
    assert (await admin.does("export_metadata", version=2))["resource_version"] == 3


async def test_metadata_outlive_the_server(settings):
    async with administered(settings) as admin:
        await admin.does("replace_metadata", BOTH)
    async with administered(settings) as admin:
        assert await admin.does("export_metadata", version=2) == {"resource_version": 2, "metadata": BOTH}
        assert await admin.ask("{ author_by_pk(id: 1) { name } }") == {"author_by_pk": {"name": "Ada"}}
    connection = await asyncpg.connect(settings.database_url)
    columns = await connection.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'hdb_catalog' AND table_name = 'hdb_metadata' ORDER BY ordinal_position"
    )
    await connection.close()
    assert [tuple(row) for row in columns] == [
        ("id", "integer"),
        ("metadata", "json"),
        ("resource_version", "integer"),
    ]


async def test_a_metadata_database_of_its_own(settings, postgres):
    name = "managed_metadata"
    postgres.create_database(name)
    apart = replace(settings, metadata_database_url=postgres.dsn(name))
    async with administered(apart) as admin:
        await admin.does("replace_metadata", BOTH)
    async with administered(apart) as admin:
        assert await admin.tracked() == ["author", "article"]
    async with administered(settings) as admin:
        assert await admin.tracked() == []
    postgres.drop_database(name)


async def test_the_directory_wins_at_start(settings, library_dsn):
    async with administered(settings) as admin:
        await admin.does("replace_metadata", BOTH)
    from_files = replace(settings, metadata_dir=METADATA)
    async with administered(from_files) as admin:
        names = await admin.tracked()
        assert "stats" not in names
        assert names[0] == "author"
        assert len(names) == 7
        # what is said afterwards counts, and is stored
        assert await admin.does("replace_metadata", BOTH) == SUCCESS
        assert await admin.export() == BOTH
    async with administered(from_files) as admin:
        assert len(await admin.tracked()) == 7


async def eventually(check: Any) -> None:
    """Waits until `check` gives a true value."""
    async with asyncio.timeout(10):
        while True:
            if await check():
                return
            await asyncio.sleep(0.02)


async def test_two_servers_serve_the_same(settings):
    async with administered(settings) as one, administered(settings) as two:
        await one.does("replace_metadata", BOTH)

        async def arrived():
            return "author_by_pk" in await two.ask("{ author_by_pk(id: 1) { name } }")

        await eventually(arrived)
        # each builds on what the other has said, without waiting for the poll
        for _ in range(3):
            await two.does("pg_untrack_table", {"table": "author", "cascade": True})
            await one.does("pg_track_table", {"table": "author"})
        assert await one.export() == await two.export()


async def test_two_servers_that_change_at_once_lose_nothing(settings):
    async with administered(settings) as one, administered(settings) as two:
        tables = [f"made_{number}" for number in range(6)]
        await one.sql(";".join(f"CREATE TABLE {table} (id int)" for table in tables))
        answers = await asyncio.gather(*(
            server.metadata("pg_track_table", {"table": table})
            for table, server in zip(tables, itertools.cycle((one, two)), strict=False)
        ))  # fmt: skip
        assert [status for status, _ in answers] == [200] * 6
        assert sorted(await one.tracked()) == sorted(await two.tracked()) == tables


async def test_a_read_only_database_is_told(settings):
    connection = await asyncpg.connect(settings.database_url)
    database = settings.database_url.rpartition("/")[2].partition("?")[0]
    await connection.execute(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
    await connection.close()
    async with administered(settings) as admin:
        status, refusal = await admin.metadata("pg_track_table", {"table": "author"})
        assert (status, refusal["code"]) == (500, "postgres-error")
        assert "read-only transaction" in refusal["error"]
        # nothing is served that is not stored
        assert await admin.tracked() == []
        assert "errors" in await admin.ask("{ author { id } }")


# --- under load -------------------------------------------------------------------------------------------


async def test_changes_under_load_drop_no_request(admin):
    """Hundreds of queries while the metadata are replaced again and again: every one is answered, none half."""
    renamed = document(
        {"table": AUTHOR, "configuration": {"column_config": {"name": {"custom_name": "called"}}}}
    )
    await admin.does("replace_metadata", BOTH)
    stop = asyncio.Event()
    answers: list[Any] = []

    async def ask() -> None:
        while not stop.is_set():
            answers.append(await admin.ask("{ author_by_pk(id: 1) { id } }"))

    async def old_or_new() -> None:
        while not stop.is_set():
            answer = await admin.ask("{ author_by_pk(id: 1) { name } } ")
            if "errors" not in answer:
                assert answer == {"author_by_pk": {"name": "Ada"}}
            else:
                [error] = answer["errors"]
                assert error["message"] == "field 'name' not found in type: 'author'"

    askers = [asyncio.create_task(ask()) for _ in range(12)]
    askers += [asyncio.create_task(old_or_new()) for _ in range(4)]
    for turn in range(20):
        await admin.does("replace_metadata", renamed if turn % 2 else BOTH)
    stop.set()
    await asyncio.gather(*askers)
    assert len(answers) > 200
    assert all(answer == {"author_by_pk": {"id": 1}} for answer in answers)


async def test_requests_under_way_finish_on_what_they_began_with(admin, settings):
    """A query that is still running when its table is untracked is answered, and seen to run while that happens."""
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute(
        "CREATE FUNCTION slow() RETURNS SETOF article LANGUAGE plpgsql STABLE AS"
        " $$ BEGIN PERFORM pg_advisory_lock_shared(7); RETURN QUERY SELECT * FROM article; END $$"
    )
    await connection.execute("SELECT pg_advisory_lock(7)")
    await admin.does("replace_metadata", document({"table": "article"}))
    await admin.does("pg_track_function", {"function": "slow"})
    under_way = asyncio.create_task(admin.ask("{ slow { id } }"))

    async def waits():
        return await connection.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")

    await eventually(waits)
    await admin.does("clear_metadata")
    assert "errors" in await admin.ask("{ slow { id } }")
    assert not under_way.done()
    await connection.execute("SELECT pg_advisory_unlock(7)")
    await connection.close()
    assert await under_way == {"slow": [{"id": 1}, {"id": 2}]}
