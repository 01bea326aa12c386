"""The matrix of roles: every custom field and every table, tried with a key of each role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import yaml

from lictor.actions.permissions import NEEDS
from lictor.actions.registry import ACTIONS
from lictor.cli.hasura_apply import PROJECT
from lictor.orchestration import accounts, permissions
from lictor.orchestration.sealing import new_key
from tests.actions.calls import MUTATIONS, SCHEMA, UNKNOWN, Api, filled, make_world
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

BLIND = {thing: permissions.EVERYTHING - {f"read:{thing}"} for thing in permissions.OBJECTS}
"""A custom role for each kind of thing: it may do everything but see those."""


def test_every_custom_field_says_what_it_needs() -> None:
    assert set(NEEDS) == set(ACTIONS)
    assert permissions.unknown(needed for needed in NEEDS.values() if needed is not None) == []


async def test_the_built_in_roles_are_those_that_the_database_shows(connection: asyncpg.Connection) -> None:
    stored = await connection.fetch("SELECT id, name, permissions FROM auth_role WHERE tenant_id IS NULL")
    assert {(row["id"], row["name"], frozenset(row["permissions"])) for row in stored} == {
        (role.id, role.name, role.permissions) for role in permissions.BUILT_IN
    }


def test_what_the_built_in_roles_are_for() -> None:
    by_name = {role.name: role.permissions for role in permissions.BUILT_IN}
    changes = {f"{verb}:{thing}" for verb in ("create", "update", "delete") for thing in permissions.OBJECTS}
    own = {f"{verb}:{thing}" for verb in permissions.VERBS for thing in ("api-key", "message")}
    assert by_name["READ_ONLY_USER"] & changes <= own
    assert "read:secret-value" not in by_name["READ_ONLY_USER"]
    assert (
        by_name["READ_ONLY_USER"]
        < by_name["USER"]
        < by_name["TENANT_ADMIN"]
        < by_name["ENTERPRISE_LICENSE_ADMIN"]
    )
    assert by_name["RUNNER"] < by_name["TENANT_ADMIN"]
    assert not by_name["RUNNER"] & {
        "delete:run",
        "create:flow",
        "delete:flow",
        "create:api-key",
        "update:tenant",
    }
    assert not by_name["USER"] & {
        "delete:project",
        "update:concurrency-limit",
        "update:tenant",
        "create:role",
    }


@dataclass
class Team:
    """A tenant with an object of each kind, and a key for each role in it."""

    gateway: RunningGateway
    db: asyncpg.Connection
    world: dict[str, str]
    keys: dict[str, str]

    async def errors(self, role: str, query: str, variables: Any = None) -> list[dict[str, Any]]:
        return (await self._post(role, query, variables)).get("errors", [])

    async def ask(self, role: str, query: str) -> dict[str, Any]:
        body = await self._post(role, query)
        assert "errors" not in body, (role, query, body)
        return body["data"]

    async def _post(self, role: str, query: str, variables: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.keys[role]}"}
        return (await self.gateway.post(query, variables, headers=headers)).json()


@pytest.fixture(scope="module")
async def database(postgres, template_database) -> AsyncIterator[str]:
    postgres.create_database("roles", template=template_database)
    yield postgres.dsn("roles")
    postgres.drop_database("roles")


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def team(database: str) -> AsyncIterator[Team]:
    secret_key = new_key()
    db = await asyncpg.connect(database)
    async with (
        serve(settings_for(database, secret_key=secret_key)) as unguarded,
        serve(settings_for(database, secret_key=secret_key, auth="key")) as guarded,
    ):
        api = Api(unguarded, db)
        world = await make_world(api)
        tenant = UUID(world["tenant_id"])
        await api.call("set_secret", {"name": "s", "value": 1}, world["tenant_id"])
        await api.call("write_run_logs", {"logs": [{"flow_run_id": world["flow_run_id"], "message": "m"}]})
        slug = await db.fetchval("SELECT slug FROM tenant WHERE id = $1", tenant)
        await db.executemany(
            "INSERT INTO auth_role (tenant_id, name, permissions) VALUES ($1, $2, $3)",
            [(tenant, f"no {thing}", sorted(held)) for thing, held in BLIND.items()],
        )
        keys = {}
        for role in (*(one.name for one in permissions.BUILT_IN), *(f"no {thing}" for thing in BLIND)):
            user = await accounts.ensure_user(db, role, slug, role)
            keys[role] = (await accounts.create_api_key(db, user_id=user, name=role)).key
        yield Team(guarded, db, world, keys)
    await db.close()


@pytest.mark.parametrize("role", permissions.BUILT_IN, ids=lambda role: role.name)
async def test_mutations_are_refused_as_the_table_says(team: Team, role: permissions.BuiltIn) -> None:
    """What is allowed is asked for with ids of nothing: other tests try what it does."""
    seen = Api(team.gateway, team.db, team.keys[role.name])
    for name in sorted(MUTATIONS):
        needed = NEEDS[name]
        if needed is None or needed in role.permissions:
            continue
        before = await seen.written()
        answer = await seen.call(name, filled(name, team.world))
        assert f"{name} needs the permission {needed}" in answer.get("error", ""), (name, answer)
        assert await seen.written() == before, name


@pytest.mark.parametrize("role", permissions.BUILT_IN, ids=lambda role: role.name)
async def test_mutations_are_allowed_as_the_table_says(team: Team, role: permissions.BuiltIn) -> None:
    api = Api(team.gateway, team.db, team.keys[role.name])
    nowhere = dict.fromkeys(team.world, UNKNOWN) | {"access_token": "none"}
    allowed = [name for name in sorted(MUTATIONS) if NEEDS[name] is None or NEEDS[name] in role.permissions]
    for name in allowed:
        if name == "create_tenant":
            continue
        answer = await api.call(name, filled(name, nowhere))
        assert "needs the permission" not in answer.get("error", ""), (name, answer)


QUERIES = {
    "api": "{ backend }",
    "auth_info": "{ role_id permissions }",
    "flow_concurrency": "{ label }",
    "get_task_run_info": '(task_run_id: "%(task_run_id)s") { id }',
    "hello": "",
    "mapped_children": '(task_run_id: "%(task_run_id)s") { state_counts }',
    "preview_schedule": "(schedule: {clocks: []}) { __typename }",
    "reference_data": "{ __typename }",
    "secret_names": "",
    "secret_value": '(name: "s")',
    "task_concurrency": "{ name }",
    "task_tag_usage": "{ tag }",
    "why_not_running": '(flow_run_id: "%(flow_run_id)s") { __typename }',
}


@pytest.mark.parametrize("role", permissions.BUILT_IN, ids=lambda role: role.name)
async def test_custom_queries_are_answered_as_the_table_says(team: Team, role: permissions.BuiltIn) -> None:
    assert SCHEMA.query_type is not None
    assert set(QUERIES) == set(SCHEMA.query_type.fields)
    for name, rest in QUERIES.items():
        errors = await team.errors(role.name, f"{{ {name}{rest % team.world if '%' in rest else rest} }}")
        needed = NEEDS[name]
        if needed is None or needed in role.permissions:
            assert errors == [], (name, errors)
        else:
            assert [error["extensions"]["code"] for error in errors] == ["FORBIDDEN"], name


def _tables() -> dict[str, str]:
    """By the root field of a table that has rows of a tenant: what one must be allowed to read."""
    found = {}
    for path in sorted((PROJECT / "metadata" / "databases" / "default" / "tables").glob("public_*.yaml")):
        metadata = yaml.safe_load(path.read_text())
        [member] = metadata["select_permissions"]
        variable = member["permission"]["filter"].get("tenant_id", {}).get("_eq", "")
        root = metadata.get("configuration", {}).get("custom_root_fields", {}).get("select")
        if variable:
            found[root or metadata["table"]["name"]] = variable.removeprefix("X-Hasura-Read-").lower()
    return found


def test_every_table_is_read_by_the_permission_of_some_thing() -> None:
    assert set(_tables().values()) <= set(permissions.OBJECTS)
    assert len(_tables()) > 20


async def test_who_may_not_read_a_thing_sees_no_row_of_it_in_any_way(team: Team) -> None:
    tables = _tables()
    questions = {
        root: f"{{ {root} {{ __typename }} {root}_aggregate {{ aggregate {{ count }} }} }}" for root in tables
    }
    filled = [
        root for root, question in questions.items() if (await team.ask("TENANT_ADMIN", question))[root]
    ]
    assert len(filled) > 15
    for root in filled:
        question, thing = questions[root], tables[root]
        for other in sorted(set(tables.values())):
            data = await team.ask(f"no {other}", question)
            rows, count = data[root], data[f"{root}_aggregate"]["aggregate"]["count"]
            assert len(rows) == count
            assert bool(rows) == (thing != other), (root, other)


async def test_relationships_lead_nowhere_without_the_permission(team: Team) -> None:
    document = """{ flow_run(where: {id: {_eq: "%s"}}) {
        flow { id } states { id } task_runs { id } logs { id } tenant { id } } }"""
    document %= team.world["flow_run_id"]
    [run] = (await team.ask("TENANT_ADMIN", document))["flow_run"]
    assert all(run.values())
    for thing, names in {"flow": ["flow"], "log": ["logs"]}.items():
        [run] = (await team.ask(f"no {thing}", document))["flow_run"]
        assert [name for name, value in run.items() if not value] == names
    # Not even by comparing with what is not seen
    guessed = await team.ask("no log", '{ flow_run(where: {logs: {message: {_eq: "m"}}}) { id } }')
    assert guessed["flow_run"] == []


async def test_who_one_is_and_what_one_may(team: Team) -> None:
    info = (await team.ask("READ_ONLY_USER", "{ auth_info { role_id permissions } }"))["auth_info"]
    assert info["role_id"] == str(permissions.READ_ONLY.id)
    assert info["permissions"] == sorted(permissions.READ_ONLY.permissions)
    [membership] = (await team.ask("USER", "{ membership { role_id role_detail { name permissions } } }"))[
        "membership"
    ]
    assert membership["role_detail"]["name"] == "USER"
    roles = (await team.ask("USER", "{ auth_role { name tenant_id } }"))["auth_role"]
    assert {role["tenant_id"] for role in roles} == {None, team.world["tenant_id"]}
    assert {
        role["tenant_id"] for role in (await team.ask("no role", "{ auth_role { tenant_id } }"))["auth_role"]
    } == {None}
