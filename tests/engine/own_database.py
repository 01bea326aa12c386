"""A database of a test module's own, made from SQL and served with metadata written as plain data."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
import pytest

from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine import SESSION_SETTINGS, Engine, EngineOptions, GraphQLFailure, Session


@dataclass
class Served:
    """An engine and the pool below it."""

    engine: Engine
    pool: asyncpg.Pool

    async def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, role: str = "admin", **session: str
    ) -> Any:
        """The answer's data. Session variables are given as `user_id="1"`."""
        body = await self.engine.execute(query, variables, None, _session(role, session))
        document = orjson.loads(body)
        assert set(document) == {"data"}
        return document["data"]

    async def refuse(
        self, query: str, variables: Mapping[str, Any] | None = None, role: str = "admin", **session: str
    ) -> tuple[str, str, str]:
        """(code, path, message) of the only error of a document that must fail."""
        with pytest.raises(GraphQLFailure) as caught:
            await self.engine.execute(query, variables, None, _session(role, session))
        [error] = caught.value.errors
        return error["extensions"]["code"], error["extensions"]["path"], error["message"]

    @property
    def reasons(self) -> dict[str, str]:
        """What was left out and why."""
        return {found.name: found.reason for found in self.engine.inconsistencies}


def _session(role: str, variables: Mapping[str, str]) -> Session:
    return Session(role, {f"x-hasura-{key.replace('_', '-')}": value for key, value in variables.items()})


def document(
    tables: Sequence[Any], functions: Sequence[Any] = (), inherited_roles: Sequence[Any] = ()
) -> dict[str, Any]:
    """A metadata document of one source."""
    source = {
        "name": "default", "kind": "postgres", "configuration": {},
        "tables": list(tables), "functions": list(functions),
    }  # fmt: skip
    return {"version": 3, "sources": [source], "inherited_roles": list(inherited_roles)}


def table(name: str, schema: str = "public", **parts: Any) -> dict[str, Any]:
    return {"table": {"name": name, "schema": schema}, **parts}


def to_one(name: str, column: str) -> dict[str, Any]:
    return {"name": name, "using": {"foreign_key_constraint_on": column}}


def to_many(name: str, remote: str, column: str) -> dict[str, Any]:
    key = {"column": column, "table": {"name": remote, "schema": "public"}}
    return {"name": name, "using": {"foreign_key_constraint_on": key}}


def may_select(role: str, columns: Any = "*", row_filter: Any = None, **more: Any) -> dict[str, Any]:
    return {"role": role, "permission": {"columns": columns, "filter": row_filter or {}, **more}}


@asynccontextmanager
async def serving(
    postgres: PostgresServer,
    database: str,
    sql: str,
    metadata: dict[str, Any],
    options: EngineOptions | None = None,
) -> AsyncIterator[Served]:
    postgres.create_database(database)
    settings = {**SESSION_SETTINGS, "jit": "off"}
    async with asyncpg.create_pool(
        postgres.dsn(database), min_size=1, max_size=4, server_settings=settings
    ) as pool:
        await pool.execute(sql)
        yield Served(await Engine.start(pool, metadata, options=options), pool)
