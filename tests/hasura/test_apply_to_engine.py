"""`lictor hasura apply` against Lictor's own engine, which then serves the project to those who migrated."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest

from lictor.cli.hasura_apply import PROJECT, ApplyError, apply
from lictor.cli.hasura_diff import difference
from lictor.cli.hasura_export import export_metadata
from lictor.engine.metadata import MetadataError
from lictor.engine.server import ServerSettings
from tests.cli.lictor_process import run_lictor
from tests.engine.serving import administered
from tests.hasura.contract_tables import TRACKED


async def test_the_project_is_applied_and_stored(fresh_database):
    settings = ServerSettings(fresh_database, admin_secret="sesame", pool_size=2)
    async with administered(settings) as admin:
        done = await asyncio.to_thread(apply, str(admin.http.base_url), "sesame")
        assert done.tables == TRACKED
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


async def hasura(*words: str, **variables: str) -> Any:
    return await asyncio.to_thread(run_lictor, "hasura", *words, **variables)


async def test_what_differs_is_told_and_taken_back(fresh_database, tmp_path):
    settings = ServerSettings(fresh_database, admin_secret="sesame", pool_size=2)
    async with administered(settings) as admin:
        url = str(admin.http.base_url)
        place = {"LICTOR_GRAPHQL_URL": url, "LICTOR_GRAPHQL_ADMIN_SECRET": "sesame"}
        empty = await hasura("diff", "--json", **place)
        told = json.loads(empty.stdout)
        assert (empty.returncode, told["same"]) == (3, False)
        assert {"table public.flow", "action create_flow_run", "type UUID"} <= set(told["added"])
        assert (await hasura("apply", **place)).returncode == 0
        same = await hasura("diff", "--url", url, "--admin-secret", "sesame")
        assert (same.returncode, same.stdout.strip()) == (0, f"{url} serves these metadata.")

        kept = tmp_path / "kept.json"
        assert (await hasura("export", "--output", str(kept), **place)).returncode == 0
        await admin.does("pg_untrack_table", {"source": "default", "table": "log", "cascade": True})
        await admin.does(
            "pg_drop_select_permission", {"source": "default", "table": "flow", "role": "member"}
        )
        changed = await hasura("diff", **place)
        assert changed.returncode == 3
        assert "+ table public.log" in changed.stdout.splitlines()
        assert "~ table public.flow: select_permissions" in changed.stdout
        assert (await hasura("apply", "--project", str(kept), **place)).returncode == 0
        assert (await hasura("diff", **place)).returncode == 0
        exported = await hasura("export", **place)
        assert json.loads(exported.stdout) == json.loads(kept.read_text())


async def test_what_was_migrated_while_hasura_runs_is_known_to_apply(postgres):
    """A Hasura reads a database when it starts; an upgrade migrates it later."""
    from lictor import migrations

    postgres.create_database("migrated_later")
    dsn = postgres.dsn("migrated_later")
    async with administered(ServerSettings(dsn, admin_secret="sesame", pool_size=2)) as admin:
        await asyncio.to_thread(migrations.upgrade, dsn)
        done = await asyncio.to_thread(apply, str(admin.http.base_url), "sesame")
        assert done.tables == TRACKED


def test_order_and_what_goes_without_saying_are_no_difference():
    document = export_metadata(PROJECT)
    other = copy.deepcopy(document)
    [source] = other["sources"]
    source["tables"].reverse()
    source["configuration"]["connection_info"].pop("isolation_level")
    for table in source["tables"]:
        table["remote_relationships"] = []
        table.setdefault("select_permissions", []).reverse()
    other["actions"].reverse()
    for action in other["actions"]:
        action["definition"].pop("kind", None)
    assert not difference(document, other)
    other["actions"][0]["definition"]["timeout"] = 5
    name = f"action {other['actions'][0]['name']}"
    assert difference(document, other).changed == {name: ["definition.timeout"]}
    source["tables"][0]["select_permissions"][0]["permission"]["filter"] = {}
    table = source["tables"][0]["table"]
    table = table if isinstance(table, str) else f"{table['schema']}.{table['name']}"
    changed = difference(document, other).changed[f"table {table}"]
    assert changed
    assert all(place.startswith("select_permissions[member].permission.filter") for place in changed)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"version": 2, "tables": []}'])
def test_a_file_that_holds_no_metadata(tmp_path, text):
    file = tmp_path / "some.json"
    file.write_text(text)
    with pytest.raises(MetadataError, match=r"some\.json"):
        export_metadata(file)
