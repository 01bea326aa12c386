"""A key of one tenant opens nothing of another: not by any mutation, any query, any relationship between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    get_named_type,
)

from lictor.orchestration import accounts
from lictor.orchestration.sealing import new_key
from tests.actions.calls import BEATS, MUTATIONS, SCHEMA, WITH_IDS, Api, filled, make_world, refused
from tests.actions.gateway.conftest import serve, settings_for

OWNER = {"tenant": "id", "user": None, "auth_api_key": None, "membership": "tenant_id"}
"""By type, the column that says whose a row is, where that is not tenant_id; None: the rows are a user's."""


@dataclass
class Neighbours:
    """Two tenants with an object of each kind; `mine` speaks with a key for the first only."""

    mine: Api
    my: dict[str, str]
    their: dict[str, str]
    me: UUID

    async def ask(self, query: str, variables: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.mine.key}"}
        body = (await self.mine.gateway.post(query, variables, headers=headers)).json()
        assert "errors" not in body, (query, body)
        return body["data"]

    async def theirs(self) -> list[Any]:
        """Every row of the other tenant, sealed ones included."""
        tables = await self.mine.db.fetch(
            "SELECT format('%I.%I', nspname, relname) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE attname = 'tenant_id' AND relkind IN ('r', 'p') AND nspname IN ('public', 'vault', 'utility')"
        )
        rows = [
            await self.mine.db.fetchrow(
                "SELECT 'tenant', t::text FROM tenant AS t WHERE id = $1", self.tenant
            )
        ]
        for (table,) in sorted(tables):
            rows += await self.mine.db.fetch(f"SELECT '{table}', t::text FROM {table} AS t WHERE tenant_id = $1 ORDER BY 2", self.tenant)  # fmt: skip
        return rows

    @property
    def tenant(self) -> str:
        return self.their["tenant_id"]


@pytest.fixture(scope="module")
async def database(postgres, template_database) -> AsyncIterator[str]:
    postgres.create_database("tenants", template=template_database)
    yield postgres.dsn("tenants")
    postgres.drop_database("tenants")


@pytest.fixture(scope="module")
async def neighbours(database: str) -> AsyncIterator[Neighbours]:
    secret_key = new_key()
    connection = await asyncpg.connect(database)
    async with (
        serve(settings_for(database, secret_key=secret_key)) as unguarded,
        serve(settings_for(database, secret_key=secret_key, auth="key")) as guarded,
    ):
        api = Api(unguarded, connection)
        my, their = await make_world(api), await make_world(api)
        for world, value in ((my, "mine"), (their, "theirs")):
            await api.call("set_secret", {"name": value, "value": value}, world["tenant_id"])
            await api.call(
                "write_run_logs", {"logs": [{"flow_run_id": world["flow_run_id"], "message": value}]}
            )
            # Only what the world's own tenant may do is of interest here.
            slug = await connection.fetchval("SELECT slug FROM tenant WHERE id = $1", world["tenant_id"])
            world["user_id"] = str(await accounts.ensure_user(connection, value, slug))
            key = await accounts.create_api_key(connection, user_id=UUID(world["user_id"]), name=value)
            world["key_id"], world["key"] = str(key.id), key.key
        await api.call("update_flow_concurrency_limit", {"label": "held", "limit": 1}, their["tenant_id"])
        yield Neighbours(Api(guarded, connection, my["key"]), my, their, UUID(my["user_id"]))
    await connection.close()


@pytest.fixture(scope="module")
async def schema(neighbours: Neighbours) -> GraphQLSchema:
    return build_client_schema(await neighbours.ask(get_introspection_query()))  # type: ignore[arg-type]


async def test_mutations_find_nothing_of_others_and_change_nothing(neighbours: Neighbours) -> None:
    before = await neighbours.theirs()
    for name in sorted(MUTATIONS):
        if name == "delete_tenant":
            continue  # by itself below: nothing may be left of `mine` for the others otherwise
        answer = await neighbours.mine.call(name, filled(name, neighbours.their))
        assert refused(answer) or name in BEATS or name not in WITH_IDS, (name, answer)
        assert await neighbours.theirs() == before, name
    answer = await neighbours.mine.call("delete_tenant", {"tenant_id": neighbours.tenant, "confirm": True})
    assert refused(answer)
    assert await neighbours.theirs() == before
    keys = await neighbours.mine.db.fetchval("SELECT count(*) FROM auth_api_key WHERE id = $1", UUID(neighbours.their["key_id"]))  # fmt: skip
    assert keys == 1


