"""The audit trail: every mutation and sign-in leaves one row, with who, from where and what came of it, and no secret."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from lictor.actions import audited
from lictor.actions.permissions import NEEDS
from lictor.orchestration import accounts, permissions
from lictor.orchestration.sealing import new_key
from tests.actions.calls import MUTATIONS, SCHEMA, UNKNOWN, Api, filled, make_world
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

PLANTED = "plantedTEXTofASecret"
CORE = {"X-PREFECT-CORE-VERSION": "1.4.1"}


@pytest.fixture
async def db(fresh_database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fresh_database)
    yield connection
    await connection.close()


@asynccontextmanager
async def guarded(dsn: str, **more: Any) -> AsyncIterator[RunningGateway]:
    async with serve(settings_for(dsn, secret_key=new_key(), auth="key", **more)) as gateway:
        yield gateway


async def member(
    db: asyncpg.Connection, name: str, tenant_id: str, role: str = "TENANT_ADMIN"
) -> tuple[UUID, str]:
    """A user with a role in a tenant, and a key of theirs."""
    slug = await db.fetchval("SELECT slug FROM tenant WHERE id = $1", UUID(tenant_id))
    user = await accounts.ensure_user(db, name, slug, role)
    return user, (await accounts.create_api_key(db, user_id=user, name=f"key of {name}")).key


async def rows(db: asyncpg.Connection, operation: str | None = None) -> list[asyncpg.Record]:
    return await db.fetch(
        'SELECT *, host(address) AS host FROM audit_log WHERE operation = coalesce($1, operation) ORDER BY "timestamp"',
        operation,
    )


def test_every_custom_field_is_known_to_the_trail() -> None:
    assert SCHEMA.query_type is not None
    assert set(audited.QUERIES) == set(SCHEMA.query_type.fields)
    assert set(audited.PLACES) == set(MUTATIONS)
    assert set(MUTATIONS) >= audited.ALWAYS_MACHINES | audited.RUNNERS | audited.WAITS
    waiting = {name for name in MUTATIONS if audited.waits(name)}
    assert {name for name in MUTATIONS if name.startswith("delete_")} <= waiting
    assert not waiting & (audited.ALWAYS_MACHINES | audited.RUNNERS)


async def test_every_mutation_leaves_exactly_one_row(fresh_database: str, db: asyncpg.Connection) -> None:
    secret_key = new_key()
    async with serve(settings_for(fresh_database, secret_key=secret_key, audit="off")) as unguarded:
        world = await make_world(Api(unguarded, db))
        assert await rows(db) == []
    user, key = await member(db, "jane", world["tenant_id"])
    role = await db.fetchval("SELECT role_id FROM membership WHERE user_id = $1", user)
    expected: dict[str, tuple[str, set[str | None]]] = {}
    async with serve(settings_for(fresh_database, secret_key=secret_key, auth="key", audit="all")) as gateway:
        api = Api(gateway, db, key)
        # What takes objects away comes last, and of these what others hang on at the very end.
        last = ["delete_flow_run", "delete_flow", "delete_flow_group", "delete_project", "delete_tenant"]
        names = sorted(set(MUTATIONS) - set(last), key=lambda name: (name.startswith("delete_"), name)) + last
        for name in names:
            answer = await api.call(name, filled(name, world))
            if "error" in answer:
                expected[name] = ("refused", {"INTERNAL_SERVER_ERROR", "FORBIDDEN", "UNAUTHENTICATED"})
            elif (answer["data"] or {}).get("success") is False:
                expected[name] = ("refused", {"NOTHING_DONE"})
            else:
                expected[name] = ("done", {None})
    # The gateway has ended: all is written.
    found = await rows(db)
    assert [row["operation"] for row in found] == ["sign_in", *names]
    for row in found[1:]:
        outcome, codes = expected[row["operation"]]
        assert row["outcome"] == outcome, row
        assert row["code"] in codes, row
        assert (row["user_id"], row["role_id"], row["host"]) == (user, role, "127.0.0.1"), row
        assert str(row["tenant_id"]) == world["tenant_id"], row
        assert row["api_key_id"] is not None
        assert row["request_id"]
        assert row["user_agent"].startswith("python-httpx")
        assert row["object_table"] == audited.PLACES[row["operation"]].table
        assert row["message"].startswith(f"jane called {row['operation']} on {row['object_table']}")
    done = {name for name, (outcome, _) in expected.items() if outcome == "done"}
    assert len(done) > 60
    without = {row["operation"] for row in found if row["object_id"] is None and row["operation"] in done}
    # Secrets have names for ids; these two name no tenant; and of the others nothing is made.
    assert without <= {
        "set_secret",
        "delete_secret",
        "refresh_token",
        "update_user_settings",
        "get_or_create_task_run",
    }


async def test_what_is_refused_leaves_a_row_too(fresh_database: str, db: asyncpg.Connection) -> None:
    async with serve(settings_for(fresh_database)) as unguarded:
        world = await make_world(Api(unguarded, db))
    user, key = await member(db, "looker", world["tenant_id"], "READ_ONLY_USER")
    await db.execute("CREATE TABLE before AS SELECT id FROM audit_log")
    forbidden = [
        name for name in sorted(MUTATIONS)
        if NEEDS[name] is not None and NEEDS[name] not in permissions.READ_ONLY.permissions
        and name not in audited.ALWAYS_MACHINES
    ]  # fmt: skip
    async with guarded(fresh_database) as gateway:
        api = Api(gateway, db, key)
        for name in forbidden:
            await api.call(name, filled(name, world))
        # What there is not, for a member
        bearer = {"Authorization": f"Bearer {key}"}
        answer = await gateway.post(
            'mutation { insert_flow(objects: [{name: "x"}]) { affected_rows } }', headers=bearer
        )
        assert answer.status_code == 400
    found = await db.fetch(
        'SELECT * FROM audit_log WHERE id NOT IN (SELECT id FROM before) ORDER BY "timestamp"'
    )
    assert [row["operation"] for row in found] == ["sign_in", *forbidden, "insert_flow"]
    assert {(row["outcome"], row["code"]) for row in found[1:-1]} == {("refused", "FORBIDDEN")}
    assert (found[-1]["outcome"], found[-1]["code"]) == ("refused", "GRAPHQL_VALIDATION_FAILED")
    assert {row["user_id"] for row in found} == {user}
    assert found[1]["message"].endswith(", which was refused: FORBIDDEN.")


async def test_no_secret_is_in_the_trail(fresh_database: str, db: asyncpg.Connection) -> None:
    """Every field that may hold text or JSON holds the secret, but for the names of things."""
    secret_key = new_key()
    async with serve(settings_for(fresh_database, secret_key=secret_key, audit="all")) as gateway:
        api = Api(gateway, db)
        world = await make_world(api)
        made = [
            await api.call("create_api_key", {"user_id": world["user_id"], "name": "k"}),
            await api.call("create_api_token", {"name": "t", "scope": "TENANT"}),
            await api.call("switch_tenant", {"tenant_id": world["tenant_id"]}),
        ]
        keys = [made[0]["data"]["key"], made[1]["data"]["token"], made[2]["data"]["access_token"]]
        for name in sorted(MUTATIONS):
            input = filled(name, world)
            input |= {
                key: _planted(value)
                for key, value in input.items()
                if key not in SHOWN and not _is_uuid(value)
            }
            if name == "set_flow_run_states":
                input["states"] = [{"flow_run_id": world["flow_run_id"], "state": _state()}]
            if name == "set_task_run_states":
                input["states"] = [{"task_run_id": world["task_run_id"], "state": _state()}]
            await gateway.post(
                f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ __typename }} }}",
                {"input": input},
            )
        await api.call("set_secret", {"name": "s", "value": PLANTED}, world["tenant_id"])
        await api.call("set_secret", {"name": "s", "value": {"name": PLANTED}}, world["tenant_id"])
        hook = {"tenant_id": world["tenant_id"], "type": "WEBHOOK", "states": ["FAILED"]}
        await api.call(
            "create_cloud_hook", {**hook, "config": {"url": f"http://127.0.0.1:9/{PLANTED}", "name": PLANTED}}
        )
        await api.call("refresh_token", {"access_token": PLANTED})
        states = [
            {"flow_run_id": world["flow_run_id"], "state": f'{{"type": "Running", "result": "{PLANTED}"}}'}
        ]
        await api.call("set_flow_run_states", {"states": states})
        await gateway.post(
            'mutation($value: jsonb) { insert_key_value(objects: [{key: "k2", value: $value}]) { affected_rows } }',
            {"value": {"name": PLANTED}},
        )
        await gateway.post(
            f'mutation {{ update_cloud_hook(where: {{}}, _set: {{config: {{name: "{PLANTED}"}}}}) {{ affected_rows }} }}'
        )
    texts = [row["text"] for row in await db.fetch("SELECT a::text AS text FROM audit_log AS a")]
    assert len(texts) > len(MUTATIONS)
    for secret in (PLANTED, *keys, secret_key):
        assert [text for text in texts if secret in text] == []


SHOWN = {"name", "slug", "description", "label", "labels", "tag", "key", "type", "kind", "scope", "states", "policy",
         "timezone", "flow_run_name", "confirm", "logs"}  # fmt: skip


def _planted(value: Any) -> Any:
    if isinstance(value, str):
        return PLANTED
    if isinstance(value, dict):
        return {"name": PLANTED, PLANTED: PLANTED, "id": PLANTED}
    if isinstance(value, list):
        return [_planted(item) for item in value]
    return value


def _state() -> dict[str, Any]:
    return {"type": "Running", "message": PLANTED, "result": PLANTED, "context": {"name": PLANTED}}


def _is_uuid(value: Any) -> bool:
    try:
        UUID(value[0] if isinstance(value, list) else value)
    except (TypeError, ValueError, AttributeError, KeyError):
        return False
    return True


async def test_before_and_after_of_a_change(fresh_database: str, db: asyncpg.Connection) -> None:
    async with serve(settings_for(fresh_database)) as gateway:
        world = await make_world(Api(gateway, db))
        api = Api(gateway, db)
        await api.call("set_project_name", {"project_id": world["project_id"], "name": "renamed"})
        await api.call("cancel_flow_run", {"flow_run_id": world["flow_run_id"]})
        stranger = {"project_id": world["project_id"], "name": "stolen"}
        await api.call("set_project_name", stranger, world["other_tenant"])
        await api.call("delete_project", {"project_id": world["project_id"]})
        # It waited for its own row, and so for those before.
        first, second = await rows(db, "set_project_name")
        [cancelled] = await rows(db, "cancel_flow_run")
        [deleted] = await rows(db, "delete_project")
    assert _info(first)["before"]["name"] == "project"
    assert _info(first)["arguments"]["name"] == "renamed"
    # Without authentication and without a tenant said, a row is of its object's.
    assert {str(row["tenant_id"]) for row in (first, cancelled, deleted)} == {world["tenant_id"]}
    assert _info(cancelled)["before"]["state"] == "Scheduled"
    assert (str(second["tenant_id"]), second["outcome"]) == (world["other_tenant"], "refused")
    assert "before" not in _info(second)
    assert deleted["message"] == "Somebody called delete_project on project 'renamed'."


def _info(row: asyncpg.Record) -> dict[str, Any]:
    import orjson

    return orjson.loads(row["info"])


async def test_generated_mutations(fresh_database: str, db: asyncpg.Connection) -> None:
    async with serve(settings_for(fresh_database)) as gateway:
        tenant = (await Api(gateway, db).call("create_tenant", {"name": "t", "slug": "t"}))["data"]["id"]
        document = """mutation($name: String) {
            made: insert_project(objects: [{name: $name, tenant_id: "%s"}]) { affected_rows }
            set_project_name(input: {project_id: "%s", name: "x"}) { id }
            update_project(where: {name: {_eq: "p"}}, _set: {description: "d"}) { affected_rows }
        }"""
        await gateway.post(document % (tenant, UNKNOWN), {"name": "p"})
        project = await db.fetchval("SELECT id FROM project")
        await gateway.post(
            f'mutation {{ insert_project(objects: [{{name: "p", tenant_id: "{tenant}"}}]) {{ affected_rows }} }}'
        )
        await gateway.post(
            f'mutation {{ delete_project_rows(where: {{id: {{_eq: "{project}"}}}}) {{ affected_rows }} }}'
        )
        assert project is not None
        found = [
            (row["operation"], row["object_table"], row["outcome"], row["object_id"])
            for row in await rows(db)
        ]
    assert found[0] == ("create_tenant", "tenant", "done", UUID(tenant))
    # Of the first document the project was made; what came after the field that failed was not.
    assert set(found[1:4]) == {
        ("insert_project", "project", "done", None),
        ("set_project_name", "project", "refused", UUID(UNKNOWN)),
        ("update_project", "project", "refused", None),
    }
    assert found[4:] == [
        ("insert_project", "project", "refused", None),
        ("delete_project_rows", "project", "done", project),
    ]


async def test_sign_ins_and_refused_ones(fresh_database: str, db: asyncpg.Connection) -> None:
    async with serve(settings_for(fresh_database, audit="off")) as unguarded:
        tenant = (await Api(unguarded, db).call("create_tenant", {"name": "t", "slug": "t"}))["data"]["id"]
    user, key = await member(db, "jane", tenant)
    async with guarded(fresh_database) as gateway:
        forwarded = {"User-Agent": "a browser", "X-Forwarded-For": "203.0.113.9", "X-Request-Id": "mine"}
        for _ in range(3):
            bearer = {"Authorization": f"Bearer {key}"}
            answer = await gateway.post("{ hello }", headers=bearer | forwarded | CORE)
            assert answer.json()["data"], answer.text
            wrong = await gateway.post("{ hello }", headers={"Authorization": f"Bearer {PLANTED}"})
            assert wrong.status_code == 401
        # Both had to be there before they were answered.
        done, refused = await rows(db)
    assert (done["operation"], done["outcome"], done["user_id"], done["object_id"]) == (
        "sign_in",
        "done",
        user,
        user,
    )
    assert done["message"] == "jane signed in with an API key."
    assert (done["user_agent"], done["forwarded_for"]) == ("a browser", "203.0.113.9")
    assert (done["request_id"], done["core_version"], done["object_table"]) == ("mine", "1.4.1", "auth_user")
    assert (refused["outcome"], refused["code"], refused["tenant_id"]) == ("refused", "UNAUTHENTICATED", None)


async def test_machine_traffic_of_runs_is_left_out(fresh_database: str, db: asyncpg.Connection) -> None:
    async with serve(settings_for(fresh_database)) as gateway:
        api = Api(gateway, db)
        world = await make_world(api)
        run = world["flow_run_id"]
        states = {"states": [{"flow_run_id": run, "state": {"type": "Running"}}]}
        document = "mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { id } } }"
        await gateway.post(document, {"input": states}, headers=CORE)
        for name in sorted(audited.ALWAYS_MACHINES):
            await api.call(name, filled(name, world))
        await api.call("set_flow_run_states", states)
    # By the one who is no Prefect client: a person
    [row] = await rows(db, "set_flow_run_states")
    assert row["core_version"] is None
    assert str(row["object_id"]) == run
    assert not {row["operation"] for row in await rows(db)} & audited.ALWAYS_MACHINES


async def test_what_matters_is_not_answered_before_its_row_is_there(
    fresh_database: str, db: asyncpg.Connection
) -> None:
    settings = settings_for(fresh_database, secret_key=new_key())
    async with serve(settings) as gateway:
        api = Api(gateway, db)
        world = await make_world(api)
        holder = await asyncpg.connect(fresh_database)
        async with holder.transaction():
            await holder.execute("LOCK TABLE audit_log IN SHARE MODE")
            key = asyncio.create_task(
                gateway.post(
                    f'mutation {{ create_api_key(input: {{user_id: "{world["user_id"]}", name: "waits"}}) {{ id }} }}'
                )
            )
            while not await db.fetchval("SELECT count(*) FROM auth_api_key WHERE name = 'waits'"):  # noqa: ASYNC110
                await asyncio.sleep(0)
            # The key is made; who asked for it is not told, and others are answered.
            await api.call("set_project_name", {"project_id": world["project_id"], "name": "meanwhile"})
            assert not key.done()
        assert "errors" not in (await key).json()
        assert [row["outcome"] for row in await rows(db, "create_api_key")][-1] == "done"
        await holder.close()


async def test_what_cannot_be_written_in_time_is_said_and_written_later(
    fresh_database: str, db: asyncpg.Connection
) -> None:
    async with serve(settings_for(fresh_database, database_wait=0.2)) as gateway:
        api = Api(gateway, db)
        world = await make_world(api)
        holder = await asyncpg.connect(fresh_database)
        async with holder.transaction():
            await holder.execute("LOCK TABLE audit_log IN SHARE MODE")
            document = (
                f'mutation {{ delete_project(input: {{project_id: "{world["project_id"]}"}}) {{ success }} }}'
            )
            answer = await gateway.post(document)
        await holder.close()
        assert answer.status_code == 503
        assert "It is done, but its entry in the audit trail" in answer.text
    [row] = await rows(db, "delete_project")
    assert row["outcome"] == "done"


async def test_tenants_do_not_see_each_others_trail(fresh_database: str, db: asyncpg.Connection) -> None:
    async with serve(settings_for(fresh_database, audit="off")) as unguarded:
        api = Api(unguarded, db)
        tenants = [
            (await api.call("create_tenant", {"name": n, "slug": n}))["data"]["id"] for n in ("a", "b")
        ]
    keys = [(await member(db, name, tenant))[1] for name, tenant in zip(("ann", "ben"), tenants, strict=True)]
    _, reader = await member(db, "reader", tenants[0], "READ_ONLY_USER")
    question = "{ audit_log(order_by: {timestamp: asc}) { id timestamp message object_id object_table info tenant_id user_id } }"
    async with guarded(fresh_database) as gateway:
        for key in keys:
            await Api(gateway, db, key).call("create_project", {"name": "p", "tenant_id": tenants[0]})
            await Api(gateway, db, key).call("delete_project", {"project_id": UNKNOWN})
        seen = [
            (await gateway.post(question, headers={"Authorization": f"Bearer {key}"})).json()["data"][
                "audit_log"
            ]
            for key in (*keys, reader)
        ]
        # Nobody with a key can write there.
        for document in (
            "mutation { delete_audit_log(where: {}) { affected_rows } }",
            'mutation { insert_audit_log(objects: [{operation: "x"}]) { affected_rows } }',
        ):
            answer = await gateway.post(document, headers={"Authorization": f"Bearer {keys[0]}"})
            assert answer.status_code == 400
    for rows_seen, tenant in zip(seen[:2], tenants, strict=True):
        assert len(rows_seen) == 3
        assert {row["tenant_id"] for row in rows_seen} == {tenant}
    assert seen[2] == []
