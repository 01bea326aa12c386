"""What clients before 1.0 authenticate with: API tokens, and access tokens for one tenant, at the door of a gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.orchestration import accounts, teams
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for
from tests.orchestration.builders import make_flow

CORE = {"X-Prefect-Core-Version": "0.13.19"}
NOBODY = "00000000-0000-4000-8000-00000000dead"
SWITCH = "mutation($i: switch_tenant_input!) { switch_tenant(input: $i) { access_token refresh_token expires_at } }"
REFRESH = "mutation($i: refresh_token_input!) { refresh_token(input: $i) { access_token refresh_token expires_at } }"
CREATE = "mutation($i: create_api_token_input!) { create_api_token(input: $i) { id token } }"
DELETE = "mutation($i: delete_api_token_input!) { delete_api_token(input: $i) { success } }"
CREATE_KEY = "mutation($i: create_api_key_input!) { create_api_key(input: $i) { id key } }"


class World:
    """A gateway, the database behind it, and a user with a key and two of three tenants."""

    gateway: RunningGateway
    pool: asyncpg.Pool
    first: UUID
    second: UUID
    foreign: UUID
    user: UUID
    key: str

    async def ask(self, token: str, query: str, **input: Any) -> dict[str, Any]:
        """The answer of the one field, or {"code", "message"} of its error."""
        headers = {"Authorization": f"Bearer {token}", **CORE}
        answer = await self.gateway.post(query, {"i": input} if input else None, headers=headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        if "errors" in body:
            [error] = body["errors"]
            return {"code": error["extensions"]["code"], "message": error["message"]}
        return next(iter(body["data"].values()))

    async def where(self, token: str) -> Any:
        """The tenant that a token stands for; None where it is refused."""
        found = await self.ask(token, "{ auth_info { tenant_id api_token_scope } }")
        assert found.get("code", "UNAUTHENTICATED") == "UNAUTHENTICATED"
        return UUID(found["tenant_id"]) if "tenant_id" in found else None

    async def access_tokens(self) -> int:
        return await self.pool.fetchval("SELECT count(*) FROM vault.access_token")


async def _world(database: str, auth: str) -> AsyncIterator[World]:
    world = World()
    settings = settings_for(database, auth=auth, auth_cache_seconds=0)
    async with serve(settings) as world.gateway, asyncpg.create_pool(database, min_size=1) as world.pool:
        world.first, world.second, world.foreign = [
            await teams.create_tenant(world.pool, name, name) for name in ("first", "second", "foreign")
        ]
        world.user = await accounts.ensure_user(world.pool, "me", "first")
        await accounts.ensure_user(world.pool, "me", "second")
        world.key = (await accounts.create_api_key(world.pool, user_id=world.user, name="key")).key
        yield world


@pytest.fixture
async def world(fresh_database: str) -> AsyncIterator[World]:
    async for made in _world(fresh_database, "key"):
        yield made


@pytest.fixture
async def open_world(fresh_database: str) -> AsyncIterator[World]:
    async for made in _world(fresh_database, "off"):
        yield made


async def test_an_access_token_narrows_a_key_to_a_tenant(world: World) -> None:
    assert await world.where(world.key) == world.first
    switched = await world.ask(world.key, SWITCH, tenant_id=str(world.second))
    token = switched["access_token"]
    assert token.startswith("lictor_access_")
    assert await world.where(token) == world.second
    assert datetime.fromisoformat(switched["expires_at"]).tzinfo is not None
    # The header of later clients cannot widen it.
    headers = {"Authorization": f"Bearer {token}", "X-Prefect-Tenant-Id": str(world.first), **CORE}
    answer = await world.gateway.post("{ auth_info { tenant_id } }", headers=headers)
    assert "not valid for the tenant" in answer.text
    # What a thief of the database finds is not what opens the door.
    rows = await world.pool.fetch("SELECT t::text FROM vault.access_token AS t")
    assert token.removeprefix("lictor_access_") not in str(rows)


@pytest.mark.parametrize("which", ["foreign", "nowhere"])
async def test_a_tenant_that_the_key_does_not_open(world: World, which: str) -> None:
    tenant = world.foreign if which == "foreign" else uuid4()
    refused = await world.ask(world.key, SWITCH, tenant_id=str(tenant))
    assert refused == {"code": "UNAUTHENTICATED", "message": f"Tenant {tenant} not found."}
    assert await world.access_tokens() == 0


async def test_refreshing_lets_a_token_live_on_and_twice_does_no_harm(world: World) -> None:
    token = (await world.ask(world.key, SWITCH, tenant_id=str(world.second)))["access_token"]
    almost = "UPDATE vault.access_token SET refused_from = now() + interval '1 minute'"
    await world.pool.execute(almost)
    for _ in range(2):
        # As the clients do: with the refresh token as the key.
        kept = await world.ask(token, REFRESH, access_token=token)
        assert (kept["access_token"], kept["refresh_token"]) == (token, token)
    left = await world.pool.fetchval("SELECT refused_from - now() FROM vault.access_token")
    assert left.total_seconds() > 80_000
    other = await accounts.create_api_key(world.pool, user_id=world.user, name="other")
    for bearer, given in (
        (other.key, token),
        (world.key, "lictor_access_x"),
        (world.key, ""),
        (world.key, world.key),
    ):
        assert (await world.ask(bearer, REFRESH, access_token=given))["code"] == "UNAUTHENTICATED"


async def test_what_ends_an_access_token(world: World) -> None:
    made = await accounts.create_api_key(world.pool, user_id=world.user, name="short")

    async def switched(key: str = world.key) -> str:
        return (await world.ask(key, SWITCH, tenant_id=str(world.second)))["access_token"]

    outdated = await switched()
    await world.pool.execute("UPDATE vault.access_token SET refused_from = now()")
    assert await world.where(outdated) is None
    assert (await world.ask(outdated, REFRESH, access_token=outdated))["code"] == "UNAUTHENTICATED"
    assert (await world.ask(world.key, REFRESH, access_token=outdated))["code"] == "UNAUTHENTICATED"
    token = await switched()
    # The next one has swept the ended one away.
    assert await world.access_tokens() == 1
    assert await world.where(token) == world.second
    await world.pool.execute("DELETE FROM membership WHERE tenant_id = $1", world.second)
    assert await world.where(token) is None
    await world.pool.execute(
        "INSERT INTO membership (user_id, tenant_id) VALUES ($1, $2)", world.user, world.second
    )
    of_short = await switched(made.key)
    await world.pool.execute("UPDATE auth_api_key SET expires_at = now() WHERE id = $1", made.id)
    assert await world.where(of_short) is None
    await accounts.delete_api_key(world.pool, made.id)
    assert await world.access_tokens() == 1
    assert await world.where("lictor_access_" + "x" * 43) is None


@pytest.mark.parametrize("scope", ["USER", "TENANT", "RUNNER"])
async def test_a_token_is_a_key_of_a_scope(world: World, scope: str) -> None:
    in_second = (await world.ask(world.key, SWITCH, tenant_id=str(world.second)))["access_token"]
    made = await world.ask(in_second, CREATE, name="made", scope=scope)
    token = made["token"]
    assert await world.where(token) == world.second
    listed = await world.ask(world.key, "{ api_token(order_by: {created: asc}) { id name scope } }")
    assert [(row["name"], row["scope"]) for row in listed] == [("key", None), ("made", scope)]

    away = await world.ask(token, SWITCH, tenant_id=str(world.first))
    more = await world.ask(token, CREATE_KEY, user_id=str(world.user), name="more")
    again = await world.ask(token, CREATE, name="again", scope="USER")
    if scope == "USER":
        assert await world.where(away["access_token"]) == world.first
        assert more["key"]
        assert again["token"]
    else:
        assert away["code"] == "UNAUTHENTICATED"
        # One for agents may not; one for a tenant may, and would open what it does not.
        because = "create:api-key" if scope == "RUNNER" else "makes no keys"
        assert because in more["message"]
        assert because in again["message"]
        assert await world.pool.fetchval("SELECT count(*) FROM auth_api_key") == 2
    assert await world.ask(world.key, DELETE, token_id=made["id"]) == {"success": True}
    assert await world.ask(world.key, DELETE, token_id=made["id"]) == {"success": False}
    assert await world.where(token) is None


async def test_a_token_of_one_tenant_ends_with_the_tenant(world: World) -> None:
    in_second = (await world.ask(world.key, SWITCH, tenant_id=str(world.second)))["access_token"]
    token = (await world.ask(in_second, CREATE, name="n", scope="RUNNER"))["token"]
    await world.pool.execute("DELETE FROM tenant WHERE id = $1", world.second)
    assert await world.where(token) is None
    assert await world.where(in_second) is None
    assert await world.where(world.key) == world.first


BAD = [
    (CREATE, {"name": "", "scope": "USER"}, "name must have"),
    (CREATE, {"name": "n" * 256, "scope": "USER"}, "name must have"),
    (CREATE, {"name": "n", "scope": "ADMIN"}, "ADMIN"),
    (CREATE, {"name": "n"}, "scope"),
    (CREATE, {"scope": "USER"}, "name"),
    (CREATE, {"name": "n", "scope": "USER", "expires_at": "2020-01-01"}, "expires_at is in the past"),
    (SWITCH, {"tenant_id": "first"}, "Could not parse UUID: first"),
]


async def test_an_agent_with_a_token_names_no_tenant(world: World) -> None:
    in_second = (await world.ask(world.key, SWITCH, tenant_id=str(world.second)))["access_token"]
    token = (await world.ask(in_second, CREATE, name="agent", scope="RUNNER"))["token"]
    flow = await make_flow(world.pool, tenant_id=world.second)
    made = "mutation($i: create_flow_run_input!) { create_flow_run(input: $i) { id } }"
    run = (await world.ask(token, made, flow_id=str(flow)))["id"]
    query = "mutation($i: get_runs_in_queue_input!) { get_runs_in_queue(input: $i) { flow_run_ids } }"
    assert await world.ask(token, query, tenant_id=None) == {"flow_run_ids": [run]}
    assert await world.ask(world.key, query, tenant_id=None) == {"flow_run_ids": []}


async def test_what_is_refused(world: World) -> None:
    for query, input, text in BAD:
        headers = {"Authorization": f"Bearer {world.key}"}
        answer = await world.gateway.post(query, {"i": input}, headers=headers)
        assert text in answer.text, input
        assert "errors" in answer.json()
    assert await world.ask(world.key, DELETE, token_id=NOBODY) == {"success": False}
    assert await world.pool.fetchval("SELECT count(*) FROM auth_api_key") == 1


async def test_without_authentication_a_token_names_the_tenant(open_world: World) -> None:
    world = open_world
    assert await world.where("anything") == world.first
    switched = await world.ask("anything", SWITCH, tenant_id=str(world.second))
    token = switched["access_token"]
    assert await world.where(token) == world.second
    assert (await world.ask(token, REFRESH, access_token=token))["access_token"] == token
    assert (await world.ask(token, REFRESH, access_token="x"))["code"] == "UNAUTHENTICATED"
    assert (await world.ask(token, SWITCH, tenant_id=NOBODY))["code"] == "UNAUTHENTICATED"
    assert await world.where("lictor_tenant_nowhere") == world.first
    assert await world.access_tokens() == 0


async def test_with_authentication_no_token_can_just_name_a_tenant(world: World) -> None:
    assert await world.where(f"lictor_tenant_{world.first}") is None
