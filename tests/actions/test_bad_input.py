"""Every mutation, whatever is wrong with its input: told by field, nothing written, the process stays up.

The cases are made from hasura/metadata/actions.graphql, so that a new mutation is covered as soon as it is declared:
each required field missing, each field null, of every wrong kind and too large, every id unknown or of another
tenant, every call twice. Sent through a real gateway, as clients send them. What else a mutation must refuse stands in the tests of its
handler.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    build_schema,
    get_named_type,
    get_nullable_type,
)

import lictor.actions.handlers
from lictor.actions.registry import ACTIONS
from lictor.cli.hasura_apply import PROJECT
from lictor.orchestration import accounts
from lictor.orchestration.sealing import new_key
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

assert lictor.actions.handlers
SCHEMA = build_schema((PROJECT / "metadata" / "actions.graphql").read_text(encoding="utf-8"))
assert SCHEMA.mutation_type is not None
MUTATIONS = SCHEMA.mutation_type.fields
UNKNOWN = "00000000-0000-4000-8000-00000000dead"
HUGE = "x" * 300_000
WRONG: dict[str, list[Any]] = {
    "UUID": ["nonsense", 7, True, [1], {"a": 1}, "", "a\0b"],
    "String": [7, True, ["a", 1], {"a": 1}],
    "Int": ["seven", 1.5, True, {"a": 1}, 2**31, -(2**31) - 1],
    "Boolean": ["yes", 7, {"a": 1}],
    "DateTime": ["soon", {"a": 1}, "99999-01-01T00:00:00Z"],
    "JSON": ["{", '{"a": "\\u0000"}', {"a": "\0"}],
}
"""By type, what can be no value of it, or none that can be stored."""


def fields_of(name: str) -> dict[str, GraphQLInputField]:
    """The fields of a mutation's input."""
    kind = get_named_type(MUTATIONS[name].args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    return kind.fields


def valid(kind: Any) -> Any:
    """A value that a type takes; ids are of nothing that exists."""
    plain = get_nullable_type(kind)
    if isinstance(plain, GraphQLList):
        return [valid(plain.of_type)]
    if isinstance(plain, GraphQLInputObjectType):
        return {
            name: valid(field.type)
            for name, field in plain.fields.items()
            if isinstance(field.type, GraphQLNonNull)
        }
    if isinstance(plain, GraphQLEnumType):
        return next(iter(plain.values))
    values = {
        "UUID": UNKNOWN,
        "String": "text",
        "Int": 1,
        "Boolean": True,
        "DateTime": "2026-01-01T00:00:00Z",
        "JSON": {},
    }
    return values[plain.name]


def valid_input(name: str) -> dict[str, Any]:
    """The required fields of a mutation's input."""
    return valid(MUTATIONS[name].args["input"].type)


def _plain(kind: Any) -> Any:
    return get_nullable_type(kind)


def wrong_values(kind: Any) -> list[Any]:
    """Values that a type must not take, in lists and objects also one level down."""
    plain = get_nullable_type(kind)
    if isinstance(plain, GraphQLList):
        return [7, {"a": 1}, [None], *([item] for item in wrong_values(plain.of_type))]
    if isinstance(plain, GraphQLInputObjectType):
        good = valid(plain)
        inner = [
            {**good, name: bad} for name, field in plain.fields.items() for bad in wrong_values(field.type)
        ]
        return [
            "text",
            {**good, "colour": "red"},
            *({k: v for k, v in good.items() if k != name} for name in good),
            *inner,
        ]
    if isinstance(plain, GraphQLEnumType):
        return ["NONE_OF_THEM", 7]
    return WRONG[plain.name]


@pytest.fixture(scope="module")
async def gateway(postgres, template_database) -> AsyncIterator[RunningGateway]:
    """A gateway on a database of this module's own."""
    postgres.create_database("bad_input", template=template_database)
    async with serve(settings_for(postgres.dsn("bad_input"), secret_key=new_key())) as running:
        yield running
    postgres.drop_database("bad_input")


class Api:
    """Calls mutations through the gateway, and looks whether they have written anything."""

    def __init__(self, gateway: RunningGateway, db: asyncpg.Connection) -> None:
        self.gateway = gateway
        self.db = db

    async def call(self, name: str, input: Any, tenant_id: str | None = None) -> dict[str, Any]:
        """The answer: `data` of the mutation, or `error`: its message."""
        selection = _selection(MUTATIONS[name].type)
        query = f"mutation($input: {name}_input!) {{ {name}(input: $input) {selection} }}"
        headers = {} if tenant_id is None else {"X-Prefect-Tenant-Id": tenant_id}
        answer = await self.gateway.post(query, {"input": input}, headers=headers)
        assert answer.status_code in {200, 400}, (name, input, answer.text)
        body = answer.json()
        if "errors" not in body:
            return {"data": body["data"][name]}
        [error] = body["errors"]
        assert "Lictor failed to answer" not in error["message"], (name, input)
        assert isinstance(error["extensions"]["code"], str)
        return {"error": error["message"]}

    async def made(self, name: str, /, **input: Any) -> str:
        """The id of what a mutation has made."""
        return (await self.call(name, input))["data"]["id"]

    async def written(self) -> list[Any]:
        """Something that differs after every write: how many rows were touched, and what is in the tables."""
        tables = await self.db.fetch("SELECT format('%I', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'")  # fmt: skip
        found = []
        for (table,) in tables:
            # A run that is asked for lets its agent be seen; nothing else may move.
            found.append(await self.db.fetchrow(f"SELECT '{table}', count(*), sum(hashtextextended(t::text, 0)) FROM {table} AS t"))  # fmt: skip
        return sorted(map(tuple, found))


def _selection(kind: Any) -> str:
    """All fields of a payload."""
    plain = get_named_type(kind)
    return (
        "{ "
        + " ".join(
            f"{name} {_selection(field.type)}" if hasattr(get_named_type(field.type), "fields") else name
            for name, field in plain.fields.items()
        )
        + " }"
    )


@pytest.fixture
async def api(gateway, postgres) -> AsyncIterator[Api]:
    connection = await asyncpg.connect(postgres.dsn("bad_input"))
    try:
        yield Api(gateway, connection)
    finally:
        await connection.close()


@pytest.mark.parametrize("name", sorted(MUTATIONS))
async def test_what_is_missing_null_or_of_the_wrong_kind_is_refused_by_name(api: Api, name: str):
    before = await api.written()
    good = valid_input(name)
    for field, declared in fields_of(name).items():
        cases = [(good | {field: bad}) for bad in wrong_values(declared.type)]
        if isinstance(declared.type, GraphQLNonNull):
            cases += [good | {field: None}, {key: value for key, value in good.items() if key != field}]
        for input in cases:
            if isinstance(input.get(field), VERBATIM.get((name, field), ())):
                continue
            answer = await api.call(name, input)
            assert "error" in answer, (field, input, answer)
    for input in (None, "text", 7, [], good | {"colour": "red"}):
        assert "error" in await api.call(name, input), input
    assert await api.written() == before


VERBATIM = {("set_key_value", "value"): str, ("set_secret", "value"): (str, dict)}
"""JSON fields that take values of these kinds as they are: a text is a text whatever it looks like, and a sealed NUL
is no trouble to Postgres."""


def refused(answer: dict[str, Any]) -> bool:
    """An error, or the plain statement that there was nothing to do."""
    return "error" in answer or nothing_done(answer["data"])


def nothing_done(data: Any) -> bool:
    return data is None or data.get("success") is False


# What these answer without looking: heartbeats are for anyone (server.md 3.6.4), a queue may be empty.
INDIFFERENT = {"update_flow_run_heartbeat", "update_task_run_heartbeat", "get_runs_in_queue"}
"""Mutations that take an unknown id for an answer."""


@pytest.mark.parametrize(
    "name",
    sorted(name for name in MUTATIONS if "UUID" in str([str(f.type) for f in fields_of(name).values()])),
)
async def test_what_does_not_exist_is_told_and_nothing_is_written(api: Api, name: str):
    before = await api.written()
    good = valid_input(name)
    ids = [
        field for field, declared in fields_of(name).items() if get_named_type(declared.type).name == "UUID"
    ]
    for field in ids:
        answer = await api.call(name, good | {field: UNKNOWN})
        assert refused(answer) or name in INDIFFERENT, (field, answer)
    assert await api.written() == before


# Of objects that exist -------------------------------------------------------------------------------

NOT_BOUND = {
    "cancel_flow_run", "create_api_key", "create_project", "delete_api_key", "create_task_run_artifact", "delete_task_run_artifact",
    "get_or_create_task_run", "get_or_create_task_run_info", "get_runs_in_queue", "register_agent", "set_flow_run_states",
    "set_task_run_name", "set_task_run_states", "update_flow_run_heartbeat", "update_task_run_artifact",
    "update_task_run_heartbeat", "write_run_logs",
}  # fmt: skip
"""Mutations that take ids of any tenant, as the original did with all of them (server.md 3.5)."""
SCHEDULE = {"clocks": [{"type": "IntervalClock", "interval": 3_600_000_000}]}
# What a field must hold so that a call with ids that exist succeeds.
MEANINGFUL = {
    "type": "WEBHOOK",
    # Nobody listens there.
    "config": {"url": "http://127.0.0.1:9/"},
    "serialized_flow": {"name": "registered"},
    "serialized_tasks": [{"slug": "t"}],
    "serialized_edges": [{"upstream_task": "t", "downstream_task": "u"}],
    "state": {"type": "Scheduled"},
    "description": "text",
    "confirm": True,
}


@pytest.fixture
async def world(api: Api) -> dict[str, str]:
    """Ids of one object of each kind, by the names that input fields have for them; `other_tenant` owns nothing."""
    tenant, other = [
        (await api.call("create_tenant", {"name": "t", "slug": f"t-{uuid4().hex}"}))["data"]["id"]
        for _ in range(2)
    ]
    project = await api.made("create_project", tenant_id=tenant, name="project")
    document = {"name": "flow", "tasks": [{"slug": "t"}, {"slug": "u"}], "schedule": SCHEDULE}
    flow = await api.made("create_flow", project_id=project, serialized_flow=document)
    flow_run = await api.made("create_flow_run", flow_id=flow)
    task = str(await api.db.fetchval("SELECT id FROM task WHERE flow_id = $1 AND slug = 't'", flow))
    task_run = await api.made("get_or_create_task_run", flow_run_id=flow_run, task_id=task)
    message = "INSERT INTO message (tenant_id, type) VALUES ($1, 'CLOUD_HOOK') RETURNING id"
    hook = {"type": "WEBHOOK", "states": ["FAILED"], "config": MEANINGFUL["config"]}
    user = str(await accounts.ensure_user(api.db, "user"))
    return {
        "message_id": str(await api.db.fetchval(message, tenant)),
        "cloud_hook_id": await api.made("create_cloud_hook", tenant_id=tenant, **hook),
        "agent_config_id": await api.made("create_agent_config", tenant_id=tenant, settings={}),
        "agent_id": await api.made("register_agent", tenant_id=tenant, type="LocalAgent"),
        "tenant_id": tenant,
        "other_tenant": other,
        "project_id": project,
        "flow_id": flow,
        "flow_group_id": str(await api.db.fetchval("SELECT flow_group_id FROM flow WHERE id = $1", flow)),
        "flow_run_id": flow_run,
        "task_id": task,
        "task_run_id": task_run,
        "user_id": user,
        "key_id": await api.made("create_api_key", user_id=user, name="key"),
        "key_value_id": (await api.call("set_key_value", {"key": "k", "value": 1}, tenant))["data"]["id"],
        "task_run_artifact_id": await api.made(
            "create_task_run_artifact", task_run_id=task_run, kind="link", data={}
        ),
    }


def filled(name: str, world: dict[str, str]) -> dict[str, Any]:
    """An input of a mutation that succeeds in `world`."""

    def fill(kind: Any, field: str | None) -> Any:
        plain = get_nullable_type(kind)
        if isinstance(plain, GraphQLList):
            return (
                ["FAILED" if field == "states" else "text"]
                if get_named_type(plain).name == "String"
                else [fill(plain.of_type, None)]
            )
        if isinstance(plain, GraphQLInputObjectType):
            return {
                key: fill(inner.type, key)
                for key, inner in plain.fields.items()
                if isinstance(inner.type, GraphQLNonNull)
                or key in world
                or key in {"description", "config", "name"}
            }
        return world.get(field or "") or MEANINGFUL.get(field or "", valid(kind))

    input = fill(MUTATIONS[name].args["input"].type, None)
    if "slug" in input:
        input["slug"] = f"t-{uuid4().hex}"
    if name == "create_flow_from_compressed_string":
        input["serialized_flow"] = base64.b64encode(gzip.compress(b'{"name": "registered"}')).decode()
    return input


WITH_WORLD = sorted(
    name
    for name in MUTATIONS
    if "UUID" in {get_named_type(field.type).name for field in fields_of(name).values()}
)


@pytest.mark.parametrize("name", sorted(set(WITH_WORLD) - NOT_BOUND))
async def test_the_objects_of_another_tenant_are_unknown(api: Api, world: dict[str, str], name: str):
    input = filled(name, world)
    before = await api.written()
    answer = await api.call(name, input, tenant_id=world["other_tenant"])
    assert refused(answer), answer
    assert await api.written() == before
    if name == "test_cloud_hook":
        return
    # To their own tenant they are not: it was the tenant that made the difference.
    assert not refused(await api.call(name, input, tenant_id=world["tenant_id"]))


@pytest.mark.parametrize("name", sorted(MUTATIONS))
async def test_what_is_done_twice_is_done_once_or_refused(api: Api, world: dict[str, str], name: str):
    input = filled(name, world)
    first = await api.call(name, input)
    assert "error" not in first, first
    rows = [row[:2] for row in await api.written()]
    again = await api.call(name, input)
    if "error" in again:
        assert (
            again["error"].endswith(("Uniqueness violation.", "not found.")) or "Invalid" in again["error"]
        ), again
    if ACTIONS[name].idempotent and name not in APPENDING:
        assert [row[:2] for row in await api.written()] == rows


APPENDING = {"create_flow_run", "set_flow_run_states", "set_task_run_states", "cancel_flow_run"}
"""Done twice on purpose, these are done twice: without a key or a version nobody can tell a retry from a second wish."""


@pytest.mark.parametrize("name", sorted(MUTATIONS))
async def test_what_is_far_too_large_is_stored_or_refused_whole(api: Api, world: dict[str, str], name: str):
    for field, declared in fields_of(name).items():
        kind = get_named_type(declared.type).name
        if kind not in {"String", "JSON"} or isinstance(_plain(declared.type), GraphQLList):
            continue
        large = HUGE if kind == "String" else {"type": "Scheduled", "name": "large", "message": HUGE}
        before = await api.written()
        answer = await api.call(name, filled(name, world) | {field: large})
        if "error" in answer:
            assert len(answer["error"]) < 2000, answer["error"][:300]
            assert await api.written() == before, field