async def test_the_same_calls_by_a_member_succeed(neighbours: Neighbours) -> None:
    """It was the key that made the difference; what takes objects away for the others is left out."""
    for name in sorted(WITH_IDS):
        if name.startswith(("delete_", "archive_", "create_", "test_", "cancel_")):
            continue
        answer = await neighbours.mine.call(name, filled(name, neighbours.my))
        assert not refused(answer), (name, answer)


async def test_a_key_writes_by_prefects_mutations_only(schema: GraphQLSchema) -> None:
    assert schema.mutation_type is not None
    assert set(schema.mutation_type.fields) == set(MUTATIONS)


def _owner_of(table: GraphQLObjectType) -> str | None:
    return OWNER.get(table.name, "tenant_id")


def _is_table(kind: Any) -> bool:
    return isinstance(kind, GraphQLObjectType) and (
        "tenant_id" in kind.fields or kind.name in OWNER
    ) and kind.name not in SCHEMA.type_map  # fmt: skip


ROOTS_WITH_ARGUMENTS = {"utility_downstream_tasks", "utility_upstream_tasks"}


def _tables(schema: GraphQLSchema) -> dict[str, GraphQLObjectType]:
    """By root field, the table of each that gives a list of rows."""
    assert schema.query_type is not None
    return {
        name: get_named_type(field.type)  # type: ignore[misc]
        for name, field in schema.query_type.fields.items()
        if "where" in field.args
        and _is_table(get_named_type(field.type))
        and name not in ROOTS_WITH_ARGUMENTS
    }


def _tenants(rows: Any) -> set[str]:
    """Every tenant that is named anywhere in an answer."""
    if isinstance(rows, list):
        return {found for row in rows for found in _tenants(row)}
    if isinstance(rows, dict):
        return {found for key, value in rows.items() for found in ({value} if key == "owner" and value else _tenants(value))}  # fmt: skip
    return set()


async def test_every_list_and_every_relationship_shows_rows_of_ones_own_only(
    neighbours: Neighbours, schema: GraphQLSchema
) -> None:
    # A row that points to a stranger, as none should: the stranger is not seen through it either.
    await neighbours.mine.db.execute("UPDATE flow_run SET agent_id = $1 WHERE id = $2", UUID(neighbours.their["agent_id"]), UUID(neighbours.my["flow_run_id"]))  # fmt: skip
    # Those I am a member of: create_tenant above has made one more. The other tenant is none of them.
    members = await neighbours.mine.db.fetch(
        "SELECT tenant_id FROM membership WHERE user_id = $1", neighbours.me
    )
    allowed = {str(tenant) for (tenant,) in members}
    assert neighbours.tenant not in allowed
    tables = _tables(schema)
    assert len(tables) > 20
    for root, table in tables.items():
        owner = _owner_of(table)
        parts = [f"owner: {owner}"] if owner else ["user_id: id"]
        for name, field in table.fields.items():
            related = get_named_type(field.type)
            if _is_table(related) and _owner_of(related):  # type: ignore[arg-type]
                parts.append(f"{name} {{ owner: {_owner_of(related)} }}")  # type: ignore[arg-type]
        answer = await neighbours.ask(f"{{ {root} {{ {' '.join(parts)} }} }}")
        assert _tenants(answer) <= allowed, (root, answer)
    answer = await neighbours.ask("{ flow_run { agent { id } agent_id } }")
    assert {"agent": None, "agent_id": neighbours.their["agent_id"]} in answer["flow_run"]


async def test_counts_count_ones_own_only(neighbours: Neighbours, schema: GraphQLSchema) -> None:
    assert schema.query_type is not None
    for root, table in _tables(schema).items():
        owner = _owner_of(table)
        rows = (await neighbours.ask(f"{{ {root} {{ {owner or 'id'} }} }}"))[root]
        aggregate = f"{root}_aggregate"
        if aggregate in schema.query_type.fields:
            found = await neighbours.ask(f"{{ {aggregate} {{ aggregate {{ count }} }} }}")
            assert found[aggregate]["aggregate"]["count"] == len(rows), root


