"""What only Prefect Cloud had, as its handlers answer: KV store, secrets, API keys, the work queue's switch."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.actions.registry import ActionError, Caller, call_action
from lictor.orchestration import accounts, permissions, secrets, tenants
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.sealing import Keyring, new_key
from tests.actions.handlers.conftest import Call
from tests.orchestration.builders import make_flow, make_tenant

NOBODY = "00000000-0000-4000-8000-00000000dead"
REFUSED = (ActionError, OrchestrationError, asyncpg.PostgresError)
TABLES = ("key_value", "vault.secret", "auth_api_key", "vault.api_key_digest", "auth_user", "tenant")


@pytest.fixture
def caller(caller: Caller) -> Caller:
    return dataclasses.replace(caller, keyring=Keyring.parse(new_key()))


@pytest.fixture
async def user_id(pool: asyncpg.Pool, tenant_id: UUID) -> UUID:
    return await accounts.ensure_user(pool, "someone")


async def everything(pool: asyncpg.Pool) -> list[Any]:
    """All rows that the handlers here may write."""
    return [await pool.fetch(f"SELECT t::text FROM {table} AS t ORDER BY 1") for table in TABLES]


def of(caller: Caller, tenant_id: UUID | None, user_id: UUID | None = None) -> Call:
    """Shorthand to call actions as somebody in `tenant_id`."""
    who = dataclasses.replace(caller, tenant_id=tenant_id, user_id=user_id)

    async def run(name: str, /, **input: Any) -> Any:
        return await call_action(name, {"input": input}, who)

    return run


async def value_of(caller: Caller, tenant_id: UUID | None, name: str) -> Any:
    who = dataclasses.replace(caller, tenant_id=tenant_id)
    return await call_action("secret_value", {"name": name}, who)


async def names_of(caller: Caller, tenant_id: UUID | None) -> Any:
    return await call_action("secret_names", {}, dataclasses.replace(caller, tenant_id=tenant_id))


BAD = [
    ("set_key_value", {}, "key"),
    ("set_key_value", {"key": None, "value": 1}, "key"),
    ("set_key_value", {"key": 1, "value": 1}, "key"),
    ("set_key_value", {"key": "k"}, "value"),
    ("set_key_value", {"key": "", "value": 1}, "key must have 1 to 255"),
    ("set_key_value", {"key": "k" * 256, "value": 1}, "key must have 1 to 255"),
    ("set_key_value", {"key": "a\0b", "value": 1}, "key must have 1 to 255"),
    ("set_key_value", {"key": "k", "value": "x" * 9_999}, "10 KB limit: 10,001 of 10,000"),
    ("set_key_value", {"key": "k", "value": "é" * 1_667}, "10 KB limit: 10,004 of 10,000"),
    ("set_key_value", {"key": "k", "value": {"a": "\0"}}, "value holds a NUL"),
    ("delete_key_value", {}, "key_value_id"),
    ("delete_key_value", {"key_value_id": "k"}, "Could not parse UUID: k"),
    ("set_secret", {"name": "s"}, "value"),
    ("set_secret", {"name": None, "value": 1}, "name"),
    ("set_secret", {"name": "", "value": 1}, "name must have 1 to 255"),
    ("set_secret", {"name": "s" * 256, "value": 1}, "name must have 1 to 255"),
    ("set_secret", {"name": "\0", "value": 1}, "name must have 1 to 255"),
    ("set_secret", {"name": "s", "value": "x" * 999_999}, "1,000,001 bytes; the limit is 1,000,000 (LICTOR_SECRET_SIZE_LIMIT)"),
    ("delete_secret", {}, "name"),
    ("create_api_key", {"name": "n"}, "user_id"),
    ("create_api_key", {"user_id": NOBODY, "name": "n"}, "not found"),
    ("create_api_key", {"user_id": "USER", "name": " "}, "name must have 1 to 255"),
    ("create_api_key", {"user_id": "USER", "name": "n" * 256}, "name must have 1 to 255"),
    ("create_api_key", {"user_id": "USER", "name": "n", "expires_at": "soon"}, "Could not parse DateTime: soon"),
    ("create_api_key", {"user_id": "USER", "name": "n", "expires_at": "2020-01-01"}, "expires_at is in the past"),
    ("create_api_key", {"user_id": "USER", "name": "n", "default_tenant_id": NOBODY}, "is no member of the tenant"),
    ("delete_api_key", {"key_id": None}, "key_id"),
    ("update_user_settings", {"settings": [1]}, "settings must be a JSON object, not list"),
    ("update_user_settings", {"settings": '{"a":'}, "Could not parse JSON"),
    ("update_user_settings", {"settings": {"a": "\0"}}, "settings holds a NUL"),
    ("pause_tenant_work_queue", {}, "tenant_id"),
    ("resume_tenant_work_queue", {"tenant_id": 5}, "tenant_id"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "input", "text"), BAD, ids=lambda value: str(value)[:40])
async def test_bad_input_is_refused_and_writes_nothing(
    pool: asyncpg.Pool, call: Call, user_id: UUID, name: str, input: dict[str, Any], text: str
) -> None:
    before = await everything(pool)
    given = {key: str(user_id) if value == "USER" else value for key, value in input.items()}
    with pytest.raises(REFUSED) as refused:
        await call(name, **given)
    assert text in str(refused.value)
    assert await everything(pool) == before


async def test_key_values_are_their_tenants_own(caller: Caller, pool: asyncpg.Pool, tenant_id: UUID) -> None:
    here, there = of(caller, tenant_id), of(caller, await make_tenant(pool))
    first = await here("set_key_value", key="k", value={"a": [1, 2.5, None]})
    assert await here("set_key_value", key="k", value='{"text": true}') == first
    other = await there("set_key_value", key="k", value="x" * 9_998)
    assert other != first
    assert await pool.fetchval("SELECT value FROM key_value WHERE id = $1", UUID(first["id"])) == json.dumps(
        '{"text": true}'
    )
    assert await there("delete_key_value", key_value_id=first["id"]) == {"success": False, "error": None}
    assert await here("delete_key_value", key_value_id=first["id"]) == {"success": True, "error": None}
    assert await here("delete_key_value", key_value_id=first["id"]) == {"success": False, "error": None}
    assert [str(row["id"]) for row in await pool.fetch("SELECT id FROM key_value")] == [other["id"]]


async def test_without_a_tenant_the_oldest_is_meant(caller: Caller, pool: asyncpg.Pool) -> None:
    nobody = of(caller, None)
    with pytest.raises(OrchestrationError, match="No tenant found"):
        await nobody("set_key_value", key="k", value=1)
    with pytest.raises(ActionError, match="No tenant found"):
        await nobody("set_secret", name="s", value=1)
    oldest = await make_tenant(pool)
    await make_tenant(pool)
    await nobody("set_key_value", key="k", value=1)
    await nobody("set_secret", name="s", value=1)
    assert await pool.fetchval("SELECT tenant_id FROM key_value") == oldest
    assert await names_of(caller, oldest) == ["s"]


@pytest.mark.parametrize("deleted", [False, True], ids=["unknown", "deleted"])
async def test_a_tenant_that_does_not_exist(
    caller: Caller, pool: asyncpg.Pool, tenant_id: UUID, deleted: bool
) -> None:
    ghost = await make_tenant(pool) if deleted else uuid4()
    if deleted:
        made = await accounts.create_api_key(pool, user_id=await accounts.ensure_user(pool, "me"), name="n")
        await tenants.delete_tenant(pool, ghost)
        holder = await accounts.find_api_key(pool, made.key)
        assert holder is not None
        assert [one.tenant_id for one in holder.openings] == [tenant_id]
    with pytest.raises(OrchestrationError, match=f"Tenant {ghost} not found"):
        await of(caller, ghost)("set_key_value", key="k", value=1)
    with pytest.raises(OrchestrationError, match=f"Tenant {ghost} not found"):
        await of(caller, ghost)("set_secret", name="s", value=1)
    with pytest.raises(ActionError, match="not found") as refused:
        await call_action("auth_info", {}, dataclasses.replace(caller, tenant_id=ghost))
    assert refused.value.code == "UNAUTHENTICATED"
    assert await call_action("pause_tenant_work_queue", {"input": {"tenant_id": str(ghost)}}, caller) == {
        "success": False,
        "error": None,
    }


VALUES = ["text", "", '{"looks": "like JSON"}', 0, 1.5, True, [1, None], {"a": {"b": "é💡"}}, {"nul": "\0"}]


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_a_secret_comes_back_as_it_was(caller: Caller, tenant_id: UUID, value: Any) -> None:
    here = of(caller, tenant_id)
    for each in (["an earlier one"], value):
        assert await here("set_secret", name="s", value=each) == {"success": True, "error": None}
        assert await value_of(caller, tenant_id, "s") == each
    assert await names_of(caller, tenant_id) == ["s"]


async def test_secrets_are_their_tenants_own(caller: Caller, pool: asyncpg.Pool, tenant_id: UUID) -> None:
    other = await make_tenant(pool)
    here, there = of(caller, tenant_id), of(caller, other)
    await here("set_secret", name="s", value="mine")
    with pytest.raises(OrchestrationError) as missing:
        await value_of(caller, other, "s")
    assert str(missing.value) == "No value found for the requested key"
    assert await there("delete_secret", name="s") == {"success": False, "error": None}
    await there("set_secret", name="s", value="theirs")
    assert await value_of(caller, tenant_id, "s") == "mine"
    # Someone who can write to the database cannot hand a secret to another tenant.
    await pool.execute(
        "UPDATE vault.secret AS theirs SET nonce = mine.nonce, ciphertext = mine.ciphertext "
        "FROM vault.secret AS mine WHERE theirs.tenant_id = $1 AND mine.tenant_id = $2",
        other,
        tenant_id,
    )
    with pytest.raises(OrchestrationError, match=r"cannot be opened\. The stored bytes were changed"):
        await value_of(caller, other, "s")
    assert await here("delete_secret", name="s") == {"success": True, "error": None}
    assert await names_of(caller, tenant_id) == []


async def test_without_a_key_there_are_no_secrets(caller: Caller, tenant_id: UUID) -> None:
    keyless = dataclasses.replace(caller, keyring=None)
    with pytest.raises(ActionError, match="LICTOR_SECRET_KEY_FILE"):
        await of(keyless, tenant_id)("set_secret", name="s", value=1)
    await of(caller, tenant_id)("set_secret", name="s", value=1)
    with pytest.raises(ActionError, match="LICTOR_SECRET_KEY_FILE"):
        await value_of(keyless, tenant_id, "s")


async def test_keys_are_changed_by_resealing(caller: Caller, pool: asyncpg.Pool, tenant_id: UUID) -> None:
    # Resealing is for all secrets there are, of whatever tenant.
    await pool.execute("DELETE FROM vault.secret")
    old, new = new_key(), new_key()
    before, after = (dataclasses.replace(caller, keyring=Keyring.parse(key)) for key in (old, new))
    for number in range(5):
        await of(before, tenant_id)("set_secret", name=f"s{number}", value=number)
    async with pool.acquire() as connection:
        with pytest.raises(OrchestrationError, match="no key"):
            await secrets.reseal_secrets(connection, Keyring.parse(new))
        assert await value_of(before, tenant_id, "s4") == 4
        both = Keyring.parse(f"{new} {old}")
        assert [await secrets.reseal_secrets(connection, both) for _ in range(2)] == [5, 0]
    assert [await value_of(after, tenant_id, f"s{number}") for number in range(5)] == list(range(5))
    with pytest.raises(OrchestrationError, match="no key"):
        await value_of(before, tenant_id, "s0")


async def test_an_api_key_is_found_until_it_is_deleted(
    call: Call, pool: asyncpg.Pool, user_id: UUID, tenant_id: UUID
) -> None:
    made = await call("create_api_key", user_id=str(user_id), name="n", default_tenant_id=str(tenant_id))
    again = await call("create_api_key", user_id=str(user_id), name="n")
    assert again["key"] != made["key"]
    holder = await accounts.find_api_key(pool, made["key"])
    opening = accounts.Opening(tenant_id, permissions.ADMIN.id, permissions.ADMIN.permissions)
    assert holder == accounts.KeyHolder(UUID(made["id"]), user_id, (opening,))
    last = made["key"][-1]
    for wrong in (
        made["key"][:-1] + ("a" if last != "a" else "b"),
        made["key"] + " ",
        made["key"].upper(),
        "",
        "lictor_",
    ):
        assert await accounts.find_api_key(pool, wrong) is None
    assert await call("delete_api_key", key_id=made["id"]) == {"success": True, "error": None}
    assert await accounts.find_api_key(pool, made["key"]) is None
    assert await call("delete_api_key", key_id=made["id"]) == {"success": False, "error": None}
    assert await accounts.find_api_key(pool, again["key"]) is not None


async def test_an_api_key_expires(call: Call, pool: asyncpg.Pool, user_id: UUID) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    made = await call("create_api_key", user_id=str(user_id), name="n", expires_at=tomorrow.isoformat())
    assert await accounts.find_api_key(pool, made["key"]) is not None
    await pool.execute("UPDATE auth_api_key SET expires_at = now()")
    assert await accounts.find_api_key(pool, made["key"]) is None


async def test_the_default_tenant_of_a_key_comes_first(
    call: Call, pool: asyncpg.Pool, tenant_id: UUID
) -> None:
    other = await make_tenant(pool)
    user_id = await accounts.ensure_user(pool, "of two")
    made = {
        default: await call("create_api_key", user_id=str(user_id), name="n", default_tenant_id=str(default))
        for default in (tenant_id, other)
    }
    for default, key in made.items():
        holder = await accounts.find_api_key(pool, key["key"])
        assert holder is not None
        assert [one.tenant_id for one in holder.openings] == [
            default,
            other if default == tenant_id else tenant_id,
        ]
    plain = await call("create_api_key", user_id=str(user_id), name="n")
    await pool.execute(
        "UPDATE auth_user SET default_membership_id = m.id FROM membership m WHERE m.user_id = $1 AND m.tenant_id = $2",
        user_id, other,
    )  # fmt: skip
    holder = await accounts.find_api_key(pool, plain["key"])
    assert holder is not None
    assert holder.openings[0].tenant_id == other


async def test_keys_of_others_are_out_of_reach(
    caller: Caller, pool: asyncpg.Pool, user_id: UUID, tenant_id: UUID
) -> None:
    other = await accounts.ensure_user(pool, "another")
    me, them = of(caller, tenant_id, user_id), of(caller, tenant_id, other)
    mine = await me("create_api_key", user_id=str(user_id), name="n")
    with pytest.raises(ActionError, match="user_id is not you") as refused:
        await them("create_api_key", user_id=str(user_id), name="n")
    assert refused.value.code == "FORBIDDEN"
    assert await them("delete_api_key", key_id=mine["id"]) == {"success": False, "error": None}
    assert await pool.fetchval("SELECT count(*) FROM auth_api_key") == 1


async def test_who_makes_a_tenant_is_its_member(
    caller: Caller, pool: asyncpg.Pool, user_id: UUID, tenant_id: UUID
) -> None:
    other = await accounts.ensure_user(pool, "another")
    theirs = await of(caller, tenant_id, other)("create_tenant", name="theirs", slug="theirs")
    first = await of(caller, None)("create_tenant", name="first", slug="first")
    members = "SELECT user_id FROM membership WHERE tenant_id = $1"
    assert [row["user_id"] for row in await pool.fetch(members, UUID(theirs["id"]))] == [other]
    assert [row["user_id"] for row in await pool.fetch(members, UUID(first["id"]))] == [user_id]


async def test_the_work_queue_stands_still_while_paused(
    caller: Caller, pool: asyncpg.Pool, tenant_id: UUID, user_id: UUID
) -> None:
    call, tenant = of(caller, None), {"tenant_id": str(tenant_id)}
    await pool.execute("""UPDATE tenant SET settings = '{"teamNamed": true}' WHERE id = $1""", tenant_id)
    flow_id = await make_flow(pool, tenant_id=tenant_id)
    neighbour = await make_flow(pool)
    run, _ = [await call("create_flow_run", flow_id=str(id)) for id in (flow_id, neighbour)]
    ready = {"flow_run_ids": [run["id"]]}
    later = (datetime.now(UTC) + timedelta(seconds=10)).isoformat()
    assert await call("get_runs_in_queue", before=later, **tenant) == ready
    for _ in range(2):
        assert await call("pause_tenant_work_queue", **tenant) == {"success": True, "error": None}
        assert await call("get_runs_in_queue", before=later, **tenant) == {"flow_run_ids": []}
    settings = await pool.fetchval("SELECT settings FROM tenant WHERE id = $1", tenant_id)
    assert json.loads(settings) == {"teamNamed": True, "work_queue_paused": True}
    other = await pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", neighbour)
    assert len((await call("get_runs_in_queue", tenant_id=str(other), before=later))["flow_run_ids"]) == 1
    with pytest.raises(ActionError, match="tenant_id is not the tenant you act in"):
        await of(caller, other, user_id)("resume_tenant_work_queue", **tenant)
    assert await call("resume_tenant_work_queue", **tenant) == {"success": True, "error": None}
    assert await call("get_runs_in_queue", before=later, **tenant) == ready


async def test_preferences_are_merged_into_those_of_the_user_who_asks(
    caller: Caller, pool: asyncpg.Pool, call: Call, tenant_id: UUID
) -> None:
    with pytest.raises(OrchestrationError, match="There is no user yet"):
        await call("update_user_settings", settings={"isDark": True})
    admin, other = [await accounts.ensure_user(pool, name) for name in ("admin", "other")]
    as_other = of(caller, tenant_id, other)
    for settings in ({"isDark": True, "deep": {"a": 1}}, '{"deep": {"b": 2}}', None, {}):
        answer = await as_other("update_user_settings", settings=settings)
        assert answer == {"id": str(other), "success": True, "error": None}
    # Without authentication there is only the administrator, whose preferences these are.
    assert (await call("update_user_settings", settings={"timezone": "UTC"}))["id"] == str(admin)
    stored = dict(await pool.fetch("SELECT id, settings FROM auth_user"))
    assert {id: json.loads(settings) for id, settings in stored.items()} == {
        other: {"isDark": True, "deep": {"b": 2}},
        admin: {"timezone": "UTC"},
    }
    with pytest.raises(OrchestrationError, match=f"User {NOBODY} not found"):
        await of(caller, tenant_id, UUID(NOBODY))("update_user_settings", settings={})
