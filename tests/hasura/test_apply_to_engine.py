"""`lictor hasura apply` against Lictor's own engine, which then serves the project to those who migrated."""

from __future__ import annotations

import asyncio

import pytest

from lictor.cli.hasura_apply import PROJECT, ApplyError, apply
from lictor.cli.hasura_export import export_metadata
from lictor.engine.server import ServerSettings
from tests.engine.serving import administered
from tests.hasura.contract_tables import COLUMNS


async def test_the_project_is_applied_and_stored(fresh_database):
    settings = ServerSettings(fresh_database, admin_secret="sesame", pool_size=2)
    async with administered(settings) as admin:
        done = await asyncio.to_thread(apply, str(admin.http.base_url), "sesame")
        assert done.tables == len(COLUMNS) + 1
        assert await admin.export() == export_metadata(PROJECT)
        assert await admin.ask("{ flow { id } }") == {"flow": []}
    async with administered(settings) as admin:
        assert await admin.ask("{ flow { id } }") == {"flow": []}
        assert (await admin.http.get("/healthz")).text == "OK"


async def test_a_database_that_was_not_migrated_is_told(postgres):
    postgres.create_database("apply_to_nothing")
    settings = ServerSettings(postgres.dsn("apply_to_nothing"), admin_secret="sesame", pool_size=2)
    async with administered(settings) as admin:
        with pytest.raises(ApplyError, match="does not accept the metadata") as caught:
            await asyncio.to_thread(apply, str(admin.http.base_url), "sesame")
        assert any(
            'no such table/view exists in source: "flow"' in one for one in caught.value.inconsistencies
        )
        assert await admin.tracked() == []