async def test_by_primary_key_and_by_condition_nothing_of_others_is_found(
    neighbours: Neighbours, schema: GraphQLSchema
) -> None:
    assert schema.query_type is not None
    seen = 0
    for root, field in schema.query_type.fields.items():
        if not root.endswith("_by_pk"):
            continue
        name = "auth_user" if (table := root.removesuffix("_by_pk")) == "user" else table
        for theirs, key in await _keys(neighbours, name, sorted(field.args)):
            found = (await neighbours.ask(_by_pk(root, field), key))[root]
            assert (found is None) == theirs, (root, key)
            seen += theirs
    assert seen > 15


async def _keys(neighbours: Neighbours, table: str, columns: list[str]) -> list[tuple[bool, dict[str, Any]]]:
    """(whether it is of the other tenant, its key) of rows of both."""
    of_users = table in {"auth_user", "auth_api_key", "membership"}
    owner = {"tenant": "id", "auth_user": "id"}.get(table, "user_id" if of_users else "tenant_id")
    worlds = ((False, neighbours.my), (True, neighbours.their))
    return [
        (theirs, {column: _text(row[column]) for column in columns})
        for theirs, world in worlds
        for row in await neighbours.mine.db.fetch(
            f"SELECT * FROM {table} WHERE {owner} = $1 LIMIT 3",
            UUID(world["user_id" if of_users else "tenant_id"]),
        )
    ]


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _by_pk(root: str, field: GraphQLField) -> str:
    declared = ", ".join(f"${name}: {argument.type}" for name, argument in field.args.items())
    given = ", ".join(f"{name}: ${name}" for name in field.args)
    return f"query({declared}) {{ {root}({given}) {{ {' '.join(field.args)} }} }}"


async def test_queries_of_prefects_own(neighbours: Neighbours) -> None:
    their = neighbours.their
    headers = {"Authorization": f"Bearer {neighbours.mine.key}"}

    async def error(query: str) -> str:
        return (await neighbours.mine.gateway.post(query, headers=headers)).json()["errors"][0]["message"]

    info = f'{{ get_task_run_info(task_run_id: "{their["task_run_id"]}") {{ id }} }}'
    assert await error(info) == "Invalid task run ID"
    assert await error('{ secret_value(name: "theirs") }') == "No value found for the requested key"
    children = (
        f'{{ mapped_children(task_run_id: "{their["task_run_id"]}") {{ state_counts min_start_time }} }}'
    )
    assert await neighbours.ask(children) == {"mapped_children": {"state_counts": {}, "min_start_time": None}}
    answer = await neighbours.ask(
        "{ secret_names flow_concurrency { label } task_concurrency { name } tenant { id }"
        " user { id } auth_api_key { user_id } key_value { tenant_id } }"
    )
    assert "theirs" not in answer["secret_names"]
    assert {"label": "held"} not in answer["flow_concurrency"]
    assert answer["user"] == [{"id": str(neighbours.me)}]
    assert {row["user_id"] for row in answer["auth_api_key"]} == {str(neighbours.me)}
    assert {row["tenant_id"] for row in answer["key_value"]} == {neighbours.my["tenant_id"]}
    for name in sorted(ROOTS_WITH_ARGUMENTS):
        walk = f'{{ {name}(args: {{start_task_ids: "{{{their["task_id"]}}}"}}) {{ task_id task {{ id }} }} }}'
        assert await neighbours.ask(walk) == {name: []}


async def test_every_root_of_the_schema_is_looked_at(schema: GraphQLSchema) -> None:
    """A new root field has to be one of those above."""
    assert schema.query_type is not None
    assert SCHEMA.query_type is not None
    known = _tables(schema).keys() | SCHEMA.query_type.fields.keys() | ROOTS_WITH_ARGUMENTS
    known |= {f"{name}_aggregate" for name in known}
    assert {
        name for name in schema.query_type.fields if name not in known and not name.endswith("_by_pk")
    } == set()
