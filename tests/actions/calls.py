"""Calls of mutations made from hasura/metadata/actions.graphql, and a world of objects to call them on."""

from __future__ import annotations

import base64
import gzip
from typing import Any
from uuid import uuid4

import asyncpg
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

from lictor.cli.hasura_apply import PROJECT
from lictor.orchestration import accounts
from tests.actions.gateway.conftest import RunningGateway

SCHEMA = build_schema((PROJECT / "metadata" / "actions.graphql").read_text(encoding="utf-8"))
assert SCHEMA.mutation_type is not None
MUTATIONS = SCHEMA.mutation_type.fields
UNKNOWN = "00000000-0000-4000-8000-00000000dead"
HUGE = "x" * 300_000


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


class Api:
    """Calls mutations through the gateway, and looks whether they have written anything."""

    def __init__(self, gateway: RunningGateway, db: asyncpg.Connection, key: str | None = None) -> None:
        self.gateway = gateway
        self.db = db
        self.key = key

    async def call(self, name: str, input: Any, tenant_id: str | None = None) -> dict[str, Any]:
        """The answer: `data` of the mutation, or `error`: its message."""
        selection = selection_of(MUTATIONS[name].type)
        query = f"mutation($input: {name}_input!) {{ {name}(input: $input) {selection} }}"
        headers = {} if tenant_id is None else {"X-Prefect-Tenant-Id": tenant_id}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
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
        """Something that differs after every write: how many rows there are, and who wrote them."""
        found = await self.db.fetch(await self.db.fetchval(EVERY_ROW))
        return sorted(map(tuple, found))


def selection_of(kind: Any) -> str:
    """All fields of a payload."""
    plain = get_named_type(kind)
    return (
        "{ "
        + " ".join(
            f"{name} {selection_of(field.type)}" if hasattr(get_named_type(field.type), "fields") else name
            for name, field in plain.fields.items()
        )
        + " }"
    )


def refused(answer: dict[str, Any]) -> bool:
    """An error, or the plain statement that there was nothing to do."""
    return "error" in answer or nothing_done(answer["data"])


def nothing_done(data: Any) -> bool:
    return data is None or data.get("success") is False


EVERY_ROW = """
SELECT string_agg(format(
    'SELECT %1$L, count(*), sum(hashtextextended(format(''%%s %%s %%s'', tableoid, ctid, xmin), 0)) FROM %1$I', relname),
    ' UNION ALL ')
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND relname NOT IN ('alembic_version', 'audit_log')
"""
"""A statement that counts the rows of each table of the API and tells whether any was written: by which transaction, and
where. What is in them is not read: there are large ones. That somebody was refused is no writing of theirs."""

BEATS = {"update_flow_run_heartbeat", "update_task_run_heartbeat"}
"""A sign of life of what does not exist is nobody's error (server.md 3.6.4)."""


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
    "policy": "skip",
}
MEANINGFUL_ACTION = {"webhook": MEANINGFUL["config"]}
LISTS = {
    "flow_group_ids": "flow_group_id", "sla_config_ids": "flow_sla_config_id", "agent_config_ids": "agent_config_id",
}  # fmt: skip
"""Fields that list ids -> the name of what they list in the world."""


async def make_world(api: Api) -> dict[str, str]:
    """Makes one object of each kind; their ids by the names that input fields have for them. `other_tenant` owns nothing."""
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
    cloud_hook = await api.made("create_cloud_hook", tenant_id=tenant, **hook)
    # Dead: no worker takes it.
    delivery = (
        "INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event, status, finished)"
        " VALUES ($1, 'cloud_hook', $2, $3, uuidv7(), '{}', 'Dead', now()) RETURNING id"
    )
    user = str(await accounts.ensure_user(api.db, "user"))

    async def limit(name: str, **named: str) -> str:
        return (await api.call(name, {**named, "limit": 1}, tenant))["data"]["id"]

    automation_action = await api.made("create_action", tenant_id=tenant, config=MEANINGFUL_ACTION)
    sla_config = await api.made(
        "create_flow_sla_config", tenant_id=tenant, kind="STARTED_NOT_FINISHED", duration_seconds=60
    )
    return {
        "action_id": automation_action,
        "flow_sla_config_id": sla_config,
        "hook_id": await api.made(
            "create_flow_run_state_changed_hook", action_id=automation_action, states=["Failed"]
        ),
        "message_id": str(await api.db.fetchval(message, tenant)),
        "cloud_hook_id": cloud_hook,
        "hook_delivery_id": str(await api.db.fetchval(delivery, tenant, cloud_hook, flow_run)),
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
        "access_token": (await api.call("switch_tenant", {"tenant_id": tenant}))["data"]["access_token"],
        "token_id": await api.made("create_api_token", name="token", scope="RUNNER"),
        "key_id": await api.made("create_api_key", user_id=user, name="key"),
        "key_value_id": (await api.call("set_key_value", {"key": "k", "value": 1}, tenant))["data"]["id"],
        "flow_limit_id": await limit("update_flow_concurrency_limit", label="label"),
        "task_limit_id": await limit("update_task_tag_limit", tag="tag"),
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
                else [fill(plain.of_type, LISTS.get(field or ""))]
            )
        if isinstance(plain, GraphQLInputObjectType):
            return {
                key: fill(inner.type, key)
                for key, inner in plain.fields.items()
                if isinstance(inner.type, GraphQLNonNull)
                or key in world
                or key in LISTS
                or key in {"description", "config", "name"}
            }
        return world.get(field or "") or MEANINGFUL.get(field or "", valid(kind))

    input = fill(MUTATIONS[name].args["input"].type, None)
    if "slug" in input:
        input["slug"] = f"t-{uuid4().hex}"
    if "limit_id" in input:
        input["limit_id"] = world["flow_limit_id" if "flow" in name else "task_limit_id"]
    if name == "create_action":
        input["config"] = MEANINGFUL_ACTION
    if name == "create_flow_from_compressed_string":
        input["serialized_flow"] = base64.b64encode(gzip.compress(b'{"name": "registered"}')).decode()
    return input


def holds_an_id(kind: Any) -> bool:
    """Whether an id can stand in a value of this type, at whatever depth."""
    plain = get_named_type(kind)
    if isinstance(plain, GraphQLInputObjectType):
        return any(holds_an_id(field.type) for field in plain.fields.values())
    return plain.name == "UUID"


WITH_IDS = sorted(name for name in MUTATIONS if holds_an_id(MUTATIONS[name].args["input"].type))
