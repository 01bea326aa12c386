"""The company's database and metadata, and what tests of mutations do with them."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
import yaml

from lictor.engine import SESSION_SETTINGS, Engine, GraphQLFailure, Session

HERE = Path(__file__).parent
ROWS = (HERE / "company_rows.sql").read_text()


def foreign(name: str, column: str | list[str], table: str | None = None) -> dict[str, Any]:
    """A relationship over a foreign key, of this table or of `table`."""
    key = "columns" if isinstance(column, list) else "column"
    on = column if table is None else {"table": {"schema": "public", "name": table}, key: column}
    return {"name": name, "using": {"foreign_key_constraint_on": on}}


TABLES: dict[str, dict[str, Any]] = {
    "team": {"array_relationships": [foreign("people", "team_id", "person")]},
    "person": {
        "configuration": {"column_config": {"created_by": {"custom_name": "createdBy"}}},
        "object_relationships": [
            foreign("team", "team_id"),
            foreign("boss", "boss_id"),
            foreign("badge", "person_id", "badge"),
            # the same tie by hand: without a word the remote row would come first
            {"name": "pass", "using": {"manual_configuration": {
                "remote_table": {"schema": "public", "name": "badge"}, "column_mapping": {"id": "person_id"},
                "insertion_order": "after_parent"}}},
        ],
        "array_relationships": [foreign("reports", "boss_id", "person"), foreign("tasks", "owner_id", "task")],
    },
    "badge": {"object_relationships": [foreign("person", "person_id")]},
    "task": {
        "configuration": {"custom_root_fields": {"update_many": "update_tasks_in_order"}},
        "object_relationships": [foreign("owner", "owner_id")],
        "array_relationships": [foreign("tags", "task_id", "task_tag")],
    },
    "tag": {},
    "task_tag": {"object_relationships": [foreign("task", "task_id"), foreign("label", "tag")]},
    "grid": {"array_relationships": [foreign("cells", ["a", "b"], "cell")]},
    "cell": {"object_relationships": [foreign("grid", ["a", "b"])]},
    "booking": {},
    "ledger": {},
    "thread": {"array_relationships": [foreign("messages", "thread_id", "message")]},
    "message": {"object_relationships": [foreign("thread", "thread_id")]},
    "adult": {},
    "total": {},
}  # fmt: skip
Permissions = Mapping[str, Mapping[str, Mapping[str, Any]]]  # table → kind → role → permission


def write_metadata(target: Path, permissions: Permissions | None = None) -> Path:
    """The company's metadata as a directory, with these permissions."""
    entries = []
    for name, entry in copy.deepcopy(TABLES).items():
        for kind, by_role in (permissions or {}).get(name, {}).items():
            entry[f"{kind}_permissions"] = [{"role": r, "permission": p} for r, p in by_role.items()]
        entries.append({"table": {"schema": "public", "name": name}, **entry})
    databases = target / "databases"
    databases.mkdir(parents=True)
    (target / "version.yaml").write_text("version: 3\n")
    source = {
        "name": "default",
        "kind": "postgres",
        "configuration": {"connection_info": {"database_url": {"from_env": "URL"}}},
        "tables": entries,
    }
    (databases / "databases.yaml").write_text(yaml.safe_dump([source]))
    return target


class Company:
    """An engine over the company's database."""

    def __init__(self, pool: asyncpg.Pool, engine: Engine, dsn: str) -> None:
        self.pool = pool
        self.engine = engine
        self.dsn = dsn

    async def reset(self) -> None:
        await self.pool.execute(ROWS)

    async def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, role: str = "admin", **session: str
    ) -> Any:
        """The data of an answer; `user_id="1"` is the session variable x-hasura-user-id."""
        given = {f"x-hasura-{name.replace('_', '-')}": value for name, value in session.items()}
        document = orjson.loads(await self.engine.execute(query, variables, None, Session(role, given)))
        assert set(document) == {"data"}
        return document["data"]

    async def refuses(
        self, query: str, variables: Mapping[str, Any] | None = None, role: str = "admin", **session: str
    ) -> tuple[str, str, str]:
        """(code, path, message) of a request that must fail, and change nothing."""
        before = await self.state()
        with pytest.raises(GraphQLFailure) as caught:
            await self.ask(query, variables, role, **session)
        assert len(caught.value.errors) == 1
        assert await self.state() == before
        extensions = caught.value.errors[0]["extensions"]
        return extensions["code"], extensions["path"], caught.value.errors[0]["message"]

    async def state(self) -> dict[str, list[str]]:
        """All rows of all tables."""
        found = {}
        for table in TABLES:
            rows = await self.pool.fetch(f'SELECT t::text AS row FROM "{table}" AS t ORDER BY 1')
            found[table] = [row["row"] for row in rows]
        return found

    async def column(self, sql: str) -> list[Any]:
        return [row[0] for row in await self.pool.fetch(sql)]


@asynccontextmanager
async def company(
    postgres: Any, name: str, target: Path, permissions: Permissions | None = None
) -> AsyncIterator[Company]:
    """A database of its own with the company's tables, served."""
    postgres.create_database(name)
    dsn = postgres.dsn(name)
    async with asyncpg.create_pool(
        dsn, min_size=1, max_size=3, server_settings={**SESSION_SETTINGS, "jit": "off"}
    ) as pool:
        await pool.execute((HERE / "company.sql").read_text())
        engine = await Engine.start(pool, write_metadata(target / "metadata", permissions))
        assert engine.inconsistencies == ()
        yield Company(pool, engine, dsn)
    postgres.drop_database(name)
