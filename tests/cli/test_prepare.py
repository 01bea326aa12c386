"""`lictor prepare` before an empty database and a Hasura without metadata, as a deployment's first start does it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from lictor import migrations
from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine.server import ServerSettings
from tests.cli.lictor_process import run_lictor
from tests.engine.serving import administered


async def prepare(dsn: str, *more: str, **variables: str) -> Any:
    return await asyncio.to_thread(run_lictor, "prepare", *more, LICTOR_DATABASE_URL=dsn, **variables)


async def test_a_deployment_is_made_ready_and_stays_so(postgres: PostgresServer, tmp_path: Path) -> None:
    postgres.create_database("deployment")
    dsn = postgres.dsn("deployment")
    (tmp_path / "lictor_graphql_admin_secret").write_text("sesame\n")
    async with administered(ServerSettings(dsn, admin_secret="sesame", pool_size=2)) as admin:
        place = {"LICTOR_GRAPHQL_URL": str(admin.http.base_url), "LICTOR_SECRETS_DIR": str(tmp_path)}
        for _ in range(2):
            done = await prepare(dsn, **place)
            assert done.returncode == 0, done.stderr
            assert "everything is consistent" in done.stdout
            assert len((await admin.ask("{ tenant_rows { id } }"))["tenant_rows"]) == 1
        assert migrations.current_revision(dsn) == migrations.head_revision()
        wrong = await prepare(dsn, **place, LICTOR_GRAPHQL_ADMIN_SECRET="wrong")
        assert wrong.returncode == 1
        assert "refuses the admin secret" in wrong.stderr


async def test_what_it_cannot_reach_is_named(postgres: PostgresServer) -> None:
    nobody = await prepare("postgresql://lictor@127.0.0.1:1/x", "--timeout", "0.1")
    assert nobody.returncode == 1
    assert "the database cannot be prepared" in nobody.stderr
